"""What this process knows of `cache_versions`: it only ever grows, and what it keeps is of exactly what it knows.

A commit that changes what readers see counts a version up, notes which models it changed, and notifies; a look each
second finds what a lost connection missed. After a database was restored from a backup its versions are lower: restart
the registry, and empty Redis.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from sys import intern
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_registry.outdated import MODELS
from ratecard_registry.together import Together
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("reads.sql")
CHANNEL: Final = "ratecard_versions"
_MOST_CHANGES: Final = 32

Changed = frozenset[str] | None
"""Ids of models; None is all of them."""


class Basis(msgspec.Struct, frozen=True):
    """What an answer is based on: one model, or all of a provider, or all there are; and the state of the two last."""

    provider: str | None
    model: str | None
    state: int


class Versions:
    """The versions of everything that can be kept. `known` is another object after each growth, and never changes."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], reading: Callable[[], Any] | None = None) -> None:
        """Wire it. `pool` is called to listen, and to look unless `reading` is another way to ask."""
        self._pool = pool
        self._reading = reading or pool
        self._sql = queries(QUERIES)
        self.known: Mapping[str, int] = {}
        self._changes: defaultdict[str, OrderedDict[int, Changed]] = defaultdict(OrderedDict)
        self.growths_of_models = 0
        """How often any provider's models have changed."""
        self._together = Together(self._looked)
        self.loaded = False
        self.heeding = False
        """Whether a look follows each commit by itself."""
        self.behind = 0
        """How often something older than what is known had to be shown, because PostgreSQL was away."""

    async def look(self) -> dict[str, int]:
        """Learn what PostgreSQL says. Return what the caches have not been told yet."""
        rows = [row async for row in self._sql.versions(self._reading(), known=self.known)]
        for row in rows:
            if row["changed_in"] is not None:
                self._note(
                    row["name"], row["changed_in"], None if row["ids"] is None else frozenset(map(intern, row["ids"]))
                )
        self.learn({row["name"]: row["version"] for row in rows})
        return {row["name"]: row["version"] for row in rows if row["told"] < row["version"]}

    async def look_together(self) -> None:
        """Look after this moment, together with everybody who asks before that look begins."""
        await self._together.get(())

    async def _looked(self, _: Collection[str]) -> dict[str, int]:
        return await self.look()

    def _note(self, name: str, version: int, changed: Changed) -> None:
        changes = self._changes[name]
        changes[version] = changed
        while len(changes) > _MOST_CHANGES:
            changes.popitem(last=False)

    def state_of(self, provider: str | None) -> int:
        """Return a number that grows whenever the provider's models, or without one any provider's, may change."""
        return self.growths_of_models if provider is None else self.known.get(f"{MODELS}{provider}", 0)

    def holds(self, basis: Basis) -> bool:
        """Tell whether nothing has changed of what an answer is based on."""
        if basis.state == self.state_of(basis.provider):
            return True
        if basis.provider is None or basis.model is None:
            return False
        return not self.has_changed(basis.provider, basis.model, basis.state)

    def has_changed(self, provider: str, model_id: str, since: int) -> bool:
        """Tell whether a model may have changed since a version of its provider's models."""
        name = f"{MODELS}{provider}"
        changes = self._changes[name]
        for version in range(since + 1, self.known.get(name, -1) + 1):
            ids = changes.get(version)
            if ids is None or model_id in ids:
                return True
        return False

    def changed(self, name: str, since: int) -> Changed:
        """Return which models of this name may have changed since a version; None if it is all, or not known."""
        changes = self._changes[name]
        found: set[str] = set()
        for version in range(since + 1, self.known.get(name, 0) + 1):
            ids = changes.get(version)
            if ids is None:
                return None
            found |= ids
        return frozenset(found)

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
            self.growths_of_models += any(name.startswith(MODELS) for name in grown)
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
