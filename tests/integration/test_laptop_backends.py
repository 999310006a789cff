"""The embedded backends keep their data between runs and leave no process behind, however a run ends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from process_life import is_alive, until
from redis.asyncio import Redis

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.backends import Backends, Ports, embedded_backends
from ratecard_cli.laptop.errors import ProcessError, StateError
from ratecard_cli.laptop.homes import forget
from ratecard_shared.database import connected

pytestmark = pytest.mark.slow

HOLD_THEM = """
import json, pathlib, sys, time
from ratecard_cli.laptop.backends import embedded_backends
from ratecard_cli.laptop.processes import terminate_like_ctrl_c
with terminate_like_ctrl_c(), embedded_backends(pathlib.Path(sys.argv[1])) as backends:
    print(json.dumps([process.pid for process in backends.processes]), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    forget(tmp_path / "state")


async def test_what_was_stored_is_there_at_the_next_start(folder: Path) -> None:
    with embedded_backends(folder) as backends:
        await _store(backends)
    with embedded_backends(folder) as backends:
        assert await _stored(backends) == ("in PostgreSQL", b"in Redis", b"in Kafka")


async def test_a_backend_can_be_killed_and_started_again(folder: Path) -> None:
    with embedded_backends(folder) as backends:
        await _store(backends)
        await asyncio.sleep(1)  # this broker writes twice a second
        for process in backends.processes:
            process.kill()
            process.start()
        async with connected(backends.database_url) as connection:
            assert await connection.fetchval("SELECT word FROM kept") == "in PostgreSQL"


def test_a_port_that_was_asked_for_is_used(folder: Path) -> None:
    port = ports.choose(None, "PostgreSQL")
    with embedded_backends(folder, wanted=Ports(postgres=port)) as backends:
        assert f":{port}/" in backends.database_url


def test_two_runs_do_not_share_a_folder(folder: Path) -> None:
    with embedded_backends(folder), pytest.raises(StateError, match="stop it, or choose another folder"):
        embedded_backends(folder).__enter__()


def test_one_that_cannot_start_says_why(folder: Path) -> None:
    with embedded_backends(folder):
        pass
    (folder / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ProcessError, match="PostgreSQL stopped") as caught, embedded_backends(folder):
        pass
    assert "not compatible with this version" in str(caught.value)


@pytest.mark.parametrize("ending", ["terminate", "kill"])
def test_no_process_is_left_behind(folder: Path, ending: str) -> None:
    command = [sys.executable, "-c", HOLD_THEM, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        backends = json.loads(run.stdout.readline())
        assert all(is_alive(pid) for pid in backends)
        getattr(run, ending)()
    until(lambda: not any(is_alive(pid) for pid in backends), within_seconds=10)
    with embedded_backends(folder):
        pass


async def _store(backends: Backends) -> None:
    async with connected(backends.database_url) as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 'in PostgreSQL' AS word")
    async with Redis.from_url(backends.redis_url) as redis:
        await redis.set("kept", "in Redis")
    async with AIOKafkaProducer(bootstrap_servers=backends.kafka, acks="all") as producer:
        await producer.send_and_wait("kept", b"in Kafka")


async def _stored(backends: Backends) -> tuple[object, object, object]:
    async with connected(backends.database_url) as connection:
        word = await connection.fetchval("SELECT word FROM kept")
    async with Redis.from_url(backends.redis_url) as redis:
        cached = await redis.get("kept")
    consumer = AIOKafkaConsumer("kept", bootstrap_servers=backends.kafka, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
    return word, cached, record.value
