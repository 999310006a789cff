"""The inbox: which events a consumer has already applied, in the transaction that applies them.

It forgets by age. Then no event is taken that was said before what it remembers: that is a dead letter, never an effect
twice.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from ratecard_shared.delivery import PermanentError

_RECEIVE: Final = """
    INSERT INTO inbox (consumer, event_id) VALUES ($1, $2)
    ON CONFLICT (consumer, event_id) DO UPDATE SET duplicates = inbox.duplicates + 1
    RETURNING duplicates = 0
"""
_RECEIVE_ALL: Final = """
    INSERT INTO inbox (consumer, event_id, duplicates)
    SELECT $1, event_id, count(*) - 1 FROM unnest($2::text[]) AS event_id GROUP BY event_id ORDER BY event_id
    ON CONFLICT (consumer, event_id) DO UPDATE SET duplicates = inbox.duplicates + EXCLUDED.duplicates + 1
    RETURNING event_id, xmax = 0 AS is_new
"""
_FORGET: Final = """
    WITH gone AS (
        DELETE FROM inbox WHERE split_part(consumer, '-', 1) = $1 AND received_at < $2 RETURNING consumer
    )
    INSERT INTO inbox_forgotten AS known (consumer, before) SELECT DISTINCT consumer, $2 + $3::interval FROM gone
    ON CONFLICT (consumer) DO UPDATE SET before = greatest(known.before, EXCLUDED.before)
"""
_FORGOTTEN: Final = "SELECT before FROM inbox_forgotten WHERE consumer = $1"
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_YOUNG: Final = timedelta(hours=12)
"""Nothing is forgotten before a day is over (INBOX_RETENTION_DAYS), so what is younger need not be asked about."""

_MARK: Final = "UPDATE inbox SET outcome = $3 WHERE consumer = $1 AND event_id = $2"


async def first_time(connection: asyncpg.Connection, consumer: str, event_id: str, *, said_at: datetime) -> bool:
    """Record the event and return whether it is new. A repeat is counted as a duplicate.

    Raises PermanentError where that cannot be told any more.
    """
    new = bool(await connection.fetchval(_RECEIVE, consumer, event_id))
    if new:
        await _refuse_forgotten(connection, consumer, [said_at])
    return new


async def first_times(
    connection: asyncpg.Connection, consumer: str, events: Collection[tuple[str, datetime]]
) -> set[str]:
    """Record many events, each with when it was said, and return the ids that are new, in one round trip.

    An id given twice is once a duplicate. Raises PermanentError as `first_time` does.
    """
    rows = await connection.fetch(_RECEIVE_ALL, consumer, [event_id for event_id, _ in events])
    new = {row["event_id"] for row in rows if row["is_new"]}
    await _refuse_forgotten(connection, consumer, [said_at for event_id, said_at in events if event_id in new])
    return new


async def _refuse_forgotten(connection: asyncpg.Connection, consumer: str, said_at: Collection[datetime]) -> None:
    oldest = min(said_at, default=None)
    if oldest is None or oldest > datetime.now(UTC) - _YOUNG:
        return
    # Asked after the insert, with a snapshot of its own: what was forgotten meanwhile is seen.
    before = await connection.fetchval(_FORGOTTEN, consumer)
    if before is not None and oldest < before:
        raise PermanentError(
            f"it was said at {oldest.isoformat()}, and what came before {before.isoformat()} is forgotten: it may have "
            "been applied already"
        )


async def forget(pool: asyncpg.Pool, *, service: str, days: int) -> None:
    """Drop what the service received that many days ago, and remember how far that went; 0 days keeps all."""
    if days:
        before = datetime.now(UTC) - timedelta(days=days)
        await pool.execute(_FORGET, service.partition("-")[0], before, _CLOCKS_DIFFER)


async def mark(connection: asyncpg.Connection, consumer: str, event_id: str, outcome: str) -> None:
    """Say how a new event ended if it was not applied: `stale`, `ignored` ..."""
    await connection.execute(_MARK, consumer, event_id, outcome)
