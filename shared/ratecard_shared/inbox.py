"""The inbox: which events a consumer has already applied, in the transaction that applies them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import asyncpg

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
_MARK: Final = "UPDATE inbox SET outcome = $3 WHERE consumer = $1 AND event_id = $2"


async def first_time(connection: asyncpg.Connection, consumer: str, event_id: str) -> bool:
    """Record the event and return whether it is new. A repeat is counted as a duplicate."""
    return bool(await connection.fetchval(_RECEIVE, consumer, event_id))


async def first_times(connection: asyncpg.Connection, consumer: str, event_ids: Iterable[str]) -> set[str]:
    """Record many events and return those that are new, in one round trip. An id given twice is once a duplicate."""
    rows = await connection.fetch(_RECEIVE_ALL, consumer, list(event_ids))
    return {row["event_id"] for row in rows if row["is_new"]}


async def mark(connection: asyncpg.Connection, consumer: str, event_id: str, outcome: str) -> None:
    """Say how a new event ended if it was not applied: `stale`, `ignored` ..."""
    await connection.execute(_MARK, consumer, event_id, outcome)
