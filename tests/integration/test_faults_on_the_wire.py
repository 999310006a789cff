"""Several of every service sync while connections are cut, stall and are slow, backends die, and replicas restart.

OUTAGE_SECONDS (5) is how long a backend stays away.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Final

import pytest
from history import read_history, until_caught_up
from history_checker import check
from reading_on import reading
from redis.asyncio import Redis
from replicas import BACKENDS, SECONDS_OF_PATIENCE, System, running

from ratecard_shared.database import connected
from ratecard_shared.events import AlertRaised
from ratecard_shared.outbox import say
from ratecard_shared.topics import ALERT_RAISED

pytestmark = [pytest.mark.slow, pytest.mark.backends, pytest.mark.apache_kafka, pytest.mark.timeout(1200)]

OUTAGE_SECONDS: Final = float(os.environ.get("OUTAGE_SECONDS") or "5")


@pytest.fixture(scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    async with running(tmp_path_factory.mktemp("providers")) as found:
        await found.until("SELECT EXISTS (SELECT FROM syncs WHERE state = 'completed')")
        yield found


async def holds(system: System) -> None:
    """Wait until nothing is left to do, and look whether every promise was kept."""
    await until_caught_up(system.environment, seconds=SECONDS_OF_PATIENCE)
    check(await read_history(system.environment), redelivered=None, republished=None)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_connections_that_are_cut_stall_and_are_slow(system: System, backend: str) -> None:
    wire = system.wires[backend]
    async with reading(system.of("registry")):
        sync = await system.change_prices()
        for _ in range(3):
            await asyncio.sleep(0.3)
            wire.cut()
        wire.sliced, wire.delay = True, 0.002
        await system.until_models_come(sync)
        wire.stall()
        await asyncio.sleep(OUTAGE_SECONDS / 2)
        wire.cut()
        wire.heal()
        await holds(system)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_backend_that_dies_in_a_sync_and_stays_away(system: System, backend: str) -> None:
    async with reading(system.of("registry")):
        sync = await system.change_prices()
        await system.until_models_come(sync)
        await system.kill(backend)
        await asyncio.sleep(OUTAGE_SECONDS)
        await system.start(backend)
        if backend == "redis":
            async with Redis.from_url(system.environment["REDIS_URL"]) as redis:
                await redis.flushall()
        await system.change_prices()
        await holds(system)


async def test_the_slot_of_the_schedule_is_one_sync_of_two_schedulers(system: System) -> None:
    async with connected(system.environment["DATABASE_URL"]) as connection:
        assert await connection.fetchval("SELECT count(*) FROM syncs WHERE requested_by = 'schedule'") == 1


async def test_what_a_killed_scheduler_left_is_published_by_the_other(system: System) -> None:
    *_, last = system.of("scheduler")
    await last.kill()
    if last.number == 0:  # there is no other on the laptop's broker
        await last.start()
    async with connected(system.environment["DATABASE_URL"]) as connection:
        await say(connection, service="scheduler", topic=ALERT_RAISED, key="test", event=ALERT)
    await system.until("SELECT count(*) = 0 FROM outbox WHERE service = 'scheduler' AND published_at IS NULL")
    if last.number:
        await last.start()


async def test_replicas_end_though_backends_hang_and_restart_one_after_the_other(system: System) -> None:
    several = len(system.of("registry")) > 1
    async with reading(system.of("registry")) if several else nullcontext():
        sync = await system.change_prices()
        await system.until_models_come(sync)
        for wire in system.wires.values():
            wire.stall()
        await asyncio.sleep(1)  # by now somebody waits for an answer
        await asyncio.gather(*(replica.stop() for replica in system.numbered(0)))  # each in 30 s
        for wire in system.wires.values():
            wire.heal()
        await asyncio.gather(*(replica.start() for replica in system.numbered(0)))
        for number in (1, 2):
            await system.change_prices()
            await asyncio.gather(*(replica.restart() for replica in system.numbered(number)))
        await holds(system)
        await system.change_prices()  # now: while another sync runs it would join that one
        await holds(system)
        await system.until_prices_are_right()


ALERT: Final = AlertRaised(
    event_id="said for a scheduler that was killed",
    sync_id="",
    occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    kind="test",
    severity="info",
    summary="test",
    action="none",
)
