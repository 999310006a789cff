"""A loop that does not turn ends the process, and says where it stood; one that was stopped for a while goes on."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from ratecard_shared.liveness import _EXIT_CODE
from ratecard_shared.probes import probe_app

PROGRAM: Final = """
import asyncio, sys, time
from ratecard_shared.liveness import Watchdog
def block_the_loop():
    time.sleep(30)
async def main():
    watching = asyncio.create_task(Watchdog(seconds=0.05, most_missed=10).watch())
    await asyncio.sleep(0.2)
    print("ready", flush=True)
    if sys.argv[1] == "block":
        block_the_loop()
    await asyncio.sleep(3)
    watching.cancel()
    print("ended well", flush=True)
asyncio.run(main())
"""


async def program(how: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, how, stdout=pipe, stderr=pipe)
    assert child.stdout
    assert await child.stdout.readline() == b"ready\n"
    return child


async def test_a_blocked_loop_ends_the_process_and_says_where_it_stood() -> None:
    child = await program("block")
    async with asyncio.timeout(25):
        _, said = await child.communicate()
    assert child.returncode == _EXIT_CODE
    assert b"the event loop has not turned" in said
    assert b"block_the_loop" in said


async def test_a_process_that_was_stopped_for_a_while_goes_on() -> None:
    child = await program("sleep")
    child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.5)
    child.send_signal(signal.SIGCONT)
    async with asyncio.timeout(25):
        said, _ = await child.communicate()
    assert (child.returncode, said) == (0, b"ended well\n")


@pytest.mark.parametrize("ended", [[], ["registry: nothing fetches its records any more"]])
async def test_the_probe_says_what_has_ended(ended: list[str]) -> None:
    @asynccontextmanager
    async def nothing() -> AsyncIterator[None]:
        yield

    async def well() -> dict[str, str]:
        return {"status": "running"}

    app = probe_app(nothing, well, lambda: ended)
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await app({"type": "http", "path": "/health/live"}, None, send)
    assert sent[0]["status"] == (503 if ended else 200)
    assert all(what.encode() in bytes(sent[1]["body"]) for what in ended)  # type: ignore[call-overload]
