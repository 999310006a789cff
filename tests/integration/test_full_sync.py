"""One full sync, and a second one with changes, through five separate processes and simulated providers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer
from history import read_history, until_caught_up
from history_checker import check
from stack import MISSION, ask, services, simulated_environment

from ratecard_cli.simulated.server import serving
from ratecard_shared.admin import create_topics
from ratecard_shared.codec import decode
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED, SYNC_COMPLETED

KINDS: dict[str, Any] = {topic.name: topic.carries for topic in (PRICING_CHANGED, MODEL_CHANGED, SYNC_COMPLETED)}


@asynccontextmanager
async def listening(environment: dict[str, str]) -> AsyncIterator[AIOKafkaConsumer]:
    prefix = environment["KAFKA_TOPIC_PREFIX"]
    consumer = AIOKafkaConsumer(
        *(prefix + name for name in KINDS),
        bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"],
        auto_offset_reset="earliest",
        group_id=f"{prefix}listener",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def until_completed(consumer: AIOKafkaConsumer, prefix: str) -> tuple[Any, list[Any]]:
    """Return the next `sync.completed`, and the changes until there was silence after it."""
    done: list[Any] = []
    changes: list[Any] = []
    async with asyncio.timeout(120):
        while await take(consumer, prefix, done, changes) or not done:
            pass
    return done[0], changes


async def take(consumer: AIOKafkaConsumer, prefix: str, done: list[Any], changes: list[Any]) -> bool:
    """Take what comes within two seconds, and return whether anything did."""
    batches = (await consumer.getmany(timeout_ms=2000)).values()
    for records in batches:
        for record in records:
            name = record.topic.removeprefix(prefix)
            (done if name == SYNC_COMPLETED.name else changes).append(decode(record.value, KINDS[name]))
    return bool(batches)


async def models(api: str) -> dict[str, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{api}/api/models?limit=500") as response:
        assert response.status == 200
        page = await response.json()
    assert page["total"] == len(page["data"])
    return {f"{model['provider']}/{model['id']}": model for model in page["data"]}


async def changes_shown(api: str) -> list[str]:
    """Return the ids of all changes that the API shows, in their order."""
    async with aiohttp.ClientSession() as session:
        shown: list[str] = []
        query = {"limit": "500"}
        more = True
        while more:
            async with session.get(f"{api}/api/changes", params=query) as response:
                page = await response.json()
            shown += [change["eventId"] for change in page["data"]]
            query["since"], more = page["nextCursor"], page["more"]
    return shown


async def input_costs(api: str, names: list[str]) -> dict[str, float]:
    """Return what a thousand input tokens of each model cost, where the API knows."""
    lines = [{"model": name, "ref": name, "usage": {"input": 1000}} for name in names]
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{api}/api/cost", json={"usages": lines}) as response,
    ):
        answer = await response.json()
    return {line["ref"]: line["cost"] for line in answer["lines"] if line["cost"] is not None}


@pytest.mark.slow
@pytest.mark.timeout(400)  # five processes start and sync twice, on a machine that may be busy
async def test_two_syncs_through_five_processes(environment: dict[str, str]) -> None:
    prefix = environment["KAFKA_TOPIC_PREFIX"]
    await create_topics(load(KafkaSettings, environment))
    async with (
        serving() as simulated,
        services(simulated_environment(environment, simulated)) as api,
        listening(environment) as consumer,
    ):
        await ask(environment, json.dumps({"providers": MISSION}).encode())
        first, appeared = await until_completed(consumer, prefix)
        assert first.success, first
        assert {outcome.provider: outcome.outcome for outcome in first.providers} == dict.fromkeys(MISSION, "joined")
        before = await models(api)
        assert {event.kind for event in appeared} == {"appeared", "first_seen"}
        assert {name.partition("/")[0] for name in before} == set(MISSION)
        assert all(row["evidence"] for model in before.values() for row in model["pricing"])

        simulated.state = "after"
        await ask(environment, json.dumps({"providers": MISSION}).encode())
        second, changes = await until_completed(consumer, prefix)
        assert second.success, second
        kinds = {event.kind for event in changes}
        assert {"changed", "appeared", "deprecated"} <= kinds
        after = await models(api)
        for event in changes:
            if event.kind == "changed" and hasattr(event, "new"):
                assert event.old.rates != event.new.rates
                assert f"{event.provider}/{event.model_id}" in after
        assert set(after) != set(before)
        assert sorted(await changes_shown(api)) == sorted(event.event_id for event in appeared + changes)
        costs = await input_costs(api, list(after))
        listed = {name: model["inputCostPerMillion"] for name, model in after.items()}
        assert costs == {
            name: pytest.approx(cost / 1000) for name, cost in listed.items() if isinstance(cost, int | float)
        }
        await until_caught_up(environment)
        check(await read_history(environment))
