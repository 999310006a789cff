"""Every service is killed behind every await on a store or a broker, and keeps the promises of delivery."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import crash_points
import pytest
from aiokafka import AIOKafkaProducer
from backends_isolation import FreshDatabase
from crash_points_unvisited import AT_THE_DEADLINE, unvisited
from crash_stack import Room, living
from history import SUBSCRIPTIONS, History, Place, by_event, read_history, read_tables, until_caught_up
from history_checker import check
from history_prices import lasting
from registry_bench import a_bench
from stack import MISSION, ask, simulated_environment

from ratecard_cli.simulated.catalogue import State
from ratecard_cli.simulated.server import Simulated, serving
from ratecard_providers.load import load_providers
from ratecard_registry.quarantine import Quarantine
from ratecard_shared.admin import create_topics
from ratecard_shared.attempts import MOST_RECORDS
from ratecard_shared.codec import decode
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import MODEL_ENRICHED

BROKEN: Final = """\
id = "broken"
name = "Broken"
[models]
url = "{origin}/broken/models"
[pricing]
[[pricing.pages]]
url = "{origin}/broken/pricing.md"
strategies = ["columns"]
"""
"""A provider that answers nothing but 404."""
NO_RETRIES: Final = {"SYNC_RETRY_LIMIT": "0"}
STATES: Final[tuple[State, ...]] = ("before", "after", "after", "after")
MOST_ROUNDS: Final = 80


@pytest.mark.slow
@pytest.mark.apache_kafka
@pytest.mark.timeout(600)
async def test_killed_at_every_point_they_keep_their_promises(
    environment: dict[str, str], fresh_database: FreshDatabase, redis_url: str, tmp_path: Path
) -> None:
    await create_topics(load(KafkaSettings, environment))
    rooms = [Room(name, due(name), tmp_path / name) for name in crash_points.MODULES]
    dead: list[Place] = []
    async with serving() as simulated, living(world(environment, simulated, tmp_path), rooms):
        for state in itertools.islice(itertools.cycle(STATES), MOST_ROUNDS):
            simulated.state = state
            dead += await say_nonsense(environment)
            for provider in (*MISSION, "broken"):
                await ask(environment, json.dumps({"providers": [provider]}).encode())
            await until_caught_up(environment, seconds=500)
            if not any(room.left for room in rooms):
                break
        history = await read_history(environment)
    assert not {room.name: sorted(room.left) for room in rooms if room.left}, "the tour does not lead there"
    check(history, redelivered=explained(rooms), republished=None, dead=dead)
    async with fresh_database() as url:
        assert lasting(history.tables) == await undisturbed(history, dead, url, redis_url)


@pytest.mark.slow
@pytest.mark.apache_kafka
@pytest.mark.timeout(300)
async def test_killed_at_a_deadline_the_enricher_ends_the_sync_and_takes_what_comes_late(
    environment: dict[str, str], tmp_path: Path
) -> None:
    await create_topics(load(KafkaSettings, environment))
    others = {*crash_points.points("enricher")} - AT_THE_DEADLINE
    (tmp_path / "enricher").write_text("".join(f"{point}\n" for point in others))
    enricher = Room("enricher", AT_THE_DEADLINE, tmp_path / "enricher")
    calm = {name: Room(name, (), tmp_path / name, calm=True) for name in crash_points.MODULES if name != "enricher"}
    async with serving() as simulated:
        hurried = simulated_environment(environment, simulated) | {"SYNC_TIMEOUT_MS": "2000", **NO_RETRIES}
        async with living(hurried, [calm["scheduler"], calm["registry"], enricher]):
            while enricher.left:
                await ask(environment, json.dumps({"providers": [MISSION[0]]}).encode())
                await asyncio.sleep(1)
            async with living(hurried, [calm["discovery"], calm["scraper"]]):
                await until_caught_up(environment)
                history = await read_history(environment)
    check(history, redelivered=explained([enricher]), republished=None)
    generations = [row["generation"] for row in history.tables["joins"]]
    assert max(generations) > 1, "what comes late is the next generation"  # what was asked for last is perhaps in time


def world(environment: Mapping[str, str], simulated: Simulated, folder: Path) -> dict[str, str]:
    """Return the services' environment: the simulated providers and one more, and a schedule of which no slot comes."""
    providers = folder / "providers"
    providers.mkdir()
    (providers / "broken.toml").write_text(BROKEN.format(origin=f"http://127.0.0.1:{simulated.port}"))
    return simulated_environment(environment, simulated) | {
        "RATECARD_PROVIDERS": str(providers),
        "RATECARD_ENABLED_PROVIDERS": ",".join((*MISSION, "broken")),
        **NO_RETRIES,
        "ENABLE_AUTO_SYNC": "true",
        "SYNC_SCHEDULE_CRON": "0 2 29 2 *",
    }


def due(room: str) -> set[str]:
    """Return the points at which a service must die."""
    return {*crash_points.points(room)} - unvisited(room) - AT_THE_DEADLINE


async def say_nonsense(environment: Mapping[str, str]) -> list[Place]:
    """Put a record on each topic that no consumer can take, and return where they stand."""
    prefix = environment["KAFKA_TOPIC_PREFIX"]
    async with AIOKafkaProducer(bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"]) as producer:
        sent = [await producer.send_and_wait(prefix + topic, b"nonsense") for topic in {*SUBSCRIPTIONS.values()}]
    return [(record.topic.removeprefix(prefix), record.partition, record.offset) for record in sent]


def explained(rooms: Sequence[Room]) -> dict[str, int]:
    """Return how many deliveries of each group the deaths explain: what was begun comes again, a record or a batch."""
    deaths = {room.name: room.deaths for room in rooms}
    of_group = {group: deaths.get(group.partition("-")[0], 0) for group in SUBSCRIPTIONS}
    return {**of_group, "registry": of_group["registry"] * MOST_RECORDS}


async def undisturbed(history: History, dead: Sequence[Place], url: str, redis_url: str) -> dict[str, list[str]]:
    """Return what the same events leave behind in a registry that takes each once, in one process that nobody kills."""
    found = by_event([record for record in history.records[MODEL_ENRICHED.name] if record.place not in dead]).values()
    events = [decode(records[0].value or b"", MODEL_ENRICHED.carries) for records in found]
    async with a_bench(url, redis_url, quarantine=Quarantine(load_providers())) as bench:
        bench.now = datetime.now(UTC)
        for start in range(0, len(events), MOST_RECORDS):
            await bench.registry.on_enriched_batch(events[start : start + MOST_RECORDS])
    return lasting(await read_tables(url))
