"""Sends requests at a constant rate with vegeta (https://github.com/tsenart/vegeta), built with Go where it is absent.

A request does not wait for the answers to those before. Its time counts from when it should have been sent, so that
what a slow answer, or a slow sender, holds up counts as well.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

_MODULE: Final = "github.com/tsenart/vegeta/v12@v12.13.0"
_TOOLS: Final = Path(__file__).parents[2] / ".tools" / "go"
_PATIENCE: Final = "10s"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. Requests of one kind are told together."""

    kind: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one request: when it was `due`, in seconds since 1970, and how many seconds later it was answered.

    `error` is empty after status 200.
    """

    kind: str
    due: float
    seconds: float
    error: str


class Result(msgspec.Struct, frozen=True):
    """One line of `vegeta encode`. The latency is in nanoseconds, and counts from the time that is told."""

    seq: int
    code: int
    timestamp: datetime
    latency: int
    method: str
    url: str
    error: str = ""


def program() -> str:
    """Return where vegeta is; the first time it is built."""
    if found := shutil.which("vegeta"):
        return found
    built = _TOOLS / "vegeta"
    if not built.exists():
        if shutil.which("go") is None:
            raise SystemExit("Load is made with vegeta, which is not here, nor is Go to build it")
        subprocess.run(["go", "install", _MODULE], env={**os.environ, "GOBIN": str(_TOOLS)}, check=True)  # noqa: S607
    return str(built)


async def attack(folder: Path, requests: Sequence[Request], *, rate: int, seconds: int) -> list[Answer]:
    """Send so many requests each second for so long, round and round, and return what came of each."""
    targets, results = folder / "targets.jsonl", folder / "results.bin"
    targets.write_bytes(b"\n".join(_target(request) for request in requests))
    sending = ("attack", "-format=json", f"-targets={targets}", f"-rate={rate}", f"-duration={seconds}s")
    await _run(*sending, f"-timeout={_PATIENCE}", "-max-body=0", f"-output={results}")
    told = await _run("encode", "-to=json", str(results))
    return answers([msgspec.json.decode(line, type=Result) for line in told.splitlines()], requests, rate)


def _target(request: Request) -> bytes:
    header = {name: [value] for name, value in request.headers.items()}
    told = {"method": request.method, "url": request.url, "header": header}
    return msgspec.json.encode({**told, "body": base64.b64encode(request.body).decode()})


def answers(found: Sequence[Result], requests: Sequence[Request], rate: int) -> list[Answer]:
    """Return what came of each request, of which `rate` were due in a second since the first."""
    kinds = {(request.method, request.url): request.kind for request in requests}
    began = min(one.timestamp.timestamp() - one.seq / rate for one in found)
    return [
        Answer(
            kind=kinds[one.method, one.url],
            due=(due := began + one.seq / rate),
            seconds=one.timestamp.timestamp() - due + one.latency / 1e9,
            error="" if one.code == 200 else one.error.rpartition('": ')[2] or str(one.code),  # without the URL
        )
        for one in found
    ]


async def _run(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(program(), *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise SystemExit(f"vegeta {arguments[0]} ended with {process.returncode}")
    return told
