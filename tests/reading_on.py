"""A client that reads all the time, from one registry after the other as behind a balancer, and notes what fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, Final

import aiohttp
import made_up_providers
from replicas import MODELS, Replica

_SECONDS_BETWEEN_READS: Final = 0.03
_PATIENCE: Final = aiohttp.ClientTimeout(total=8)


class Reader:
    """What was read: how often with success, and what failed."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        """Begin with the first replica."""
        self._replicas = replicas
        self._next = cycle(range(len(replicas)))
        self.answered = 0
        self.slowest = 0.0
        self.failures: list[str] = []

    async def read_on(self) -> None:
        """Read until cancelled."""
        questions = cycle(_questions())
        async with aiohttp.ClientSession(
            timeout=_PATIENCE, connector=aiohttp.TCPConnector(force_close=True)
        ) as session:
            while True:
                await self._read(session, *next(questions))
                await asyncio.sleep(_SECONDS_BETWEEN_READS)

    async def read_once(self) -> None:
        """Ask every replica everything: from now on each has something to show."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            for path, body in _questions():
                for _ in self._replicas:
                    await self._read(session, path, body)

    async def _read(self, session: aiohttp.ClientSession, path: str, body: Any) -> None:
        began, failed = time.monotonic(), "no registry can be reached"
        for _ in self._replicas:
            replica = self._replicas[next(self._next)]
            if not replica.ready:
                continue
            url = f"http://127.0.0.1:{replica.port}{path}"
            try:
                async with session.request("POST" if body else "GET", url, json=body) as answer:
                    said = await answer.text()
                    failed = "" if _is_good(answer.status, path, said) else f"{answer.status} {said[:200]}"
                    break
            except aiohttp.ClientConnectionError:
                continue  # nobody listens there: the next one is asked
            except TimeoutError:
                failed = f"{replica.name} did not answer in time"
                break
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        self.answered += not failed
        if failed:
            self.failures.append(f"{time.strftime('%X')} {path} after {took:.1f} s: {failed}")


def _is_good(status: int, path: str, said: str) -> bool:
    return status == 200 and (path != "/api/cost" or '"failed":0' in said)


def _questions() -> list[tuple[str, Any]]:
    names = made_up_providers.names(MODELS)
    cost = {"usages": [{"model": names[0], "provider": "made-up-00", "usage": {"input": 1000}}]}
    one = f"/api/models/{names[-1]}?provider=made-up-01"
    return [("/api/models?limit=20", None), (one, None), ("/api/cost", cost), ("/health/ready", None)]


@asynccontextmanager
async def reading(replicas: Sequence[Replica]) -> AsyncIterator[Reader]:
    """Read while the block lasts; in the end nothing may have failed."""
    reader = Reader(replicas)
    await reader.read_once()
    task = asyncio.create_task(reader.read_on())
    try:
        yield reader
    finally:
        task.cancel()
    assert not reader.failures, f"{len(reader.failures)} of {len(reader.failures) + reader.answered} reads failed: " + (
        "; ".join(reader.failures[:10])
    )
    assert reader.answered
