"""A producer that the broker has lost sight of goes on by itself, and what it says stays in its order."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import OutOfOrderSequenceNumber

from ratecard_shared.admin import create_topics
from ratecard_shared.sequences import beginning_anew
from ratecard_shared.settings import KafkaSettings, load


async def test_a_producer_that_is_refused_begins_a_new_sequence(environment: dict[str, str]) -> None:
    settings = load(KafkaSettings, environment)
    await create_topics(settings)
    topic = f"{settings.kafka_topic_prefix}alert.raised"
    servers = settings.kafka_bootstrap_servers
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True) as producer:

        async def send(value: bytes) -> None:
            with beginning_anew(lambda: producer):
                await producer.send_and_wait(topic, value, partition=0)

        await send(b"one")
        # As if a batch had been dropped with its number, or the broker had lost one.
        producer._txn_manager.increment_sequence_number(TopicPartition(topic, 0), 5)  # noqa: SLF001  # no fault is sure to
        with pytest.raises(OutOfOrderSequenceNumber):
            await send(b"two")
        for value in (b"two", b"three"):
            await send(value)
    async with AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        assert [(await consumer.getone()).value for _ in range(3)] == [b"one", b"two", b"three"]
