"""The tests' backends as containers: the images of docker-compose.yml, on free ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.backends import Backends

POSTGRES_IMAGE: Final = "postgres:18.6-trixie"
KAFKA_IMAGE: Final = "apache/kafka:4.3.1"
REDIS_IMAGE: Final = "redis:8.6.3"


@contextmanager
def docker_backends() -> Iterator[Backends]:
    # Imported here: testcontainers looks for Docker when it is imported, and only this way of three needs it.
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415

    with (
        PostgresContainer(POSTGRES_IMAGE, driver=None) as postgres,
        RedisContainer(REDIS_IMAGE) as redis,
        _kafka() as kafka,
    ):
        yield Backends(
            database_url=postgres.get_connection_url(),
            kafka=kafka,
            redis_url=f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0",
        )


@contextmanager
def _kafka() -> Iterator[str]:
    """Run one broker. Its port is the same outside and inside, because a broker says its own address to clients."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    port = ports.choose(None, "Kafka")
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    address = f"{container.get_container_host_ip()}:{port}"
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{address}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    for name, value in settings.items():
        container.with_env(name, value)
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with container:
        yield address
