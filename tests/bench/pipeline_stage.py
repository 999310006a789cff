"""What the pipeline is measured on: backends, in them a database, topics and a cache of its own, and the services.

Services run as processes, as in production. The backends are those that the environment names, else the laptop's with
Apache Kafka in the place of its broker where Java and Maven are: there the promises of delivery are claimed.
RATECARD_TEST_BACKENDS=embedded measures on the laptop's broker all the same.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import apache_kafka
import msgspec
import stack
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from backends_isolation import a_database, an_empty_cache, migrated_template, without_topics

from ratecard_cli.laptop import processes
from ratecard_cli.laptop.backends import Backends, embedded_backends
from ratecard_cli.laptop.homes import forget
from ratecard_shared.admin import create_topics
from ratecard_shared.codec import decode
from ratecard_shared.patience import be_patient
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import SYNC_COMPLETED, SYNC_REQUESTED

_SECONDS_TO_START: Final = 60
_SECONDS_TO_SYNC: Final = 280.0
_SECONDS_TO_LEAD: Final = 2.0
"""New topics have no leader at once."""
_NAMES: Final = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL")


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A service's process, and the port that it answers at."""

    pid: int
    port: int

    @property
    def most_megabytes(self) -> float:
        """The most memory that the process has had."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


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
    return "Apache Kafka" if _external() or _has_apache_kafka() else "the laptop's broker"


def _external() -> bool:
    return os.environ.get("RATECARD_TEST_BACKENDS") == "external"


def _has_apache_kafka() -> bool:
    return "RATECARD_TEST_BACKENDS" not in os.environ and all(map(shutil.which, ("java", "mvn")))


@contextmanager
def backends(*, kafka_niceness: int = 0) -> Iterator[Backends]:
    """Give the backends that the environment names, or start those of the laptop."""
    if _external():
        database_url, kafka, redis_url = (os.environ[name] for name in _NAMES)
        yield Backends(database_url=database_url, kafka=kafka, redis_url=redis_url)
        return
    folder = Path(tempfile.mkdtemp(prefix="ratecard-bench-", dir="/var/tmp"))  # PostgreSQL's user enters it
    folder.chmod(0o711)
    try:
        with embedded_backends(folder, durable=False) as found:
            if not _has_apache_kafka():
                yield found
                return
            address, server = apache_kafka.server(folder / "apache-kafka", niceness=kafka_niceness)
            with processes.running([server], within_seconds=_SECONDS_TO_START):
                yield msgspec.structs.replace(found, kafka=address)
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
    cluster: Cluster, more: dict[str, str], rooms: Sequence[str] = stack.ROOMS, *, niceness: int = 0
) -> AsyncIterator[dict[str, Running]]:
    """Run services, their logs at WARNING; with more `niceness` they leave more of the processor to others."""
    told = {
        **cluster.environment,
        **more,
        "SCRAPING_ALLOW_PRIVATE": "true",
        "SCRAPING_DELAY_MS": "0",
        "ENABLE_AUTO_SYNC": "false",
        "RATECARD_ANONYMOUS_READ": "true",
        "LOG_LEVEL": "WARNING",
        "LOG_FORMAT": "text",
    }
    found, ports = {}, {room: stack.free_port() for room in rooms}
    async with AsyncExitStack() as until:
        for room, port in ports.items():
            child = await until.enter_async_context(
                stack.silent_process(room, {**told, "HTTP_PORT": str(port)}, niceness=niceness)
            )
            found[room] = Running(pid=child.pid, port=port)
        for room, port in ports.items():
            await stack.health(port, until="healthy" if room == "registry" else "running")
        yield found


@asynccontextmanager
async def listening(cluster: Cluster, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Listen to a topic from its beginning."""
    consumer = AIOKafkaConsumer(cluster.named(topic), bootstrap_servers=cluster.servers, auto_offset_reset="earliest")
    async with consumer:
        be_patient(consumer)
        yield consumer


async def synced(cluster: Cluster, completions: AIOKafkaConsumer, *, models: int) -> float:
    """Ask for a sync of all, wait for its end and return the seconds. Raises SystemExit if it was not whole.

    `completions` listens to `sync.completed`; each provider has so many models.
    """
    async with AIOKafkaProducer(bootstrap_servers=cluster.servers) as producer, asyncio.timeout(_SECONDS_TO_SYNC):
        began = time.perf_counter()
        await producer.send_and_wait(cluster.named(SYNC_REQUESTED.name), b"{}")
        record = await completions.getone()
        seconds = time.perf_counter() - began
    completed = decode(record.value or b"", SYNC_COMPLETED.carries)
    if not completed.success or {one.models_discovered for one in completed.providers} != {models}:
        raise SystemExit(f"the sync that was measured did not succeed: {completed}")
    return seconds
