"""The outbox: an event is written in the transaction of its cause, and one relay per service publishes it in id order.

A relay that dies between publishing and marking publishes again: at least once, with the same `event_id`. What it
marks gets the number of its batch, under the relay's lock: (`published_in`, `id`) only ever grows for a reader.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer
from opentelemetry.trace import SpanKind

from ratecard_shared.codec import encode
from ratecard_shared.sequences import beginning_anew
from ratecard_shared.topics import Topic
from ratecard_shared.tracing import carried, traced

BATCH: Final = 1000
"""How many records a relay publishes at most before it marks them."""

_SAY: Final = """
    INSERT INTO outbox (service, headers, topic, key, event_id, body)
    SELECT $1, $2::text::jsonb, topic, key, event_id, body
    FROM unnest($3::text[], $4::text[], $5::text[], $6::bytea[]) WITH ORDINALITY AS said (topic, key, event_id, body, n)
    ORDER BY n
"""
_UNPUBLISHED: Final = """
    WITH relay AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtext('outbox'), hashtext($1)) AS is_ours)
    SELECT id, topic, key, body, headers::text AS headers FROM outbox
    WHERE service = $1 AND published_at IS NULL AND (SELECT is_ours FROM relay) ORDER BY id LIMIT $2 FOR UPDATE
"""
"""The lock is taken after the statement has begun to look: FOR UPDATE leaves out what was published in between."""

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


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An event with where it goes."""

    topic: Topic
    key: str
    event: Any


async def say(connection: asyncpg.Connection, *, service: str, topic: Topic, key: str, event: Any) -> None:
    """Write the event to the outbox of `service`, in the caller's transaction, with the current trace."""
    await say_all(connection, service=service, said=[Said(topic=topic, key=key, event=event)])


async def say_all(connection: asyncpg.Connection, *, service: str, said: Sequence[Said]) -> None:
    """Write many events to the outbox of `service`, in order, in one statement."""
    if not said:
        return
    topics = ", ".join(sorted({one.topic.name for one in said}))
    told = {"messaging.system": "kafka", "messaging.destination.name": topics}
    with traced(f"{topics} create", told, kind=SpanKind.PRODUCER):
        await connection.execute(
            _SAY,
            service,
            json.dumps(carried()),
            [one.topic.name for one in said],
            [one.key for one in said],
            [getattr(one.event, "event_id", "") or "" for one in said],
            [encode(one.event) for one in said],
        )


async def relay(
    pool: asyncpg.Pool, producer: AIOKafkaProducer, *, service: str, prefix: str = "", limit: int = BATCH
) -> int:
    """Publish what the service's outbox holds, in order, and return how many. Zero too where another relay is at it."""
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(_UNPUBLISHED, service, limit)
        if not rows:
            return 0
        sent = [await _publish(producer, row, prefix) for row in rows]
        with beginning_anew(lambda: producer):
            await _acknowledged(sent)
        await connection.execute(_PUBLISHED, [row["id"] for row in rows])
        return len(rows)


async def forget(pool: asyncpg.Pool, *, service: str) -> None:
    """Drop what was published a week ago, and remember how far that went."""
    await pool.execute(_FORGET, service)


async def _acknowledged(sent: Sequence[asyncio.Future[Any]]) -> None:
    """Wait for all of them, also behind one that failed: what is sent next must not overtake any."""
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    if failed := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
        raise failed[0]


async def _publish(producer: AIOKafkaProducer, row: asyncpg.Record, prefix: str) -> asyncio.Future[Any]:
    # The trace is the cause's, as it was written: a span of the relay's own would say nothing that it does not.
    topic, key = prefix + row["topic"], row["key"].encode()
    sent: asyncio.Future[Any] = await producer.send(topic, row["body"], key=key, headers=[*_headers(row["headers"])])
    return sent


@lru_cache(maxsize=256)
def _headers(kept: str) -> tuple[tuple[str, bytes], ...]:
    """Return a record's headers as Kafka takes them: all that one transaction said have the same."""
    return tuple((name, value.encode()) for name, value in json.loads(kept).items())
