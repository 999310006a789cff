"""How exports grow with the catalogue: every format of ten times the models, and the same again from memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Final

from registry_bench import Bench, a_bench
from results import Result, at_most
from servers import backends, fill

_FORMATS: Final = (
    "litellm.json",
    "genai-prices.json",
    "models.dev/api.json",
    "openrouter/v1/models",
    "llm-prices/current-v1.json",
    "llm-prices/historical-v1.json",
    "prices.csv",
)
_FEW: Final = 300
_TIMES: Final = 10
_AGAIN: Final = 0.2


def measure() -> Iterator[Result]:
    """Give the results."""
    (few, _), (many, again) = (_of(models) for models in (_FEW, _FEW * _TIMES))
    name = f"exports in all formats of {_FEW * _TIMES:,} models, beside {_FEW}"
    yield at_most(1.2 * _TIMES, name, ours=many, floor=few, unit="s")
    yield at_most(_AGAIN, "  the same again, beside the first", ours=again, floor=many, unit="s")


def _of(models: int) -> tuple[float, float]:
    """Return the seconds that all formats take a process that has just started, and then once more."""

    async def exported() -> tuple[float, float]:
        async with a_bench(found.database_url, found.redis_url) as bench:
            return await _seconds(bench), await _seconds(bench)

    with backends() as found:
        fill(found, providers=1, models=models)
        return asyncio.run(exported())


async def _seconds(bench: Bench) -> float:
    began = time.perf_counter()
    async with bench.client() as client:
        for name in _FORMATS:
            (await client.get(f"/api/export/{name}")).raise_for_status()
    return time.perf_counter() - began
