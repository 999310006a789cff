"""The scheduler's handlers on a real database: one request, one sync; one slot, one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka import ConsumerRecord
from recorded_spans import recording

from ratecard_scheduler.alert_desk import AlertDesk
from ratecard_scheduler.alerting import Pace
from ratecard_scheduler.alerts import Channels, UndeliveredError
from ratecard_scheduler.handlers import Scheduler
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.codec import decode
from ratecard_shared.database import connected, open_pool
from ratecard_shared.events import AlertRaised, ProviderOutcome, SyncCompleted, SyncRequested, SyncStarted
from ratecard_shared.roles import ROLES, acting_as
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
    pool = await open_pool(DatabaseSettings(database_url=acting_as(ROLES["scheduler"], database_url)))
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


DONE = SyncCompleted(
    event_id="done",
    sync_id=id_of(record(1)),
    occurred_at=NOW,
    success=True,
    providers=(ProviderOutcome(provider="acme", outcome="joined"),),
)
"""That the sync of the first record is over."""


async def said(pool: asyncpg.Pool, topic: str) -> list[Any]:
    kinds: dict[str, Any] = {
        "sync.started": SyncStarted,
        "sync.requested": SyncRequested,
        "alert.raised": AlertRaised,
    }
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


async def test_a_sync_that_is_joined_while_it_ends_keeps_nobody_waiting(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired, joins = scheduler(pool, Clock()), scheduler(pool, Clock())
    await wired.on_requested(SyncRequested(providers=("acme",)), record(1))
    planned, go_on = asyncio.Event(), asyncio.Event()
    add = joins._store.add  # noqa: SLF001  # to be there between the plan and its commit

    async def add_later(*arguments: Any, **more: Any) -> None:
        planned.set()
        await go_on.wait()
        await add(*arguments, **more)

    monkeypatch.setattr(joins._store, "add", add_later)  # noqa: SLF001
    joining = asyncio.create_task(joins.on_requested(SyncRequested(providers=("acme",)), record(2)))
    await planned.wait()
    ending = asyncio.create_task(wired.on_completed(DONE, record(0)))
    await asyncio.wait([ending], timeout=0.3)
    go_on.set()
    await asyncio.gather(joining, ending)
    assert await pool.fetchval("SELECT count(*) FROM syncs WHERE state <> 'completed'") == 0


async def test_the_outcome_ends_the_sync_and_those_that_joined_it(pool: asyncpg.Pool) -> None:
    wired = scheduler(pool, Clock())
    await wired.on_requested(SyncRequested(providers=("acme",)), record(1))
    await wired.on_requested(SyncRequested(providers=("acme",)), record(2))
    await wired.on_completed(DONE, record(0))
    assert [row["state"] for row in await pool.fetch("SELECT state FROM syncs")] == ["completed", "completed"]
    await wired.on_requested(SyncRequested(providers=("acme",)), record(3))
    assert len(await said(pool, "sync.started")) == 2


async def test_flags_and_stored_configuration_reach_sync_started(pool: asyncpg.Pool, database_url: str) -> None:
    config = {"pages": [{"url": "https://acme.example/pricing", "strategies": ["table"]}]}
    async with connected(database_url) as registry:
        await registry.execute("INSERT INTO scraping_config (provider, config) VALUES ('acme', $1)", config)
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


async def test_a_slot_begins_a_trace_and_a_look_in_vain_does_not(pool: asyncpg.Pool) -> None:
    clock = Clock()
    wired = scheduler(pool, clock, sync_schedule_cron="0 * * * *")
    with recording() as recorded:
        await wired.tick()
        await wired.count()
        assert not recorded.spans
        clock.now = NOW + timedelta(hours=1)
        await wired.tick()
        await wired.tick()
    assert len(recorded.spans) == 2
    first, written = recorded.named("ask for a sync: schedule"), recorded.named("sync.requested create")
    assert (first.parent, written.parent) == (None, first.context)
    headers = await pool.fetchval("SELECT headers FROM outbox")
    assert headers["traceparent"].startswith(f"00-{written.context.trace_id:032x}-{written.context.span_id:016x}-")


async def test_the_schedule_can_be_switched_off(pool: asyncpg.Pool) -> None:
    clock = Clock()
    wired = scheduler(pool, clock, enable_auto_sync=False)
    await wired.tick()
    clock.now = NOW + timedelta(days=3)
    await wired.tick()
    assert await said(pool, "sync.requested") == []
    assert await pool.fetchval("SELECT next_slot FROM schedule") is None


def ended(number: int, outcome: str, *, event_id: str = "") -> SyncCompleted:
    return SyncCompleted(
        event_id=event_id or f"done-{number}-{outcome}",
        sync_id=id_of(record(number)),
        occurred_at=NOW,
        success=outcome == "joined",
        providers=(
            ProviderOutcome(provider="acme", outcome=outcome),
            ProviderOutcome(provider="zeta", outcome="joined"),
        ),
    )


@pytest.mark.parametrize("outcome", ["failed", "partial"])
async def test_a_failed_sync_is_retried_and_alerted(pool: asyncpg.Pool, outcome: str) -> None:
    clock = Clock()
    replicas = [scheduler(pool, clock, sync_retry_limit=2, sync_retry_delay_ms=60_000) for _ in range(3)]
    wired = replicas[0]
    await wired.tick()
    await wired.on_requested(SyncRequested(), record(1))
    await wired.on_completed(ended(1, outcome), record(0))
    await wired.on_completed(ended(1, outcome), record(0))  # the record again
    await wired.on_completed(ended(1, outcome, event_id="in other words"), record(0))
    assert [(one.kind, one.provider) for one in await said(pool, "alert.raised")] == [("sync.failed", "acme")]
    waits = (timedelta(minutes=1), timedelta(minutes=2))
    for number, wait in enumerate(waits, start=2):
        clock.now += wait - timedelta(seconds=1)
        await asyncio.gather(*(replica.tick() for replica in replicas))
        assert len(await said(pool, "sync.requested")) == number - 2
        clock.now += timedelta(seconds=2)
        await asyncio.gather(*(replica.tick() for replica in replicas))
        asked = (await said(pool, "sync.requested"))[number - 2 :]
        assert [(one.providers, one.requested_by) for one in asked] == [(("acme",), "retry")]
        await wired.on_requested(asked[0], record(number, clock.now))
        again = msgspec.structs.replace(ended(number, outcome), sync_id=id_of(record(number, clock.now)))
        await wired.on_completed(msgspec.structs.replace(again, providers=again.providers[:1]), record(0))
    clock.now += timedelta(hours=2)
    await wired.tick()
    assert len(await said(pool, "sync.requested")) == len(waits)  # no try is left: the schedule goes on
    assert [one.severity for one in await said(pool, "alert.raised")] == ["warning", "warning", "critical"]
    assert await wired._store.failed_in_a_row(pool) == {"acme": 3, "zeta": 0}  # noqa: SLF001  # as the metric reads it


async def test_a_switched_off_schedule_tries_nothing_again(pool: asyncpg.Pool) -> None:
    clock = Clock()
    wired = scheduler(pool, clock, enable_auto_sync=False, sync_retry_delay_ms=1000)
    await wired.on_requested(SyncRequested(), record(1))
    await wired.on_completed(ended(1, "failed"), record(0))
    clock.now += timedelta(hours=1)
    await wired.tick()
    assert await said(pool, "sync.requested") == []


async def test_trouble_is_told_once_and_its_end_too(pool: asyncpg.Pool) -> None:
    clock, sent = Clock(), []

    class Heard(Channels):
        async def send(self, title: str, body: str, severities: Any) -> None:
            sent.append((title, body, severities))

    pace = Pace(repeat=timedelta(hours=6), interval=timedelta(minutes=1))
    desks = [AlertDesk(pool=lambda: pool, channels=Heard({}), pace=pace, now=clock) for _ in range(3)]
    wired = scheduler(pool, clock)
    await wired.on_requested(SyncRequested(), record(1))
    await wired.on_completed(ended(1, "failed"), record(0))
    (failed,) = await said(pool, "alert.raised")
    await asyncio.gather(*(desk.on_alert(failed) for desk in desks))  # one record, three deliveries
    await desks[0].on_alert(msgspec.structs.replace(failed, event_id="again"))
    clock.now += timedelta(seconds=10)
    await asyncio.gather(*(desk.tell() for desk in desks))
    assert [title for title, _, _ in sent] == ["Ratecard: sync.failed (acme)"]
    assert "(2 times since" in sent[0][1]
    clock.now += timedelta(minutes=5)
    await wired.on_requested(SyncRequested(), record(2, clock.now))
    well = msgspec.structs.replace(ended(2, "joined"), sync_id=id_of(record(2, clock.now)))
    await wired.on_completed(well, record(0))
    over = (await said(pool, "alert.raised"))[-1]
    assert (over.kind, over.provider, over.recovered) == ("sync.failed", "acme", True)
    await desks[1].on_alert(over)
    clock.now += timedelta(seconds=10)
    await asyncio.gather(*(desk.tell() for desk in desks))
    assert [title for title, _, _ in sent][1:] == ["Ratecard: recovered: sync.failed (acme)"]


async def test_a_message_that_no_channel_takes_is_sent_later(pool: asyncpg.Pool) -> None:
    clock, answers = Clock(), [UndeliveredError("down"), None]

    class Flaky(Channels):
        async def send(self, _title: str, _body: str, _severities: Any) -> None:
            if (answer := answers.pop(0)) is not None:
                raise answer

    pace = Pace(repeat=timedelta(hours=6), interval=timedelta(minutes=1))
    desk = AlertDesk(pool=lambda: pool, channels=Flaky({}), pace=pace, now=clock)
    await scheduler(pool, clock).on_requested(SyncRequested(providers=("nope",)), record(1))
    (refused,) = await said(pool, "alert.raised")
    await desk.on_alert(refused)
    clock.now += timedelta(seconds=10)
    with pytest.raises(UndeliveredError):
        await desk.tell()
    await desk.tell()
    await desk.tell()
    assert answers == []


async def test_old_syncs_are_forgotten_and_the_newest_slot_stays(pool: asyncpg.Pool) -> None:
    now = datetime.now(UTC)
    for age in (1, 89, 91, 200):
        at = now - timedelta(days=age)
        await pool.execute(
            "INSERT INTO syncs (sync_id, state, requested_at, started_at, deadline)"
            " VALUES ($1, 'completed', $2, $2, $2)",
            f"{age}",
            at,
        )
        await pool.execute("INSERT INTO sync_providers VALUES ($1, 'acme', NULL, $2, $2, $2)", f"{age}", at)
        await pool.execute("INSERT INTO schedule_slots (slot, claimed_at) VALUES ($1, $1)", at - timedelta(days=100))
    clock = Clock()
    clock.now = now
    await scheduler(pool, clock).forget()
    for table in ("syncs", "sync_providers"):
        left = await pool.fetchval(f"SELECT array_agg(sync_id ORDER BY sync_id) FROM {table}")  # noqa: S608
        assert left == ["1", "89"]
    assert await pool.fetchval("SELECT array_agg(slot) FROM schedule_slots") == [now - timedelta(days=101)]
