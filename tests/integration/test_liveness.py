"""A service sees on a real broker what of it is dead, though the broker answers. An outage of Kafka is not death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ratecard_cli.laptop.backends import embedded_backends
from ratecard_cli.laptop.homes import forget
from ratecard_shared.admin import create_topics
from ratecard_shared.events import AlertRaised
from ratecard_shared.kafka import Kafka
from ratecard_shared.service import Service
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import ALERT_RAISED

GROUP = "scheduler-alerts"


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


@asynccontextmanager
async def consuming(settings: KafkaSettings) -> AsyncIterator[tuple[Service, asyncio.Queue[str]]]:
    kafka, seen = Kafka(settings, client_id="test"), asyncio.Queue[str]()
    service = Service("test", kafka=kafka)

    async def handle(event: AlertRaised, _record: Any) -> None:
        await seen.put(event.summary)

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    async with service.running():
        async with asyncio.timeout(60):
            while service.state != "running":  # noqa: ASYNC110  # it tells its state to who asks
                await asyncio.sleep(0.05)
        yield service, seen


def coordination(subscriber: Any) -> Any:
    return subscriber.consumer._coordinator._coordination_task  # noqa: SLF001  # nobody else has it


def fetching(subscriber: Any) -> Any:
    return subscriber.consumer._fetcher._fetch_task  # noqa: SLF001  # as above


def metadata(subscriber: Any) -> Any:
    return subscriber.consumer._client._sync_task  # noqa: SLF001  # as above


def consumption(subscriber: Any) -> Any:
    return subscriber.tasks[0]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (coordination, "nothing keeps its place in the group"),
        (fetching, "nothing fetches its records"),
        (metadata, "nothing keeps its view of the cluster"),
        (consumption, "nothing takes its records"),
    ],
)
async def test_a_dead_part_of_a_consumer_is_seen_though_the_broker_answers(
    environment: dict[str, str], task: Callable[[Any], Any], said: str
) -> None:
    settings = load(KafkaSettings, environment)
    await create_topics(settings)
    async with consuming(settings) as (service, seen):
        await service.kafka.publish(ALERT_RAISED, "k", alert("one"))
        assert await asyncio.wait_for(seen.get(), 30) == "one"
        assert service.ended() == []
        (subscriber,) = service.kafka.broker.subscribers
        task(subscriber).cancel()
        await asyncio.wait([task(subscriber)])
        assert any(said in what and GROUP in what for what in service.ended())
        assert await service.kafka.broker.ping(2.0)


async def test_a_background_step_that_ended_is_seen(environment: dict[str, str]) -> None:
    settings = load(KafkaSettings, environment)
    await create_topics(settings)
    async with consuming(settings) as (service, _):
        (step,) = (task for task in asyncio.all_tasks() if task.get_name() == "measure")
        step.cancel()
        await asyncio.wait([step])
        assert service.ended() == ["the step measure has ended"]


@pytest.mark.slow
async def test_an_outage_of_kafka_is_not_death_and_it_goes_on_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    try:
        with embedded_backends(folder) as backends:
            (broker,) = (process for process in backends.processes if "kafka" in process.spec.name.lower())
            settings = load(KafkaSettings, {"KAFKA_BOOTSTRAP_SERVERS": backends.kafka})
            await create_topics(settings)
            async with consuming(settings) as (service, seen):
                await service.kafka.publish(ALERT_RAISED, "k", alert("before"))
                assert await asyncio.wait_for(seen.get(), 30) == "before"
                await asyncio.to_thread(broker.stop)
                for _ in range(12):
                    await asyncio.sleep(1)
                    assert service.ended() == []
                assert (await service.health())["kafka"] == "down"
                await asyncio.to_thread(broker.start)
                await service.kafka.publish(ALERT_RAISED, "k", alert("after"))
                assert await asyncio.wait_for(seen.get(), 60) == "after"
                assert service.ended() == []
    finally:
        forget(folder)
