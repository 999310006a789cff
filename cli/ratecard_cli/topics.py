"""`ratecard topics`: the table of topics, and the missing ones created."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from aiokafka.errors import KafkaConnectionError, KafkaError
from cyclopts import Parameter

from ratecard_cli import running
from ratecard_cli.faults import CommandError, UnreachableError
from ratecard_cli.terminal import Json, say, show_table, write_json
from ratecard_shared.admin import create_topics
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import TOPICS, Topic

_COLUMNS: Final = ("topic", "key", "partitions", "says")


def topics(
    *,
    list_only: Annotated[bool, Parameter(name="--list", negative="", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """List the topics and create those that the cluster at KAFKA_BOOTSTRAP_SERVERS lacks.

    Parameters
    ----------
    list_only
        Only list them; no cluster is asked.
    as_json
        Print JSON.
    """
    if list_only:
        _show((), as_json=as_json)
        return
    settings = load(KafkaSettings, running.environ())
    if not as_json:
        say(f"Kafka: {settings.kafka_bootstrap_servers}{_prefix(settings)}")
    created = asyncio.run(create(settings))
    _show(created, as_json=as_json, kafka=settings.kafka_bootstrap_servers)
    if not as_json:
        say(f"created {', '.join(created)}" if created else "All topics are there.")


def _show(created: tuple[str, ...], *, as_json: bool, **more: str) -> None:
    if as_json:
        write_json({"topics": [_as_json(topic) for topic in TOPICS], "created": created, **more})
    else:
        show_table("Topics", _COLUMNS, [_row(topic) for topic in TOPICS], whole=_COLUMNS[:3])


def _prefix(settings: KafkaSettings) -> str:
    return f", topics that begin with {settings.kafka_topic_prefix}" if settings.kafka_topic_prefix else ""


async def create(settings: KafkaSettings) -> tuple[str, ...]:
    """Create the missing topics and return their names."""
    try:
        return await create_topics(settings)
    except KafkaConnectionError as error:
        servers = settings.kafka_bootstrap_servers
        raise UnreachableError(
            f"Kafka at {servers} cannot be reached: is it running? See KAFKA_BOOTSTRAP_SERVERS."
        ) from error
    except KafkaError as error:
        raise CommandError(str(error)) from error


def _row(topic: Topic) -> tuple[str, ...]:
    return (topic.name, topic.key, str(topic.partitions), topic.says)


def _as_json(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "key": topic.key,
        "partitions": topic.partitions,
        "says": topic.says,
        "producers": topic.producers,
        "consumers": topic.consumers,
    }
