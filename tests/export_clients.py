"""The real clients of the exports, each in an environment of its own that uv makes: their pins exclude each other's.

A client is a script that says what it needs. It is skipped only where its packages are neither cached nor reachable.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest
import uvicorn

CLIENTS: Final = Path(__file__).parent / "exports" / "clients"
_UNREACHABLE: Final = ("Failed to fetch", "error sending request", "network was disabled", "timed out")
_OWN_UV: Final = Path(__file__).parents[1] / ".tools" / "uv" / "bin" / "uv"


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve an app on a free port while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def ask(client: str, questions: Any, **variables: str) -> Any:
    """Return what the client answers; skip the test where the client cannot be installed."""
    program = [*await asyncio.to_thread(_environment, client), str(CLIENTS / client)]
    process = await asyncio.create_subprocess_exec(
        *program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**_variables(), **variables},
    )
    out, err = await process.communicate(json.dumps(questions).encode())
    assert process.returncode == 0, err.decode()[-4000:]
    return json.loads(out)


@functools.cache
def _environment(client: str) -> tuple[str, ...]:
    """Return how to run the client: from uv's cache if all is there, else from the package index."""
    found = shutil.which("uv") or (str(_OWN_UV) if _OWN_UV.exists() else None)
    if found is None:
        pytest.skip("uv is absent: the clients of the exports need it (make setup)")
    for how in (("--offline",), ()):
        program = (found, "run", *how, "--quiet", "--no-project", "--python", sys.executable, "--script")
        tried = subprocess.run(
            [found, "sync", *how, "--python", sys.executable, "--script", str(CLIENTS / client)],
            capture_output=True,
            env=_variables(),
            check=False,
            timeout=300,
        )
        if tried.returncode == 0:
            return program
    why = tried.stderr.decode()
    # A package that the index does not have is a fault of the client's script, not of the network.
    assert any(words in why for words in _UNREACHABLE), why
    return cast("tuple[str, ...]", pytest.skip(f"{client}: neither cached nor reachable: {why[-300:]}"))


def _variables() -> Mapping[str, str]:
    # A proxy would be asked for the loopback address, and our own environment is not the client's.
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT"}
    return {key: value for key, value in os.environ.items() if key not in dropped} | {"NO_PROXY": "127.0.0.1"}
