"""The topics themselves: created by `ratecard topics`, never by a producer's or consumer's accident."""

from __future__ import annotations

from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from ratecard_shared.kafka import client_security
from ratecard_shared.settings import KafkaSettings
from ratecard_shared.topics import GROUPS, TOPICS, dead_letters

_DEAD_LETTER_BYTES: Final = {"max.message.bytes": str(4 * 1024 * 1024)}


async def create_topics(settings: KafkaSettings) -> tuple[str, ...]:
    """Create the topics that are missing and return their names. Raises KafkaError, saying which one was refused."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, **client_security(settings))
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in _wanted(settings) if topic.name not in there]
        if missing:
            _check(await admin.create_topics(missing))
        return tuple(topic.name for topic in missing)
    finally:
        await admin.close()


def _wanted(settings: KafkaSettings) -> list[NewTopic]:
    prefix, replicas = settings.kafka_topic_prefix, settings.kafka_replication_factor
    said = [NewTopic(prefix + topic.name, topic.partitions, replicas) for topic in TOPICS]
    dead = [NewTopic(prefix + dead_letters(group), 1, replicas, topic_configs=_DEAD_LETTER_BYTES) for group in GROUPS]
    return said + dead


def _check(response: Any) -> None:
    for name, code, *message in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise KafkaError(f"Kafka refused to create the topic {name}: {for_code(code).__name__} {message}")
