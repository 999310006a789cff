"""A service as a process: it says what it misses, waits for it, reports its health, and ends on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime

import aiohttp
import pytest
from stack import ROOMS, free_port, health, process

from ratecard_registry import key_watch
from ratecard_shared.admin import create_topics
from ratecard_shared.database import connected, queries
from ratecard_shared.settings import KafkaSettings, load


@pytest.mark.slow
@pytest.mark.parametrize("room", ["scheduler", "discovery", "scraper", "enricher"])
async def test_it_runs_reports_and_ends(room: str, environment: dict[str, str]) -> None:
    await create_topics(load(KafkaSettings, environment))
    port = free_port()
    async with process(room, {**environment, "HTTP_PORT": str(port)}) as child:
        body = await health(port, until="running")
        assert body["kafka"] == "up"
        assert "down" not in body.values()
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await child.wait()


@pytest.mark.slow
async def test_it_answers_while_its_backends_are_away(environment: dict[str, str]) -> None:
    port = free_port()
    away = {
        **environment,
        "HTTP_PORT": str(port),
        "DATABASE_URL": f"postgresql://nobody:hunter2@127.0.0.1:{free_port()}/none",
        "LOG_FORMAT": "text",
    }
    async with process("scheduler", away) as child:
        body = await health(port, until="starting")
        assert body["postgresql"] == "down"
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            said, _ = await child.communicate()
    assert b"cannot use PostgreSQL (DATABASE_URL) yet" in said
    assert b"hunter2" not in said


@pytest.mark.slow
async def test_a_registry_that_starts_without_kafka_learns_what_others_write(environment: dict[str, str]) -> None:
    port, boss = free_port(), {"X-API-Key": "of-this-test"}
    away = {"HTTP_PORT": str(port), "RATECARD_ADMIN_KEY": boss["X-API-Key"], "LOG_FORMAT": "text"}
    away["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{free_port()}"
    async with process("registry", {**environment, **away}), aiohttp.ClientSession() as session:
        await health(port, until="ready", path="/health/ready")
        url = f"http://127.0.0.1:{port}/api"
        async with session.post(f"{url}/admin/keys", json={"name": "one"}, headers=boss) as made:
            key = {"X-API-Key": (await made.json())["key"]}

        async def status() -> int:
            async with session.get(f"{url}/models", headers=key) as answer:
                return answer.status

        async def answers(wanted: int) -> None:
            async with asyncio.timeout(20):
                while await status() != wanted:  # noqa: ASYNC110  # there
                    await asyncio.sleep(0.1)

        await answers(200)
        async with connected(environment["DATABASE_URL"]) as connection:
            sql = queries(key_watch.QUERIES)
            await sql.revoke(connection, id=1, at=datetime.now(UTC))
            await sql.bump_version(connection)
        await answers(401)


@pytest.mark.parametrize("room", ROOMS)
async def test_a_wrong_setting_is_one_line(room: str) -> None:
    async with process(room, {"HTTP_PORT": "eighty"}) as child:
        async with asyncio.timeout(30):
            said, _ = await child.communicate()
        assert child.returncode != 0
    line = said.decode()
    assert line.startswith(f"ratecard-{room}")
    assert line.endswith(": HTTP_PORT is 'eighty', but it takes a port number from 0 to 65535\n")
    assert line.count("\n") == 1
