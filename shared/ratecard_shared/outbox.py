"""The outbox: an event is written in the transaction of its cause, and one relay per service publishes it in id order.

A relay that dies between publishing and marking publishes again: at least once, with the same `event_id`. What it
marks gets the number of its batch, under the relay's lock: (`published_in`, `id`) only ever grows for a reader.
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
_PUBLISHED: Final = """
    WITH batch AS MATERIALIZED (SELECT nextval('outbox_batches') AS number)
    UPDATE outbox SET published_at = now(), published_in = batch.number FROM batch WHERE id = ANY($1::bigint[])
"""
_FORGET: Final = """
    WITH gone AS (
        DELETE FROM outbox WHERE service = $1 AND published_at < now() - interval '7 days'
        RETURNING topic, published_in, id
    )
    INSERT INTO outbox_forgotten AS known (service, topic, published_in, id)
    SELECT DISTINCT ON (topic) $1, topic, published_in, id FROM gone WHERE published_in IS NOT NULL
    ORDER BY topic, published_in DESC, id DESC
    ON CONFLICT (service, topic) DO UPDATE SET published_in = EXCLUDED.published_in, id = EXCLUDED.id
    WHERE (EXCLUDED.published_in, EXCLUDED.id) > (known.published_in, known.id)
"""


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
        if not rows:
            return 0
        sent = [await _publish(broker, row, prefix) for row in rows]
        await asyncio.gather(*sent)
        await connection.execute(_PUBLISHED, [row["id"] for row in rows])
        return len(rows)


async def forget(pool: asyncpg.Pool, *, service: str) -> None:
    """Drop what was published a week ago, and remember how far that went."""
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
