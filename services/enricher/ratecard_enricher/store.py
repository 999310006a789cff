"""Joins in PostgreSQL: the row lock first, then the side, then the look whether both are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
import msgspec

from ratecard_shared.chunks import assemble
from ratecard_shared.codec import decode, encode
from ratecard_shared.database import queries
from ratecard_shared.events import ModelsDiscovered, PricingScraped, SyncStarted
from ratecard_shared.tracing import carried

QUERIES: Final = Path(__file__).with_name("queries.sql")

SideName = Literal["discovery", "pricing"]
Part = ModelsDiscovered | PricingScraped
SIDES: Final[dict[SideName, Any]] = {"discovery": ModelsDiscovered, "pricing": PricingScraped}


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """One (sync, provider), locked. `started_at` is None until its `sync.started` has come."""

    sync_id: str
    provider: str
    started_at: datetime | None
    deadline: datetime | None
    generation: int
    closed: bool
    trace: dict[str, str]


class Store:
    """The enricher's tables. Every method runs in the caller's transaction."""

    def __init__(self) -> None:
        """Read the named queries."""
        self._sql = queries(QUERIES)

    async def lock(self, connection: asyncpg.Connection, sync_id: str, provider: str) -> Join:
        """Return the join, made if need be, holding off everyone else until the commit."""
        return Join(**await self._sql.lock_join(connection, sync_id=sync_id, provider=provider))

    async def start(self, connection: asyncpg.Connection, started: SyncStarted) -> Join:
        """Note when the join started and when it is due, with the trace it belongs to."""
        row = await self._sql.start_join(
            connection,
            sync_id=started.sync_id,
            provider=started.provider,
            started_at=started.occurred_at,
            deadline=started.deadline,
            trace=carried(),
        )
        return Join(**row)

    async def add(self, connection: asyncpg.Connection, side: SideName, part: Part) -> dict[SideName, Any] | None:
        """Keep one chunk. If that completed its side, return what `sides` does. The first complete attempt wins."""
        chunk = part.chunk
        attempt = {"sync_id": part.sync_id, "provider": part.provider, "side": side, "attempt_id": chunk.attempt_id}
        before = await self._sql.add_chunk(
            connection, **attempt, index=chunk.index, total=chunk.total, body=encode(part)
        )
        # A list is decoded once, when its last chunk is there: with each chunk it would take the square of its length.
        if before["is_complete"] or len({*before["indexes"], chunk.index}) < chunk.total:
            return None
        parts = [part]
        if before["indexes"]:
            parts = [decode(row["body"], SIDES[side]) async for row in self._sql.chunks(connection, **attempt)]
        whole = assemble(parts)
        if whole is None:
            return None
        return {side: whole, **await _sides(self._sql.complete_side(connection, **attempt))}

    async def sides(self, connection: asyncpg.Connection, join: Join) -> dict[SideName, Any]:
        """Return the whole list of each side that is complete."""
        return await _sides(self._sql.sides(connection, sync_id=join.sync_id, provider=join.provider))

    async def close(self, connection: asyncpg.Connection, join: Join) -> int:
        """Close the join and return its generation."""
        generation = join.generation + 1
        await self._sql.close_join(connection, sync_id=join.sync_id, provider=join.provider, generation=generation)
        return generation

    async def overdue(self, pool: asyncpg.Pool, now: datetime) -> AsyncIterator[tuple[str, str]]:
        """Give the joins whose deadline has passed."""
        async for row in self._sql.overdue(pool, now=now):
            yield row["sync_id"], row["provider"]

    async def waiting(self, pool: asyncpg.Pool, now: datetime) -> tuple[int, int]:
        """Return how many joins are open, and how many of these are past their deadline."""
        row = await self._sql.waiting(pool, now=now)
        return row["open"], row["overdue"]

    async def known_ids(self, connection: asyncpg.Connection, provider: str) -> tuple[str, ...]:
        """Return the model ids of the provider's newest complete list; none if there never was one."""
        return tuple(await self._sql.known_ids(connection, provider=provider) or ())

    async def know_ids(
        self, connection: asyncpg.Connection, provider: str, started_at: datetime, ids: tuple[str, ...]
    ) -> None:
        """Keep the model ids of a complete list, unless a newer one is kept already."""
        await self._sql.know_ids(connection, provider=provider, started_at=started_at, ids=list(ids))

    async def forget(self, pool: asyncpg.Pool, before: datetime) -> None:
        """Drop joins that were closed long ago."""
        await self._sql.forget_joins(pool, before=before)


async def _sides(chunks: AsyncIterator[asyncpg.Record]) -> dict[SideName, Any]:
    parts: dict[SideName, list[Part]] = defaultdict(list)
    async for row in chunks:
        side: SideName = row["side"]
        parts[side].append(decode(row["body"], SIDES[side]))
    return {side: assemble(found) for side, found in parts.items()}
