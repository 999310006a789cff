"""The scheduler's handlers on a real database: one request, one sync; one slot, one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiokafka import ConsumerRecord

from ratecard_scheduler.handlers import Scheduler
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.codec import decode
from ratecard_shared.database import open_pool
from ratecard_shared.events import ProviderOutcome, SyncCompleted, SyncRequested, SyncStarted
from ratecard_shared.settings import DatabaseSettings, KafkaSettings, ServiceSettings
from ratecard_shared.syncs import sync_id

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    yield pool
    await pool.close()


def scheduler(pool: asyncpg.Pool, clock: Clock, **settings: Any) -> Scheduler:
    made = SchedulerSettings(service=ServiceSettings(), kafka=KafkaSettings(), database=DatabaseSettings(), **settings)
    return Scheduler(made, known=("acme", "zeta"), pool=lambda: pool, now=clock)


def record(offset: int, at: datetime = NOW) -> Any:
    return ConsumerRecord(
        topic="sync.requested",
        partition=0,
        offset=offset,
        timestamp=int(at.timestamp() * 1000),
        timestamp_type=0,
        key=None,
        value=b"{}",
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=2,
        headers=(),
    )


def id_of(place: Any) -> str:
    return sync_id(place.topic, place.partition, place.offset, place.timestamp)


async def said(pool: asyncpg.Pool, topic: str) -> list[Any]:
    kinds: dict[str, Any] = {"sync.started": SyncStarted, "sync.requested": SyncRequested}
    rows = await pool.fetch("SELECT body FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [decode(row["body"], kinds[topic]) for row in rows]


async def test_a_redelivered_request_is_the_same_sync(pool: asyncpg.Pool) -> None:
    wired = scheduler(pool, Clock())
    for _ in range(3):
        await wired.on_requested(SyncRequested(), record(7))
    started = await said(pool, "sync.started")
    assert [event.provider for event in started] == ["acme", "zeta"]
    assert {event.sync_id for event in started} == {id_of(record(7))}
    assert started[0].deadline == NOW + timedelta(minutes=5)
    assert await pool.fetchval("SELECT duplicates FROM inbox WHERE consumer = 'scheduler'") == 2


async def test_two_replicas_start_a_provider_once(pool: asyncpg.Pool) -> None:
    replicas = [scheduler(pool, Clock()) for _ in range(4)]
    await asyncio.gather(
        *(replica.on_requested(SyncRequested(), record(offset)) for offset, replica in enumerate(replicas))
    )
    assert sorted(event.provider for event in await said(pool, "sync.started")) == ["acme", "zeta"]
    states = [row["state"] for row in await pool.fetch("SELECT state FROM syncs ORDER BY state")]
    assert states == ["joined", "joined", "joined", "running"]


async def test_the_outcome_ends_the_sync_and_those_that_joined_it(pool: asyncpg.Pool) -> None:
    wired = scheduler(pool, Clock())
    await wired.on_requested(SyncRequested(providers=("acme",)), record(1))
    await wired.on_requested(SyncRequested(providers=("acme",)), record(2))
    done = SyncCompleted(
        event_id="done",
        sync_id=id_of(record(1)),
        occurred_at=NOW,
        success=True,
        providers=(ProviderOutcome(provider="acme", outcome="joined"),),
    )
    await wired.on_completed(done, record(0))
    assert [row["state"] for row in await pool.fetch("SELECT state FROM syncs")] == ["completed", "completed"]
    await wired.on_requested(SyncRequested(providers=("acme",)), record(3))
    assert len(await said(pool, "sync.started")) == 2


async def test_flags_and_stored_configuration_reach_sync_started(pool: asyncpg.Pool) -> None:
    config = {"pages": [{"url": "https://acme.example/pricing", "strategies": ["table"]}]}
    await pool.execute("INSERT INTO scraping_config (provider, config) VALUES ('acme', $1)", config)
    wired = scheduler(pool, Clock(), enable_model_discovery=False)
    await wired.on_requested(SyncRequested(), record(1))
    acme, zeta = await said(pool, "sync.started")
    assert (acme.discovery, acme.scraping, acme.scraping_config) == (False, True, config)
    assert zeta.scraping_config is None


async def test_a_slot_is_asked_for_once_and_missed_ones_once_together(pool: asyncpg.Pool) -> None:
    clock = Clock()
    replicas = [scheduler(pool, clock, sync_schedule_cron="0 * * * *") for _ in range(3)]

    async def tick() -> int:
        await asyncio.gather(*(replica.tick() for replica in replicas))
        return len(await said(pool, "sync.requested"))

    assert await tick() == 0  # the first slot ever is where the schedule starts
    clock.now = NOW + timedelta(hours=1)
    assert await tick() == 1
    assert await tick() == 1
    clock.now = NOW + timedelta(hours=9)
    assert await tick() == 2
    assert await pool.fetchval("SELECT next_slot FROM schedule") == datetime(2026, 3, 1, 22, tzinfo=UTC)


async def test_the_schedule_can_be_switched_off(pool: asyncpg.Pool) -> None:
    clock = Clock()
    wired = scheduler(pool, clock, enable_auto_sync=False)
    await wired.tick()
    clock.now = NOW + timedelta(days=3)
    await wired.tick()
    assert await said(pool, "sync.requested") == []
    assert await pool.fetchval("SELECT next_slot FROM schedule") is None
