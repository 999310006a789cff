"""Costs from what memory keeps of names and their prices are those that a process without any memory would give."""

from __future__ import annotations

from typing import Final

import pytest
from registry_bench import Bench
from registry_events import closing, day, enriched, model, price

_NOW: Final = {"model": "swift-1", "usage": {"input": 1_000_000}}


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    """A model that costs 1, and from the next day on 2."""
    for on in (0, 1):
        await bench.sync(on, enriched(model(prices=[price(str(on + 1))]), on=on), closing("swift-1", on=on))
    return bench


async def test_a_clock_that_is_set_back_finds_the_prices_of_that_time(bench: Bench) -> None:
    bench.now = day(80)
    assert [await bench.costs([_NOW]) for _ in range(2)] == [[2], [2]]
    bench.now = day(2)
    assert await bench.costs([{**_NOW, "when": day(0).isoformat()}, _NOW]) == [1, 2]
