"""The inbox: which events a consumer has already applied, in the transaction that applies them."""

from __future__ import annotations

from typing import Final

import asyncpg

_RECEIVE: Final = """
    INSERT INTO inbox (consumer, event_id) VALUES ($1, $2)
    ON CONFLICT (consumer, event_id) DO UPDATE SET duplicates = inbox.duplicates + 1
    RETURNING duplicates = 0
"""
_MARK: Final = "UPDATE inbox SET outcome = $3 WHERE consumer = $1 AND event_id = $2"


async def first_time(connection: asyncpg.Connection, consumer: str, event_id: str) -> bool:
    """Record the event and return whether it is new. A repeat is counted as a duplicate."""
    return bool(await connection.fetchval(_RECEIVE, consumer, event_id))


async def mark(connection: asyncpg.Connection, consumer: str, event_id: str, outcome: str) -> None:
    """Say how a new event ended if it was not applied: `stale`, `ignored` ..."""
    await connection.execute(_MARK, consumer, event_id, outcome)
