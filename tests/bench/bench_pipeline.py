"""How fast a sync is beside the least that its records and rows take, and how soon a changed price is told.

A sync is measured from `sync.requested` sent to `sync.completed` received: five services as processes, simulated
providers over HTTP. The sizes are variables: BENCH_PROVIDERS, BENCH_MODELS (of each provider), BENCH_FEW (providers
that have half as many models, and then BENCH_TIMES as many), BENCH_ROUNDS (of one changed price). What it runs on is
told with each figure: Apache Kafka where it can.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import made_up_providers
import msgspec
import pipeline_event
import pipeline_floor
from aiokafka import AIOKafkaConsumer
from pipeline_stage import Cluster, Running, a_cluster, backends, listening, running, synced, where
from results import Result, at_most

from ratecard_cli.laptop.backends import Backends
from ratecard_shared.topics import SYNC_COMPLETED

PROVIDERS: Final = int(os.environ.get("BENCH_PROVIDERS", "20"))
MODELS: Final = int(os.environ.get("BENCH_MODELS", "500"))
FEW: Final = int(os.environ.get("BENCH_FEW", "4"))
TIMES: Final = int(os.environ.get("BENCH_TIMES", "10"))
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "15"))
_MOST_MEGABYTES: Final = 300


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Running services with providers to sync."""

    cluster: Cluster
    services: dict[str, Running]
    completions: AIOKafkaConsumer


def measure() -> Iterator[Result]:
    """Give the results."""
    with backends() as found, asyncio.Runner() as runner:
        yield runner.run(_one_event(found))
        yield from runner.run(_syncs(found))
        if TIMES > 1:
            yield from runner.run(_many_more(found))


async def _one_event(found: Backends) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        async with a_cluster(found) as empty:
            floor = await pipeline_event.least(empty, ROUNDS)
        async with a_cluster(found) as cluster:
            ours = await pipeline_event.ours(cluster, Path(folder), ROUNDS)
    name = f"pricing.scraped to pricing.changed, p50 of {ROUNDS}, {where()}"
    return at_most(3, name, ours=ours, floor=floor, unit="ms")


async def _syncs(found: Backends) -> list[Result]:
    async with _stage(found, PROVIDERS, MODELS) as stage:
        first = await synced(stage.cluster, stage.completions, models=MODELS)
        async with a_cluster(found) as empty:
            floor = await pipeline_floor.floor(stage.cluster, empty)
        print(f"  the floor of a sync: {floor}", flush=True)
        second = await synced(stage.cluster, stage.completions, models=MODELS)
    size = f"{PROVIDERS} x {MODELS} models"
    return [
        at_most(3, f"sync of {size}, 3 prices each, {where()}", ours=first, floor=floor.seconds, unit="s"),
        at_most(0.5, f"unchanged sync of {size}, beside the first, {where()}", ours=second, floor=first, unit="s"),
    ]


async def _many_more(found: Backends) -> list[Result]:
    some, many = max(MODELS // 2, 1), max(MODELS // 2, 1) * TIMES
    async with _stage(found, FEW, some) as stage:
        few_seconds = await synced(stage.cluster, stage.completions, models=some)
    async with _stage(found, FEW, many) as stage:
        seconds = await synced(stage.cluster, stage.completions, models=many)
        await _read_all(stage.services["registry"], FEW * many)
        memory = {room: service.most_megabytes for room, service in stage.services.items()}
    size = f"{FEW} x {many:,} models"
    fullest = max(memory, key=lambda room: memory[room])
    print("  memory:", ", ".join(f"{room} {most:.0f} MB" for room, most in memory.items()), flush=True)
    name = f"sync of {size}, beside {FEW} x {some}, {where()}"
    return [
        at_most(1.2 * TIMES, name, ours=seconds, floor=few_seconds, unit="s"),
        at_most(1, f"most memory, the {fullest}, {size}", ours=memory[fullest], floor=_MOST_MEGABYTES, unit="MB"),
    ]


async def _read_all(registry: Running, models: int) -> None:
    """Read every model, page by page: the API then keeps in memory what it keeps for those who read."""
    count, page = 0, {"limit": "500"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{registry.port}", raise_for_status=True) as session:
        while page:
            async with session.get("/api/models", params=page) as answer:
                body = await answer.json()
            count += len(body["data"])
            page = {"limit": "500", "cursor": body["nextCursor"]} if body["nextCursor"] else {}
    if count != models:
        raise SystemExit(f"the API gave {count} of {models} models")


@asynccontextmanager
async def _stage(found: Backends, providers: int, models: int) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            a_cluster(found) as cluster,
            made_up_providers.serving(Path(folder), providers=providers, models=models) as told,
            running(cluster, told) as services,
            listening(cluster, SYNC_COMPLETED.name) as completions,
        ):
            yield Stage(cluster=cluster, services=services, completions=completions)
