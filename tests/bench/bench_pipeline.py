"""How fast a sync is beside the least that its records and rows take, and how soon a changed price is told.

A sync is measured from `sync.requested` sent to `sync.completed` received: five services as processes, simulated
providers over HTTP. The sizes are variables: BENCH_PROVIDERS, BENCH_MODELS (of each provider), BENCH_TIMES (as many
models more), BENCH_ROUNDS (of one changed price). What it runs on is told with each figure:
`.venv/bin/python tests/external make bench ARGS=pipeline` runs it on Apache Kafka.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import made_up_providers
import msgspec
import pipeline_event
import pipeline_floor
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pipeline_stage import Cluster, a_cluster, backends, listening, most_megabytes, running, where
from results import Result, at_most

from ratecard_cli.laptop.backends import Backends
from ratecard_shared.codec import decode
from ratecard_shared.topics import SYNC_COMPLETED, SYNC_REQUESTED

PROVIDERS: Final = int(os.environ.get("BENCH_PROVIDERS", "20"))
MODELS: Final = int(os.environ.get("BENCH_MODELS", "500"))
TIMES: Final = int(os.environ.get("BENCH_TIMES", "10"))
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "15"))
_MOST_MEGABYTES: Final = 300
_LONGEST: Final = 280.0


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Running services with providers to sync."""

    cluster: Cluster
    processes: dict[str, int]
    completions: AIOKafkaConsumer


def measure() -> Iterator[Result]:
    """Give the results."""
    with backends() as found, asyncio.Runner() as runner:
        yield runner.run(_one_event(found))
        first, results = runner.run(_syncs(found))
        yield from results
        if TIMES > 1:
            yield from runner.run(_many_more(found, first))


async def _one_event(found: Backends) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        async with a_cluster(found) as empty:
            floor = await pipeline_event.least(empty, ROUNDS)
        async with a_cluster(found) as cluster:
            ours = await pipeline_event.ours(cluster, Path(folder), ROUNDS)
    name = f"pricing.scraped to pricing.changed, p50 of {ROUNDS}, {where()}"
    return at_most(3, name, ours=ours, floor=floor, unit="ms")


async def _syncs(found: Backends) -> tuple[float, list[Result]]:
    async with _stage(found, MODELS) as stage:
        first = await _synced(stage, MODELS)
        async with a_cluster(found) as empty:
            floor = await pipeline_floor.floor(stage.cluster, empty)
        print(f"  the floor of a sync: {floor}", flush=True)
        second = await _synced(stage, MODELS)
    size = f"{PROVIDERS} x {MODELS} models"
    return first, [
        at_most(3, f"sync of {size}, 3 prices each, {where()}", ours=first, floor=floor.seconds, unit="s"),
        at_most(0.5, f"unchanged sync of {size}, beside the first, {where()}", ours=second, floor=first, unit="s"),
    ]


async def _many_more(found: Backends, first: float) -> list[Result]:
    async with _stage(found, MODELS * TIMES) as stage:
        seconds = await _synced(stage, MODELS * TIMES)
        memory = {room: most_megabytes(pid) for room, pid in stage.processes.items()}
    size = f"{PROVIDERS} x {MODELS * TIMES} models"
    fullest = max(memory, key=lambda room: memory[room])
    print("  memory:", ", ".join(f"{room} {most:.0f} MB" for room, most in memory.items()), flush=True)
    return [
        at_most(1.2 * TIMES, f"sync of {size}, beside {MODELS} of each", ours=seconds, floor=first, unit="s"),
        at_most(1, f"most memory, the {fullest}, {size}", ours=memory[fullest], floor=_MOST_MEGABYTES, unit="MB"),
    ]


@asynccontextmanager
async def _stage(found: Backends, models: int) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            a_cluster(found) as cluster,
            made_up_providers.serving(Path(folder), providers=PROVIDERS, models=models) as told,
            running(cluster, told) as processes,
            listening(cluster, SYNC_COMPLETED.name) as completions,
        ):
            yield Stage(cluster=cluster, processes=processes, completions=completions)


async def _synced(stage: Stage, models: int) -> float:
    """Ask for a sync of all, wait for its end and return the seconds. Raises SystemExit if it was not whole."""
    async with AIOKafkaProducer(bootstrap_servers=stage.cluster.servers) as producer, asyncio.timeout(_LONGEST):
        began = time.perf_counter()
        await producer.send_and_wait(stage.cluster.named(SYNC_REQUESTED.name), b"{}")
        record = await stage.completions.getone()
        seconds = time.perf_counter() - began
    completed = decode(record.value or b"", SYNC_COMPLETED.carries)
    if not completed.success or {one.models_discovered for one in completed.providers} != {models}:
        raise SystemExit(f"the sync that was measured did not succeed: {completed}")
    return seconds
