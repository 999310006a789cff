"""The outbox: an event is written in the transaction of its cause, and one relay per service publishes it in id order.

A relay that dies between publishing and marking publishes again: at least once, with the same `event_id`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any, Final

import asyncpg
import msgspec
from faststream.kafka import KafkaBroker
from opentelemetry import context, propagate

from ratecard_shared.codec import encode
from ratecard_shared.topics import Topic

_SAY: Final = """
    INSERT INTO outbox (service, topic, key, event_id, body, headers) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)
"""
_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('outbox'), hashtext($1))"
_UNPUBLISHED: Final = """
    SELECT id, topic, key, body, headers::text AS headers FROM outbox
    WHERE service = $1 AND published_at IS NULL ORDER BY id LIMIT $2
"""
_PUBLISHED: Final = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])"
_FORGET: Final = "DELETE FROM outbox WHERE service = $1 AND published_at < now() - interval '7 days'"


async def say(connection: asyncpg.Connection, *, service: str, topic: Topic, key: str, event: Any) -> None:
    """Write the event to the outbox of `service`, in the caller's transaction, with the current trace."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    event_id = getattr(event, "event_id", "") or ""
    await connection.execute(_SAY, service, topic.name, key, event_id, encode(event), json.dumps(headers))


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An event with where it goes."""

    topic: Topic
    key: str
    event: Any


async def say_all(connection: asyncpg.Connection, *, service: str, said: Iterable[Said]) -> None:
    """Write many events to the outbox of `service`, in order, in one round trip."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    trace = json.dumps(headers)
    rows = [(service, s.topic.name, s.key, s.event.event_id, encode(s.event), trace) for s in said]
    if rows:
        await connection.executemany(_SAY, rows)


async def relay(pool: asyncpg.Pool, broker: KafkaBroker, *, service: str, prefix: str = "", limit: int = 500) -> int:
    """Publish what the service's outbox holds, in order, and return how many. Zero too where another relay is at it."""
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetchval(_LOCK, service):
            return 0
        rows = await connection.fetch(_UNPUBLISHED, service, limit)
        sent = [await _publish(broker, row, prefix) for row in rows]
        await asyncio.gather(*sent)
        await connection.execute(_PUBLISHED, [row["id"] for row in rows])
        return len(rows)


async def forget(pool: asyncpg.Pool, *, service: str) -> None:
    """Drop what was published a week ago."""
    await pool.execute(_FORGET, service)


async def _publish(broker: KafkaBroker, row: asyncpg.Record, prefix: str) -> asyncio.Future[Any]:
    headers = json.loads(row["headers"])
    token = context.attach(propagate.extract(headers))
    try:
        return await broker.publish(
            row["body"], prefix + row["topic"], key=row["key"].encode(), headers=headers, no_confirm=True
        )
    finally:
        context.detach(token)
