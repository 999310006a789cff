"""What the services take of memory, looked at all the while, without what a registry says that it keeps for readers.

That is bounded, and grows with the histories that a soak makes.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
from replicas import Replica

_SECONDS_BETWEEN: Final = 1.0
_PATIENCE: Final = aiohttp.ClientTimeout(total=1)
MOST_GROWTH: Final = 1.1
MOST_MORE: Final = 10.0
"""MB."""
RULE: Final = (
    "a replica that was never killed may have, as its median in the last quarter of the time, at most a tenth and "
    f"{MOST_MORE:.0f} MB more than in the second quarter"
)


class Memory:
    """The resident memory of each replica in MB, each second while it is ready; after a kill, of the life since."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        """Begin without having looked."""
        self._replicas = replicas
        self._pids: dict[str, int] = {}
        self.seen: dict[str, list[float]] = {replica.name: [] for replica in replicas}

    async def watch_until(self, ended: asyncio.Event) -> None:
        """Look every second."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            while not ended.is_set():
                for replica in self._replicas:
                    await self._look(replica, session)
                await asyncio.sleep(_SECONDS_BETWEEN)

    def lines(self) -> list[str]:
        """Return a table, in MB without what is kept for readers."""
        heading = f"{'memory of':14} {'begins':>9} {'2nd quarter':>12} {'last quarter':>13} {'ends':>9} {'most':>9}"
        return [heading, *(self._line(name, seen) for name, seen in self.seen.items() if seen)]

    def grown(self) -> list[str]:
        """Return what has grown without end, by the rule."""
        lasting = (replica.name for replica in self._replicas if not replica.number)
        quarters = ((name, *_quarters(self.seen[name])) for name in lasting)
        return [
            f"{name} grew from {second:.0f} to {last:.0f} MB: {RULE}"
            for name, second, last in quarters
            if last > second * MOST_GROWTH + MOST_MORE
        ]

    async def _look(self, replica: Replica, session: aiohttp.ClientSession) -> None:
        if self._pids.get(replica.name) != replica.pid:
            self._pids[replica.name] = replica.pid
            self.seen[replica.name] = []
        if replica.ready and (resident := _resident(replica.pid)):
            with suppress(aiohttp.ClientError, TimeoutError):  # one that is paused does not say
                self.seen[replica.name].append(resident - await _kept(replica, session))

    def _line(self, name: str, seen: Sequence[float]) -> str:
        second, last = _quarters(seen)
        figures = f"{seen[0]:9.0f} {second:12.0f} {last:13.0f} {seen[-1]:9.0f} {max(seen):9.0f}"
        return f"{name:14} {figures} MB"


def _quarters(seen: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the second and the last quarter."""
    quarter = max(len(seen) // 4, 1)
    return statistics.median(seen[quarter : 2 * quarter] or seen), statistics.median(seen[-quarter:])


async def _kept(replica: Replica, session: aiohttp.ClientSession) -> float:
    """Return how many MB a replica says that it keeps for readers: only a registry keeps any."""
    async with session.get(f"http://127.0.0.1:{replica.port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("ratecard_memory_kept_bytes{")) / 2**20


def _resident(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)
