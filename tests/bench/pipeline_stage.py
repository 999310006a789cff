"""What the pipeline is measured on: backends, in them a database, topics and a cache of its own, and the services.

Services run as processes, as in production. The backends are those that the environment names, else the laptop's.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import stack
from aiokafka import AIOKafkaConsumer
from backends_isolation import a_database, an_empty_cache, migrated_template, without_topics

from ratecard_cli.laptop.backends import Backends, embedded_backends
from ratecard_cli.laptop.homes import forget
from ratecard_shared.admin import create_topics
from ratecard_shared.patience import be_patient
from ratecard_shared.settings import KafkaSettings, load

_SECONDS_TO_LEAD: Final = 2.0
"""New topics have no leader at once."""
_NAMES: Final = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL")


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A database, topics and a cache of one measurement's own."""

    environment: dict[str, str]

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach Kafka, and under which names."""
        return load(KafkaSettings, self.environment)

    @property
    def servers(self) -> str:
        """Where Kafka is."""
        return self.environment["KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def database_url(self) -> str:
        """Where PostgreSQL is."""
        return self.environment["DATABASE_URL"]

    def named(self, topic: str) -> str:
        """Return the topic's name on this cluster."""
        return self.environment["KAFKA_TOPIC_PREFIX"] + topic


def where() -> str:
    """Return the backends' names, to be told beside the figures."""
    return "Apache Kafka" if _external() else "the laptop's broker"


def _external() -> bool:
    return os.environ.get("RATECARD_TEST_BACKENDS") == "external"


@contextmanager
def backends() -> Iterator[Backends]:
    """Give the backends that the environment names, or start those of the laptop."""
    if _external():
        database_url, kafka, redis_url = (os.environ[name] for name in _NAMES)
        yield Backends(database_url=database_url, kafka=kafka, redis_url=redis_url)
        return
    folder = Path(tempfile.mkdtemp(prefix="ratecard-bench-", dir="/var/tmp"))  # PostgreSQL's user enters it
    folder.chmod(0o711)
    try:
        with embedded_backends(folder, durable=False) as found:
            yield found
    finally:
        forget(folder)


@asynccontextmanager
async def a_cluster(found: Backends) -> AsyncIterator[Cluster]:
    """Make one, with all topics."""
    prefix = f"b{secrets.token_hex(4)}."
    async with migrated_template(found.database_url) as template, a_database(found.database_url, template) as url:
        await an_empty_cache(found.redis_url)
        made = Cluster(environment={**found.environment, "DATABASE_URL": url, "KAFKA_TOPIC_PREFIX": prefix})
        await create_topics(made.kafka)
        await asyncio.sleep(_SECONDS_TO_LEAD)
        try:
            yield made
        finally:
            await without_topics(found.kafka, prefix)


@asynccontextmanager
async def running(
    cluster: Cluster, more: dict[str, str], rooms: Sequence[str] = stack.ROOMS
) -> AsyncIterator[dict[str, int]]:
    """Run services, their logs at WARNING; give their processes' ids."""
    told = {
        **cluster.environment,
        **more,
        "SCRAPING_ALLOW_PRIVATE": "true",
        "SCRAPING_DELAY_MS": "0",
        "ENABLE_AUTO_SYNC": "false",
        "LOG_LEVEL": "WARNING",
        "LOG_FORMAT": "text",
    }
    ids, ports = {}, {room: stack.free_port() for room in rooms}
    async with AsyncExitStack() as until:
        for room, port in ports.items():
            child = await until.enter_async_context(stack.silent_process(room, {**told, "HTTP_PORT": str(port)}))
            ids[room] = child.pid
        for room, port in ports.items():
            await stack.health(port, until="healthy" if room == "registry" else "running")
        yield ids


@asynccontextmanager
async def listening(cluster: Cluster, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Listen to a topic from its beginning."""
    consumer = AIOKafkaConsumer(cluster.named(topic), bootstrap_servers=cluster.servers, auto_offset_reset="earliest")
    async with consumer:
        be_patient(consumer)
        yield consumer


def most_megabytes(pid: int) -> float:
    """Return the most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
