"""The least that a sync's records and rows take: the same bytes through aiokafka, the same rows through COPY, no more.

What a sync wrote is read back, and written again into empty topics and an empty database: each record once, and read
as often as services read it, in one process; each table's rows in one COPY, under the same keys and indexes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from pipeline_stage import Cluster

from ratecard_shared.topics import TOPICS


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into a topic."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """How long the least takes, in seconds, and of what."""

    kafka: float
    database: float
    records: int
    reads: int
    megabytes: float
    rows: int

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.kafka + self.database

    def __str__(self) -> str:
        """Say what it consists of."""
        return (
            f"{self.records:,} records of {self.megabytes:.1f} MB written with acks=all and {self.reads:,} read in "
            f"{self.kafka:.2f} s, {self.rows:,} rows copied in {self.database:.2f} s"
        )


async def records(cluster: Cluster) -> list[Record]:
    """Return every record of the topics."""
    prefix = cluster.named("")
    async with AIOKafkaConsumer(bootstrap_servers=cluster.servers, auto_offset_reset="earliest") as consumer:
        places = [TopicPartition(prefix + topic.name, n) for topic in TOPICS for n in range(topic.partitions)]
        consumer.assign(places)
        due = sum((await consumer.end_offsets(places)).values())
        found: list[Record] = []
        while len(found) < due:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += [_record(one, prefix) for one in batch]
        return found


def _record(one: ConsumerRecord, prefix: str) -> Record:
    topic, headers = one.topic.removeprefix(prefix), tuple(one.headers)
    return Record(topic=topic, key=one.key, value=one.value or b"", headers=headers)


async def rows(database_url: str) -> dict[str, tuple[list[str], list[Any]]]:
    """Return what is in each table that holds anything, in the order in which they can be filled: columns and rows."""
    connection = await asyncpg.connect(database_url)
    try:
        found: dict[str, tuple[list[str], list[Any]]] = {}
        for (table,) in await connection.fetch(_PARENTS_FIRST):
            held = await connection.fetch(f'SELECT * FROM "{table}"')  # noqa: S608  # a name from the catalogue
            if held:
                found[table] = (list(held[0].keys()), [tuple(row) for row in held])
        return found
    finally:
        await connection.close()


async def write_and_read(cluster: Cluster, said: Sequence[Record]) -> tuple[float, int]:
    """Write the records to the topics and read each as often as services do; return the seconds and the reads."""
    readers = {topic.name: max(len(topic.consumers), 1) for topic in TOPICS}
    settings: dict[str, Any] = {"bootstrap_servers": cluster.servers, "acks": "all", "enable_idempotence": True}
    async with AIOKafkaProducer(**settings) as producer:
        began = time.perf_counter()
        sent = [
            await producer.send(cluster.named(one.topic), one.value, key=one.key, headers=list(one.headers))
            for one in said
        ]
        await asyncio.gather(*sent)
        for turn in range(max(readers.values())):
            topics = [name for name, count in readers.items() if count > turn]
            await _read(cluster, topics, sum(1 for one in said if one.topic in topics))
        return time.perf_counter() - began, sum(readers[record.topic] for record in said)


async def _read(cluster: Cluster, topics: Sequence[str], due: int) -> None:
    names = [cluster.named(name) for name in topics]
    async with AIOKafkaConsumer(*names, bootstrap_servers=cluster.servers, auto_offset_reset="earliest") as consumer:
        while due > 0:
            due -= sum(len(batch) for batch in (await consumer.getmany(timeout_ms=100)).values())


async def copy(database_url: str, held: dict[str, tuple[list[str], list[Any]]]) -> float:
    """Copy the rows into an empty database with the same schema; return the seconds."""
    connection = await asyncpg.connect(database_url)
    try:
        for table in reversed(held):
            await connection.execute(f'DELETE FROM "{table}"')  # noqa: S608  # a name from the catalogue
        began = time.perf_counter()
        for table, (columns, lines) in held.items():
            await connection.copy_records_to_table(table, records=lines, columns=columns)
        return time.perf_counter() - began
    finally:
        await connection.close()


_PARENTS_FIRST: Final = """
    SELECT t.relname AS t FROM pg_class t
    WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relnamespace = 'public'::regnamespace
        AND t.relname NOT LIKE '\\_pogo%'
    ORDER BY (SELECT count(*) FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'f'), t.relname
"""


async def floor(synced: Cluster, empty: Cluster) -> Floor:
    """Measure the least for what a cluster holds after a sync, on one that is empty."""
    said, held = await records(synced), await rows(synced.database_url)
    kafka, reads = await write_and_read(empty, said)
    return Floor(
        kafka=kafka,
        database=await copy(empty.database_url, held),
        records=len(said),
        reads=reads,
        megabytes=sum(len(one.value) + len(one.key or b"") for one in said) / 1e6,
        rows=sum(len(lines) for _, lines in held.values()),
    )
