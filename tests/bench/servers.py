"""Backends and a registry of the bench's own, with made-up models: for every group that measures the registry."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
from load import on_processor
from registry_bench import KEY, a_bench
from registry_events import closing, day, enriched, model, price
from stack import free_port

from ratecard_cli.laptop.backends import Backends, embedded_backends
from ratecard_cli.laptop.homes import forget
from ratecard_shared.database import migrate

_SECONDS_TO_START: Final = 60.0


@contextmanager
def backends() -> Iterator[Backends]:
    """Run PostgreSQL, migrated, a broker and Redis while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="ratecard-bench-"))
    try:
        with embedded_backends(folder, durable=False) as found:
            asyncio.run(migrate(found.database_url, roles=True))
            yield found
    finally:
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)


def fill(found: Backends, *, providers: int, models: int) -> None:
    """Store made-up models with two prices each, as a sync of yesterday would."""
    on = (datetime.now(UTC) - day(0)).days - 1

    async def fill_in() -> None:
        async with a_bench(found.database_url, found.redis_url) as bench:
            bench.now = day(on)
            for provider in (f"provider-{number}" for number in range(providers)):
                ids = [f"model-{number}" for number in range(models)]
                models_said = [model(one, prices=_prices(at)) for at, one in enumerate(ids)]
                said = [enriched(one, on=on, provider=provider) for one in models_said]
                await bench.sync(on, *said, closing(*ids, on=on, provider=provider))

    asyncio.run(fill_in())


def _prices(number: int) -> list[Any]:
    amount = Decimal(number % 40 + 1) / 4
    return [price(rates=_rates(amount)), price(rates=_rates(amount / 2), tier="batch")]


def _rates(amount: Decimal) -> dict[str, Decimal]:
    return {"input": amount, "cached_input": amount / 10, "output": amount * 4}


@contextmanager
def registry(found: Backends, **settings: str) -> Iterator[tuple[str, int]]:
    """Run a registry on the first processor; give its address and its process' id. Its admin key is `KEY`."""
    port = free_port()
    told = {"HTTP_PORT": str(port), "RATECARD_ADMIN_KEY": KEY, "LOG_LEVEL": "WARNING", **found.environment, **settings}
    with served([sys.executable, "-m", "ratecard_registry"], port, "/health/ready", environment=told) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def bare(lengths: Sequence[int]) -> Iterator[str]:
    """Run the bare handlers on the first processor and give their address."""
    port = free_port()
    script = Path(__file__).with_name("bare.py")
    command = [sys.executable, str(script), str(port), *map(str, lengths)]
    with served(command, port, f"/{lengths[0]}"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def served(
    command: Sequence[str], port: int, ready: str, *, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a server on the first processor, and give its process' id once it answers 200 at `ready`."""
    child = subprocess.Popen([*on_processor(0), *command], env={**os.environ, **(environment or {})})
    try:
        _until(lambda: _answers(f"http://127.0.0.1:{port}{ready}"), child)
        yield child.pid
    finally:
        child.terminate()
        child.wait(timeout=40)


def _until(ready: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while not ready():
        if child.poll() is not None or time.monotonic() > end:
            sys.exit(f"{child.args!r} does not answer")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
