"""Prices of another time and pages of history with ten million rows, beside the same with a hundred thousand.

A hundred times the rows are ten times the models, of four prices each, that changed ten times as often: a hundred times
each in five years instead of ten times. Fifty models are a provider's, and a page of the list is one provider.
The same requests go to a registry over each, in turns. Loading ten million rows takes about three minutes on two cores:
`HISTORY_ROWS=1000000 make bench ARGS=history` measures with fewer, and HISTORY_FOLDER names a folder that keeps what
was loaded for the next time.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from registry_bench import Bench, a_bench
from results import Result, at_most

from ratecard_cli.laptop.backends import Backends, embedded_backends
from ratecard_cli.laptop.homes import forget
from ratecard_registry.retention import Retention
from ratecard_shared.database import connected, migrate, queries
from ratecard_shared.service import collect_garbage_seldom

ROWS: Final = int(os.environ.get("HISTORY_ROWS") or 10_000_000)
FEW_ROWS: Final = 100_000
MOST_RATIO: Final = 2.0
MODELS_OF_A_PROVIDER: Final = 50
KEPT: Final = os.environ.get("HISTORY_FOLDER")
SHARED_BUFFERS: Final = os.environ.get("HISTORY_SHARED_BUFFERS") or "2GB"
KEYS: Final = 4
ROUNDS: Final = 600
WARM_UP: Final = 50
BEGAN: Final = datetime(2022, 1, 1, tzinfo=UTC)


def measure() -> Iterator[Result]:
    """Measure."""
    with _folder() as folder:
        with embedded_backends(folder, durable=False) as backends:
            asyncio.run(_give_memory(backends))
        with embedded_backends(folder, durable=False) as backends:
            found = asyncio.run(_measured(backends))
    for what, (few, many) in found.items():
        name = f"{what}: p99 with {ROWS:,} rows of history, beside {FEW_ROWS:,}"
        yield at_most(MOST_RATIO, name, ours=_p99(many) * 1000, floor=_p99(few) * 1000, unit="ms")


async def _give_memory(backends: Backends) -> None:
    """Let PostgreSQL keep as much in memory as docs/operations/scaling.md advises; it holds from the next start on."""
    async with connected(backends.database_url) as connection:
        await connection.execute(f"ALTER SYSTEM SET shared_buffers = '{SHARED_BUFFERS}'")


@contextmanager
def _folder() -> Iterator[Path]:
    """Give the folder that is kept, or one that is gone afterwards."""
    if KEPT:
        yield Path(KEPT)
        return
    folder = Path(tempfile.mkdtemp(prefix="ratecard-bench-"))
    try:
        yield folder
    finally:
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measured(backends: Backends) -> dict[str, list[list[float]]]:
    async with AsyncExitStack() as stack:
        registries = [
            await stack.enter_async_context(
                a_bench(await _filled(backends, rows), f"{backends.redis_url[:-1]}{number}")
            )
            for number, rows in enumerate((FEW_ROWS, ROWS), start=1)
        ]
        for registry in registries:
            registry.now = datetime.now(UTC)
            await registry.warmer.look()  # as the service does each second
        collect_garbage_seldom()  # as the service does
        return await _asked(registries)


async def _asked(registries: Sequence[Bench]) -> dict[str, list[list[float]]]:
    chance = random.Random(1)  # noqa: S311  # the same requests each time
    found: dict[str, list[list[float]]] = {"?at=": [[], []], "pricing-history": [[], []]}
    for turn in range(WARM_UP + ROUNDS):
        place, at = chance.random(), BEGAN + chance.random() * (datetime.now(UTC) - BEGAN)
        for number, registry in enumerate(registries):
            models = models_of((FEW_ROWS, ROWS)[number])
            for what, (path, query) in _requests(int(place * models), models, at).items():
                began = time.perf_counter()
                answer = await registry.get(path, **query)
                if turn >= WARM_UP:
                    found[what][number].append(time.perf_counter() - began)
                _check(what, answer)
    return found


def _requests(model: int, models: int, at: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    provider = f"p{model % (models // MODELS_OF_A_PROVIDER)}"
    return {
        "?at=": ("/api/models", {"provider": provider, "at": at.isoformat(), "limit": 50}),
        "pricing-history": (f"/api/models/{provider}/model-{model}/pricing-history", {"limit": 50}),
    }


def models_of(rows: int) -> int:
    """Return how many models share so many rows: their number grows as fast as that of a price's changes."""
    return 2_500 * round(math.sqrt(rows / FEW_ROWS))


def _check(what: str, answer: Any) -> None:
    """Stop a measurement of answers that hold no prices."""
    prices = [row for model in answer["data"] for row in model["pricing"]] if what == "?at=" else answer["data"]
    if len(prices) < (50 * KEYS if what == "?at=" else 40):
        raise SystemExit(f"{what} answered with {len(prices)} prices")


async def _filled(backends: Backends, rows: int) -> str:
    """Return the URL of a database with so many rows of history; make it if it is not there."""
    name = f"history_{rows}"
    url = urlsplit(backends.database_url)._replace(path=f"/{name}").geturl()
    async with connected(backends.database_url) as server:
        if await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await migrate(url, roles=True)
            return url
        await server.execute(f"CREATE DATABASE {name}")
    await migrate(url, roles=True)
    memory = {"maintenance_work_mem": "512MB"}
    async with asyncpg.create_pool(url, min_size=1, max_size=1, command_timeout=3600, server_settings=memory) as pool:
        sql = queries(Path(__file__).with_suffix(".sql"))
        models = models_of(rows)
        await sql.add_models(pool, models=models, providers=models // MODELS_OF_A_PROVIDER)
        await sql.add_versions(pool)
        for year in range(BEGAN.year, datetime.now(UTC).year):
            await pool.fetchval("SELECT pricing_history_add_year($1)", year)
        await Retention(pool=lambda: pool).make_partitions()
        # Indexes that are made afterwards are made in a third of the time.
        indexes = [tuple(row.values()) async for row in sql.indexes(pool)]
        for _, index in indexes:
            await pool.execute(f"DROP INDEX {index}")
        span = datetime.now(UTC) - BEGAN - timedelta(days=1)
        await sql.add_history(pool, changes=rows // models // KEYS, span=span)
        for made_by, _ in indexes:
            await pool.execute(made_by)
        await sql.add_prices(pool)
        await pool.execute("VACUUM ANALYZE")
    return url


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
