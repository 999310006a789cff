"""While PostgreSQL is away reads are answered with what was last known, and with nothing that is only half known."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from registry_bench import Bench
from registry_events import closing, enriched, model, price


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
    return bench


async def cost(bench: Bench) -> httpx.Response:
    async with bench.client() as client:
        return await client.post("/api/cost", json={"usages": [{"model": "swift-1", "usage": {"input": 1_000_000}}]})


async def shown(bench: Bench) -> tuple[float, float, float]:
    """Return what a list, a model and a cost say a million tokens cost."""
    listed = (await bench.get("/api/models"))["data"][0]["inputCostPerMillion"]
    one = (await bench.get("/api/models/swift-1"))["inputCostPerMillion"]
    return (listed, one, (await cost(bench)).json()["lines"][0]["cost"])


async def change(bench: Bench) -> None:
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1), closing("swift-1", on=1))


async def test_what_was_last_known_is_shown_until_it_is_back(bench: Bench) -> None:
    assert await shown(bench) == (1, 1, 1)
    await change(bench)
    bench.away = True
    assert await shown(bench) == (1, 1, 1)
    bench.comes_back()
    assert await shown(bench) == (2, 2, 2)


async def test_a_commit_stands_though_nobody_can_look_at_what_it_changed(bench: Bench) -> None:
    assert await shown(bench) == (1, 1, 1)
    bench.away = True
    await change(bench)
    bench.comes_back()
    await bench.teller.tell()
    assert await shown(bench) == (2, 2, 2)


async def test_what_nobody_asked_for_was_read_ahead(bench: Bench) -> None:
    assert not bench.warmer.warm
    await bench.warmer.look()
    bench.away = True
    assert bench.warmer.warm
    assert await shown(bench) == (1, 1, 1)


async def test_reading_ahead_waits_for_the_end_of_a_change(bench: Bench) -> None:
    await bench.warmer.look()
    await change(bench)
    await bench.warmer.look()
    bench.away = True
    assert await shown(bench) == (1, 1, 1)
    bench.comes_back()
    await bench.warmer.look()
    bench.away = True
    assert await shown(bench) == (2, 2, 2)


async def test_nothing_older_than_what_was_shown_comes_back(bench: Bench) -> None:
    assert await shown(bench) == (1, 1, 1)
    await change(bench)
    assert await shown(bench) == (2, 2, 2)
    bench.away = True
    assert await shown(bench) == (2, 2, 2)


@pytest.mark.parametrize(
    "path",
    [
        "/api/models",
        "/api/models/swift-1",
        "/api/models/swift-1/pricing-history",
        "/api/changes",
        "/api/changes?since=latest",
        "/api/providers",
    ],
)
async def test_what_was_never_read_is_openly_away(bench: Bench, path: str) -> None:
    bench.away = True
    async with bench.client() as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (await cost(bench)).status_code == 503


async def test_it_stays_ready_and_says_that_it_is_degraded(bench: Bench) -> None:
    async def said() -> dict[str, Any]:
        async with bench.client() as client:
            answers = {path: await client.get(path) for path in ("/health", "/health/ready")}
        return {path: (answer.status_code, answer.json()["status"]) for path, answer in answers.items()}

    well = bench.checks
    bench.checks = {**well, "postgresql": "down"}
    assert await said() == {"/health": (503, "unhealthy"), "/health/ready": (503, "not ready")}
    await bench.warmer.look()
    assert await said() == {"/health": (200, "degraded"), "/health/ready": (200, "ready")}
    bench.checks = {**well, "status": "starting"}
    assert (await said())["/health"] == (503, "unhealthy"), "it listens to Kafka before whoever started it goes on"
