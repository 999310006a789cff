"""Whether Kafka is there and has every topic, with as many partitions as events need and time enough to read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from ratecard_cli.doctor.finding import Finding, problem, warning, well
from ratecard_shared.kafka import client_security
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import GROUPS, TOPICS, dead_letters

_SECONDS: Final = 10
_SHORTEST_MS: Final = 24 * 60 * 60 * 1000
_UNREACHABLE: Final = (KafkaError, OSError, TimeoutError)


async def look_at_kafka(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Connect as the services do and ask for the topics."""
    settings = load(KafkaSettings, environ)
    try:
        async with asyncio.timeout(_SECONDS):
            admin = await _connected(settings)
    except _UNREACHABLE as error:
        yield problem(
            "kafka",
            f"{settings.kafka_bootstrap_servers} cannot be used: {error or type(error).__name__}",
            do="start it (`ratecard up` does on a laptop), or see KAFKA_BOOTSTRAP_SERVERS, KAFKA_TLS and KAFKA_SASL_*",
        )
        return
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        yield _reached(settings, brokers)
        for finding in await _topics(admin, settings.kafka_topic_prefix):
            yield finding
    except _UNREACHABLE as error:
        yield problem("kafka", f"it does not say what was asked: {error}", do="see its log")
    finally:
        await admin.close()


async def _connected(settings: KafkaSettings) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, **client_security(settings))
    try:
        await admin.start()
    except BaseException:
        await admin.close()
        raise
    return admin


def _reached(settings: KafkaSettings, brokers: int) -> Finding:
    how = f"{'over TLS' if settings.kafka_tls else 'without TLS'}"
    if settings.kafka_sasl_mechanism:
        how += f", as {settings.kafka_sasl_username}"
    said = f"{settings.kafka_bootstrap_servers} has {brokers} broker(s), reached {how}"
    if brokers < settings.kafka_replication_factor:
        return problem("kafka", said, do=f"KAFKA_REPLICATION_FACTOR is {settings.kafka_replication_factor}: lower it")
    return well("kafka", said)


async def _topics(admin: AIOKafkaAdminClient, prefix: str) -> list[Finding]:
    wanted = {prefix + topic.name: topic.partitions for topic in TOPICS}
    wanted |= {prefix + dead_letters(group): 1 for group in GROUPS}
    there = set(await admin.list_topics())
    missing = [name for name in wanted if name not in there]
    if missing:
        return [problem("topics", f"{', '.join(missing)} are missing", do="run `ratecard topics`")]
    described = await admin.describe_topics(list(wanted))
    partitions = {topic["topic"]: len(topic["partitions"]) for topic in described}
    few = [f"{name} ({partitions[name]} of {least})" for name, least in wanted.items() if partitions[name] < least]
    if few:
        return [
            warning(
                "topics",
                f"fewer partitions than replicas could share: {', '.join(few)}",
                do="add partitions while no sync runs, or let no more replicas run than there are",
            )
        ]
    found = well("topics", f"all {len(wanted)} are there, with their partitions")
    return [found, await _retention(admin, [prefix + topic.name for topic in TOPICS])]


async def _retention(admin: AIOKafkaAdminClient, names: list[str]) -> Finding:
    try:
        kept = await _kept_ms(admin, names)
    except (*_UNREACHABLE, NotImplementedError, IndexError):
        return well("topics", "how long they are kept is not said by this broker")
    short = [name for name, milliseconds in kept.items() if 0 <= milliseconds < _SHORTEST_MS]
    if short:
        return problem(
            "topics",
            f"{', '.join(short)} are kept for less than a day: what a service did not read in an outage is lost",
            do="set retention.ms of these topics to a week",
        )
    return well("topics", "each is kept for a day or longer")


async def _kept_ms(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": None}) for name in names]
    responses: list[Any] = await admin.describe_configs(asked)
    resources = [resource for response in responses for resource in response.resources]
    return {
        name: int(value)
        for _code, _message, _kind, name, entries in resources
        for variable, value, *_ in entries
        if variable == "retention.ms"
    }
