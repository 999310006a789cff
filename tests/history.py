"""All that a run has left behind: every record of every topic, what each group has committed, and the tables.

`history_checker` judges it. `until_caught_up` waits until there is nothing left to do, which is when to read it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from ratecard_cli.dead_letters import everything_in
from ratecard_shared import dead_letter
from ratecard_shared.database import connected
from ratecard_shared.patience import be_patient
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.syncs import sync_id
from ratecard_shared.topics import (
    ALERT_RAISED,
    GROUPS,
    MODEL_ENRICHED,
    MODELS_DISCOVERED,
    PRICING_SCRAPED,
    SYNC_COMPLETED,
    SYNC_REQUESTED,
    SYNC_STARTED,
    TOPICS,
    dead_letters,
)

SUBSCRIPTIONS: Final = {
    "scheduler": SYNC_REQUESTED.name,
    "scheduler-outcomes": SYNC_COMPLETED.name,
    "scheduler-alerts": ALERT_RAISED.name,
    "discovery": SYNC_STARTED.name,
    "scraper": SYNC_STARTED.name,
    "enricher": SYNC_STARTED.name,
    "enricher-discovery": MODELS_DISCOVERED.name,
    "enricher-pricing": PRICING_SCRAPED.name,
    "registry": MODEL_ENRICHED.name,
    "registry-syncs": SYNC_STARTED.name,
    "registry-pages": PRICING_SCRAPED.name,
}
"""Which topic each consumer group takes."""

TABLES: Final = (
    "inbox",
    "outbox",
    "syncs",
    "sync_providers",
    "joins",
    "join_sides",
    "sync_outcomes",
    "sync_completions",
    "models",
    "model_pricing",
    "scheduled_pricing",
    "pricing_history",
    "own_prices",
    "quarantine",
)

_BUSY: Final = """
    SELECT 'events in the outbox' AS what, count(*) FROM outbox WHERE published_at IS NULL
    UNION ALL SELECT 'open joins', count(*) FROM joins WHERE NOT closed
    UNION ALL SELECT 'running syncs', count(*) FROM syncs WHERE state IN ('running', 'joined')
"""

Row = Mapping[str, Any]
Place = tuple[str, int, int]
"""Topic (without the prefix), partition and offset."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it stands in Kafka. `event_id` is None where the value is no event, and a request's is its sync's."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    event_id: str | None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (self.topic, self.partition, self.offset)


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is there. `letters` are the values of dead letters by group and the place of the record that each was."""

    records: Mapping[str, list[Record]]
    letters: Mapping[str, Mapping[Place, bytes | None]]
    behind: Mapping[str, int]
    tables: Mapping[str, list[Row]]


class _Identified(msgspec.Struct, frozen=True):
    event_id: str | None = None


async def read_history(environment: Mapping[str, str]) -> History:
    """Read everything there is behind the KAFKA_TOPIC_PREFIX and in the database of `environment`."""
    settings = load(KafkaSettings, environment)
    records: dict[str, list[Record]] = {topic.name: [] for topic in TOPICS}
    letters: dict[str, dict[Place, bytes | None]] = {group: {} for group in GROUPS}
    groups = {dead_letters(group): group for group in GROUPS}
    async for record in _records(settings):
        name = record.topic.removeprefix(settings.kafka_topic_prefix)
        if name in records:
            records[name].append(_record(record, name))
        elif place := _letters_place(record, settings.kafka_topic_prefix):
            letters[groups[name]][place] = record.value
    tables = await read_tables(environment["DATABASE_URL"])
    return History(records=records, letters=letters, behind=await behind(settings), tables=tables)


async def read_tables(database_url: str) -> dict[str, list[Row]]:
    """Read what is in the tables."""
    async with connected(database_url) as connection:
        return {name: await connection.fetch(f"SELECT * FROM {name}") for name in TABLES}  # noqa: S608  # ours


async def until_caught_up(environment: Mapping[str, str], *, seconds: float = 100) -> None:
    """Wait until every record is consumed, every event published and every sync over; TimeoutError says what is not."""
    settings = load(KafkaSettings, environment)
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(seconds), connected(environment["DATABASE_URL"]) as connection:
            while True:
                left = {row["what"]: row["count"] for row in await connection.fetch(_BUSY) if row["count"]}
                with suppress(KafkaError):  # no group is known yet, or its coordinator is away
                    left |= {group: number for group, number in (await behind(settings)).items() if number}
                    if not left:
                        return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise TimeoutError(f"not caught up within {seconds:g} s: {left}") from None


async def behind(settings: KafkaSettings) -> dict[str, int]:
    """Return how many records of its topic each group has not committed yet."""
    found: dict[str, int] = {}
    async with _consumer(settings) as consumer, _admin(settings) as admin:
        ends = await consumer.end_offsets(_partitions(settings, set(SUBSCRIPTIONS.values())))
        for group, topic in SUBSCRIPTIONS.items():
            committed = await admin.list_consumer_group_offsets(settings.kafka_topic_prefix + group)
            done = {partition: said.offset for partition, said in committed.items()}
            mine = (partition for partition in ends if partition.topic == settings.kafka_topic_prefix + topic)
            found[group] = sum(ends[partition] - max(done.get(partition, 0), 0) for partition in mine)
    return found


def by_event(records: list[Record]) -> dict[str | None, list[Record]]:
    """Return the records by `event_id`; those that are no events are under None."""
    found: dict[str | None, list[Record]] = defaultdict(list)
    for record in records:
        found[record.event_id].append(record)
    return found


def _record(record: ConsumerRecord, topic: str) -> Record:
    known = {"topic": topic, "partition": record.partition, "offset": record.offset}
    return Record(**known, key=record.key, value=record.value, event_id=_event_id(record, topic))


def _event_id(record: ConsumerRecord, topic: str) -> str | None:
    try:
        said = msgspec.json.decode(record.value or b"", type=_Identified).event_id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if topic == SYNC_REQUESTED.name:
        return sync_id(record.topic, record.partition, record.offset, record.timestamp)
    return said


def _letters_place(record: ConsumerRecord, prefix: str) -> Place | None:
    said = dict(record.headers)
    if dead_letter.REPLAYED in said:
        return None
    topic, partition, offset = (
        said[name].decode() for name in (dead_letter.TOPIC, dead_letter.FROM_PARTITION, dead_letter.OFFSET)
    )
    return (topic.removeprefix(prefix), int(partition), int(offset))


async def _records(settings: KafkaSettings) -> AsyncIterator[ConsumerRecord]:
    letters = [TopicPartition(settings.kafka_topic_prefix + dead_letters(group), 0) for group in GROUPS]
    partitions = [*_partitions(settings, {topic.name for topic in TOPICS}), *letters]
    async with _consumer(settings) as consumer:
        async for record in everything_in(consumer, partitions):
            yield record


def _partitions(settings: KafkaSettings, topics: set[str]) -> list[TopicPartition]:
    return [
        TopicPartition(settings.kafka_topic_prefix + topic.name, number)
        for topic in TOPICS
        if topic.name in topics
        for number in range(topic.partitions)
    ]


@asynccontextmanager
async def _consumer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with consumer:
        be_patient(consumer)
        yield consumer


@asynccontextmanager
async def _admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
