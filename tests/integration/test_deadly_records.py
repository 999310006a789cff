"""A record that kills the process is set aside after five tries that were counted, without any database."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from deadly_consumer import DEADLY, GROUP

from ratecard_shared.admin import create_topics
from ratecard_shared.attempts import MOST_DEATHS
from ratecard_shared.codec import encode
from ratecard_shared.events import AlertRaised
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import ALERT_RAISED, dead_letters

PROGRAM: Final = Path(__file__).parents[1] / "deadly_consumer.py"


def alert(summary: str) -> AlertRaised:
    return AlertRaised(
        event_id=summary,
        sync_id="",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        kind="test",
        severity="warning",
        summary=summary,
        action="nothing",
    )


async def life(kind: str, environment: Mapping[str, str], handled: list[str], last: set[str]) -> int | None:
    """Run one process until it dies; when all of `last` are handled it is left to itself for a moment: None then."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, kind, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout
    try:
        async with asyncio.timeout(60):
            async for line in child.stdout:
                handled.append(line.decode().strip())
                if last <= {*handled}:
                    await asyncio.sleep(0.5)
                    return None
        return await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.communicate()


async def say(settings: KafkaSettings, summaries: list[str], partition: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    for summary in summaries:
        await producer.send_and_wait(
            settings.kafka_topic_prefix + ALERT_RAISED.name, encode(alert(summary)), partition=partition
        )
    await producer.stop()


async def dead(settings: KafkaSettings) -> list[bytes | None]:
    topic = settings.kafka_topic_prefix + dead_letters(GROUP)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=settings.kafka_bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    found: list[bytes | None] = []
    try:
        async with asyncio.timeout(20):
            while not found:
                for batch in (await consumer.getmany(timeout_ms=1000)).values():
                    found += [record.value for record in batch]
    finally:
        await consumer.stop()
    return found


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["records", "batches"])
async def test_it_is_set_aside_and_its_neighbours_are_handled(kind: str, environment: dict[str, str]) -> None:
    settings = load(KafkaSettings, environment)
    await create_topics(settings)
    await say(settings, ["before", DEADLY, "after"], partition=0)
    await say(settings, ["beside"], partition=1)
    # A static member: one that was killed has its place back at once, and not when its session has run out.
    own = {**environment, "KAFKA_INSTANCE_ID": "deadly"}
    handled: list[str] = []
    deaths = 0
    while (code := await life(kind, own, handled, last={"after", "beside"})) is not None:
        assert code == -signal.SIGKILL
        deaths += 1
        assert deaths <= MOST_DEATHS + 1, "it kills one process after the other"
    assert deaths >= MOST_DEATHS
    assert {*handled} == {"before", "beside", "after"}
    assert await dead(settings) == [encode(alert(DEADLY))]
