"""What this process knows of `cache_versions`: it only ever grows, and what it keeps is of exactly what it knows.

A commit that changes what readers see counts a version up and notifies; a look each second finds what a lost connection
missed. After a database was restored from a backup its versions are lower: restart the registry, and empty Redis.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg

from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("reads.sql")
CHANNEL: Final = "ratecard_versions"


class Versions:
    """The versions of everything that can be kept. `known` is another object after each growth, and never changes."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], reading: Callable[[], Any] | None = None) -> None:
        """Wire it. `pool` is called to listen, and to look unless `reading` is another way to ask."""
        self._pool = pool
        self._reading = reading or pool
        self._sql = queries(QUERIES)
        self.known: Mapping[str, int] = {}
        self.loaded = False
        self.heeding = False
        """Whether a look follows each commit by itself."""
        self.behind = 0
        """How often something older than what is known had to be shown, because PostgreSQL was away."""

    async def look(self) -> dict[str, int]:
        """Learn what PostgreSQL says. Return what the caches have not been told yet."""
        rows = [row async for row in self._sql.versions(self._reading())]
        self.learn({row["name"]: row["version"] for row in rows})
        return {row["name"]: row["version"] for row in rows if row["told"] < row["version"]}

    async def current(self) -> Mapping[str, int]:
        """Return what is known; ask PostgreSQL only if that is nothing yet."""
        if not self.loaded:
            await self.look()
        return self.known

    def learn(self, versions: Mapping[str, int]) -> None:
        """Take over what is newer."""
        grown = {name: version for name, version in versions.items() if version > self.known.get(name, -1)}
        if grown:
            self.known = {**self.known, **grown}
        self.loaded = True

    async def heed(self) -> None:
        """Look whenever a commit says so, until the connection is lost. Raises ConnectionError then."""
        news, lost = asyncio.Event(), asyncio.Event()

        def wake(*_: Any) -> None:
            news.set()

        def end(*_: Any) -> None:
            lost.set()
            news.set()

        async with self._pool().acquire() as connection:
            connection.add_termination_listener(end)
            await connection.add_listener(CHANNEL, wake)
            self.heeding = True
            try:
                while not lost.is_set():
                    await self.look()
                    await news.wait()
                    news.clear()
            finally:
                self.heeding = False
                if not lost.is_set():  # the pool has it back already
                    connection.remove_termination_listener(end)
                    await connection.remove_listener(CHANNEL, wake)
        raise ConnectionError("the connection that listens for changes was lost")
