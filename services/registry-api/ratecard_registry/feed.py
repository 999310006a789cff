"""The changes in the order in which they were published, from any place on. None is skipped, however late it commits.

A place is (batch of the relay, id): batches are numbered under the relay's lock, so what a reader has not seen yet can
only come after what it has. Ids alone are given before the commit.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from ratecard_registry.change_views import Change, change_view
from ratecard_registry.problems import Problem
from ratecard_registry.views import View
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("feed.sql")
LATEST: Final = "latest"
SECONDS_BETWEEN_LOOKS: Final = 0.5
_CURSOR: Final = re.compile(r"(\d{1,18})-(\d{1,18})")


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in the stream: after this change."""

    batch: int = 0
    id: int = 0

    def __str__(self) -> str:
        """Return it as a cursor."""
        return f"{self.batch}-{self.id}"

    @staticmethod
    def read(cursor: str) -> Position | None:
        """Return the place that a cursor names, None if it is no cursor."""
        found = _CURSOR.fullmatch(cursor)
        return Position(int(found[1]), int(found[2])) if found else None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes are wanted. `model` is the bare id."""

    provider: str | None = None
    model: str | None = None
    kind: str | None = None


ANYTHING: Final = About()


class ChangesPage(View, frozen=True, kw_only=True):
    """Changes in the order in which they were published. Send `nextCursor` as `since` to go on, now or later."""

    data: tuple[Change, ...]
    next_cursor: str
    more: bool


class Feed:
    """Reads the stream. `pool` is called when PostgreSQL is needed; `clock` counts seconds."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], clock: Callable[[], float] = time.monotonic) -> None:
        """Wire it."""
        self._pool = pool
        self._clock = clock
        self._sql = queries(QUERIES)
        self._newest = Position()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def start(self, since: str | None) -> Position:
        """Return the place that a cursor names. Raises Problem."""
        if since == LATEST:
            return await self.newest()
        if not since:
            return Position()
        found = Position.read(since)
        if found is None:
            raise Problem(400, f"`since` is a `nextCursor` that a page gave, or `{LATEST}`, not {since[:60]!r}.")
        return found

    async def page(self, since: Position, limit: int, about: About = ANYTHING) -> ChangesPage:
        """Return what was published after that place. Raises Problem where some of it is no longer kept."""
        # What was looked at and is not wanted need not be looked at again.
        seen = since if about == ANYTHING else max(since, await self.newest())
        where = msgspec.structs.asdict(about)
        rows = self._sql.after(self._pool(), batch=since.batch, id=since.id, most=limit + 1, **where)
        found = [row async for row in rows]
        await self._must_hold(since, empty=not found)
        shown = tuple(change_view(row["topic"], row["body"], _cursor(row)) for row in found[:limit])
        last = _place(found[len(shown) - 1]) if shown else since
        more = len(found) > limit
        return ChangesPage(data=shown, next_cursor=str(last if more else max(last, seen)), more=more)

    async def before(self, before: Position | None, limit: int) -> ChangesPage:
        """Return what was published before that place, or last of all, the newest first."""
        place = before or Position(2**62, 0)
        rows = [row async for row in self._sql.before(self._pool(), batch=place.batch, id=place.id, most=limit + 1)]
        shown = tuple(change_view(row["topic"], row["body"], _cursor(row)) for row in rows[:limit])
        return ChangesPage(data=shown, next_cursor=shown[-1].cursor if shown else str(place), more=len(rows) > limit)

    async def newest(self) -> Position:
        """Return the place after all that was published."""
        row = await self._sql.newest(self._pool())
        return Position(row["published_in"], row["id"]) if row else Position()

    async def grown(self, since: Position) -> bool:
        """Tell whether more was published. However many ask, PostgreSQL is asked twice a second."""
        async with self._looking:
            if self._clock() - self._looked_at >= SECONDS_BETWEEN_LOOKS:
                self._newest = await self.newest()
                self._looked_at = self._clock()
        return self._newest > since

    async def _must_hold(self, since: Position, *, empty: bool) -> None:
        """Looked at after the rows: what was pruned meanwhile is noticed."""
        if since == Position():
            return
        row = await self._sql.forgotten(self._pool())
        if row is not None and since < Position(row["published_in"], row["id"]):
            raise Problem(410, f"Changes after {since} are no longer kept. {_AGAIN}")
        if empty and since > await self.newest():
            raise Problem(410, f"{since} is no place in this stream: its database is another one. {_AGAIN}")


_AGAIN: Final = (
    f"Take `nextCursor` of GET /api/changes?since={LATEST}, read GET /api/models afresh, then go on from that cursor."
)


def _place(row: asyncpg.Record) -> Position:
    return Position(row["published_in"], row["id"])


def _cursor(row: asyncpg.Record) -> str:
    return str(_place(row))
