"""The tests' backends as containers: the images of docker-compose.yml. Without an engine it says so once, and ends.

The tests have to run beside the engine, not inside of one of its containers: Kafka says its own address to clients.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.backends import Backends

POSTGRES_IMAGE: Final = "postgres:18.6-trixie"
KAFKA_IMAGE: Final = "apache/kafka:4.3.1"
REDIS_IMAGE: Final = "redis:8.6.3"
_POSTGRES: Final = "postgres -c max_connections=200 -c fsync=off"


@contextmanager
def docker_backends() -> Iterator[Backends]:
    if fault := _fault_of_engine():
        pytest.exit(
            f"RATECARD_TEST_BACKENDS=docker needs a container engine, and none answers at "
            f"{os.environ.get('DOCKER_HOST') or 'its usual socket'} ({fault}): start one, set DOCKER_HOST, or leave "
            "RATECARD_TEST_BACKENDS out, which needs none.",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )
    # Imported here: testcontainers looks for Docker when it is imported, and only this way of three needs it.
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415

    with (
        PostgresContainer(POSTGRES_IMAGE, driver=None).with_command(_POSTGRES) as postgres,
        RedisContainer(REDIS_IMAGE) as redis,
        _kafka() as kafka,
    ):
        yield Backends(
            database_url=postgres.get_connection_url(),
            kafka=kafka,
            redis_url=f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0",
        )


def _fault_of_engine() -> str:
    """Return why no container engine answers; nothing if one does."""
    import docker  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its client leaves the socket open that found nobody
        try:
            docker.from_env(timeout=5).ping()
        except (docker.errors.DockerException, OSError) as error:
            fault = str(error) or type(error).__name__
        else:
            fault = ""
        gc.collect()
    return fault


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
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    for name, value in settings.items():
        container.with_env(name, value)
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with container:
        yield address
