"""A service as a process: it says what it misses, waits for it, reports its health, and ends on SIGTERM."""

from __future__ import annotations

import asyncio
import signal

import pytest
from stack import ROOMS, free_port, health, process

from ratecard_shared.admin import create_topics
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
