"""What is measured now and then instead of counted: how far consumers are behind, and how old an outbox's oldest is."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final

import asyncpg
from faststream.kafka import KafkaBroker

from ratecard_shared.metrics import CONSUMER_LAG, OUTBOX_OLDEST_SECONDS, OUTBOX_UNPUBLISHED

_SECONDS_FOR_A_POSITION: Final = 1.0
_OUTBOX: Final = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
    FROM outbox WHERE service = $1 AND published_at IS NULL
"""


async def measure_lag(broker: KafkaBroker, *, prefix: str) -> None:
    """Set how many records this process' consumers have not taken yet, of the partitions that are theirs now."""
    behind: Counter[tuple[str, str]] = Counter()
    for subscriber in broker.subscribers:
        consumer = getattr(subscriber, "consumer", None)
        group = str(getattr(subscriber, "group_id", "")).removeprefix(prefix)
        for partition in consumer.assignment() if consumer else ():
            behind[group, partition.topic.removeprefix(prefix)] += await _behind(consumer, partition)
    CONSUMER_LAG.clear()
    for (group, topic), records in behind.items():
        CONSUMER_LAG.labels(group, topic).set(records)


async def _behind(consumer: Any, partition: Any) -> int:
    """Return how many records of a partition were not taken; 0 where that is not known yet."""
    end = consumer.highwater(partition)
    if end is None:
        return 0
    try:
        position = await asyncio.wait_for(consumer.position(partition), _SECONDS_FOR_A_POSITION)
    except TimeoutError:
        return 0
    return max(0, int(end) - int(position))


async def measure_outbox(pool: asyncpg.Pool, *, service: str) -> None:
    """Set how many events wait in the service's outbox, and for how many seconds the oldest has waited."""
    row = await pool.fetchrow(_OUTBOX, service)
    OUTBOX_UNPUBLISHED.labels(service).set(row["waiting"])
    OUTBOX_OLDEST_SECONDS.labels(service).set(row["oldest"])
