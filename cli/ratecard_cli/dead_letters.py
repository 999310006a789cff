"""The dead letters as they are in Kafka, and the way back: value, key and headers untouched, so the same `event_id`.

What was put back is said behind the letters in their own topic, which outlives any consumer group's offsets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from ratecard_cli.faults import CommandError, UnreachableError
from ratecard_shared import dead_letter
from ratecard_shared.kafka import client_security
from ratecard_shared.patience import be_patient
from ratecard_shared.settings import KafkaSettings
from ratecard_shared.topics import TOPICS, dead_letters

_SECONDS_TO_READ: Final = 60.0
_AT_ONCE: Final = 100
_MOST_BYTES: Final = 4 * 1024 * 1024


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter: its number (the offset in its topic), the record's own place, and why it was set aside."""

    number: int
    topic: str
    partition: int
    offset: str
    error: str
    at: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def place(self) -> str:
        """Where the record stood."""
        return f"{self.topic}/{self.partition}@{self.offset}"


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A group's letters, oldest first, and the numbers of those that were put back."""

    group: str
    letters: tuple[Letter, ...] = ()
    replayed: frozenset[int] = frozenset()

    @property
    def waiting(self) -> tuple[Letter, ...]:
        """Those that were not put back yet."""
        return tuple(letter for letter in self.letters if letter.number not in self.replayed)


async def boxes(settings: KafkaSettings, groups: Iterable[str], *, values: bool = True) -> tuple[Box, ...]:
    """Read the dead letters of each group; without `values`, to count them, none is kept in memory."""
    topics = {group: settings.kafka_topic_prefix + dead_letters(group) for group in groups}
    async with _consumer(settings) as consumer:
        there = await consumer.topics()
        letters = {topic: list[Letter]() for topic in topics.values()}
        replayed = {topic: set[int]() for topic in topics.values()}
        partitions = [TopicPartition(topic, dead_letter.PARTITION) for topic in letters.keys() & there]
        async for record in everything_in(consumer, partitions):
            said = {name: value.decode("utf-8", "replace") for name, value in record.headers}
            if dead_letter.REPLAYED in said:
                numbers = said[dead_letter.REPLAYED].split(",")
                replayed[record.topic] |= {int(number) for number in numbers if number.isdecimal()}
            else:
                letters[record.topic].append(_letter(record, said, value=record.value if values else None))
    return tuple(
        Box(group=group, letters=tuple(letters[topic]), replayed=frozenset(replayed[topic]))
        for group, topic in topics.items()
    )


async def put_back(settings: KafkaSettings, group: str, letters: Sequence[Letter]) -> None:
    """Put letters back onto their topics, in their order, and remember it. A crash between puts some back again."""
    known = {settings.kafka_topic_prefix + topic.name for topic in TOPICS}
    if strange := next((letter for letter in letters if letter.topic not in known), None):
        raise CommandError(f"letter {strange.number} says it is from {strange.topic!r}, which is no topic of ours")
    async with _producer(settings) as producer:
        for start in range(0, len(letters), _AT_ONCE):
            some = letters[start : start + _AT_ONCE]
            for letter in some:
                await _send_back(producer, letter)
            await producer.send_and_wait(
                settings.kafka_topic_prefix + dead_letters(group),
                partition=dead_letter.PARTITION,
                key=dead_letter.REPLAYED.encode(),
                headers=dead_letter.replayed(letter.number for letter in some),
            )


async def _send_back(producer: AIOKafkaProducer, letter: Letter) -> None:
    there = await producer.partitions_for(letter.topic)
    await producer.send_and_wait(
        letter.topic,
        letter.value,
        key=letter.key,
        partition=letter.partition if letter.partition in there else None,
        headers=[*letter.headers],
    )


async def everything_in(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord]:
    """Read what these partitions hold now, one after another, with a consumer that has none yet."""
    if not partitions:
        return
    # Once and for all of them: a consumer that is assigned anew and stopped soon after may never end.
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    for partition, beginning in (await consumer.beginning_offsets(partitions)).items():
        # Not `seek_to_beginning`: the reset that an assignment begins by itself may come after it.
        consumer.seek(partition, beginning)
    async with asyncio.timeout(_SECONDS_TO_READ):
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=500)).get(partition, ()):
                    yield record


def _letter(record: ConsumerRecord, said: Mapping[str, str], *, value: bytes | None) -> Letter:
    partition = said.get(dead_letter.FROM_PARTITION, "")
    return Letter(
        number=record.offset,
        topic=said.get(dead_letter.TOPIC, ""),
        partition=int(partition) if partition.isdecimal() else -1,
        offset=said.get(dead_letter.OFFSET, "?"),
        error=said.get(dead_letter.ERROR, ""),
        at=said.get(dead_letter.AT, ""),
        key=record.key,
        value=value,
        headers=tuple(dead_letter.original(record.headers)),
    )


@asynccontextmanager
async def _consumer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        auto_offset_reset="earliest",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        **client_security(settings),
    )
    async with _started(consumer, settings):
        be_patient(consumer)
        yield consumer


@asynccontextmanager
async def _producer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        max_request_size=_MOST_BYTES,
        **client_security(settings),
    )
    async with _started(producer, settings):
        yield producer


@asynccontextmanager
async def _started(client: Any, settings: KafkaSettings) -> AsyncIterator[None]:
    try:
        await client.start()
        yield
    except (KafkaConnectionError, TimeoutError) as error:
        servers = settings.kafka_bootstrap_servers
        raise UnreachableError(
            f"Kafka at {servers} cannot be reached: is it running? See KAFKA_BOOTSTRAP_SERVERS."
        ) from error
    except KafkaError as error:
        raise CommandError(f"Kafka refused: {error}") from error
    finally:
        await client.stop()
