"""Dated prices of other tools' lists: costs of the time before day one, said to be imported; nothing else changes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from registry_bench import KEY, Bench
from registry_events import closing, day, enriched, model, price

IMPORT: Final = "/api/admin/import"
LISTS: Final = Path(__file__).parents[3] / "shared" / "real" / "price-lists"
LLM: Final = {
    "prices": [
        {"id": "swift-1", "vendor": "acme", "input": 5, "output": 20, "input_cached": None, "to_date": "2031-01-01"},
        {"id": "swift-1", "vendor": "acme", "input": 3, "output": 12, "input_cached": 0.3, "from_date": "2031-01-01"},
        {"id": "swift-1-200k", "vendor": "acme", "input": 6, "output": 24, "from_date": "2031-02-01"},
        {"id": "swift-9", "vendor": "acme", "input": 1, "output": 2},
        {"id": "other", "vendor": "nobody", "input": 1, "output": 2},
        {"id": "gift", "vendor": "acme", "input": 0, "output": 0},
    ]
}
GENAI: Final = [
    {
        "id": "acme",
        "models": [
            {
                "id": "swift-1",
                "prices": [
                    {"prices": {"input_mtok": 5, "output_mtok": 20}},
                    {
                        "constraint": {"start_date": "2031-02-01"},
                        "prices": {
                            "input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
                            "output_mtok": 12,
                        },
                    },
                ],
                "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 2.5, "output_mtok": 10}}],
            },
            {
                "id": "swift-2",
                "prices": [
                    {"prices": {"input_mtok": 1}},
                    {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 2}},
                ],
            },
        ],
    }
]


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("2", "8")])), enriched(model("swift-2")), closing("swift-1"))
    return bench


async def take(bench: Bench, document: Any, status: int = 200, *, of: str = "llm-prices", **query: Any) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    async with bench.client() as client:
        query = {"format": of, **query}
        answer = await client.post(IMPORT, content=body, params=query, headers={"X-API-Key": KEY})
    assert answer.status_code == status, answer.text
    return answer.json()


async def cost(bench: Bench, when: str, **more: Any) -> Any:
    line = {"model": "swift-1", "usage": {"input": more.pop("tokens", 1000)}, "when": when}
    line |= {"tier": more.pop("tier", "standard")}
    async with bench.client() as client:
        answer = await client.post("/api/cost", json={"usages": [line], **more})
    return answer.json()


async def rate(bench: Bench, when: str, **more: Any) -> Any:
    answer = await cost(bench, when, **more)
    prices = [*answer["prices"].values()]
    return prices[0]["inputCostPerMillion"] if prices else answer["lines"][0]["error"]["code"]


async def test_costs_before_day_one_are_answered_and_say_that_the_price_was_imported(bench: Bench) -> None:
    before = await bench.get("/api/models")
    said = await bench.said("pricing.changed")
    assert await rate(bench, "2030-06-01T00:00:00Z") == "no_price"
    bench.now = day(2)
    report = await take(bench, LLM, source="https://lists.example/historical-v1.json")
    assert (report["added"], report["known"]) == (3, 0)
    assert {one["id"]: one["reason"] for one in report["leftAside"]} == {
        "swift-9": "it means no stored model",
        "other": "no provider of this name has models here",
        "gift": "a rate is zero, and the list does not say that it is free",
    }
    assert await rate(bench, "2030-12-31T23:59:59Z") == 5
    assert await rate(bench, "2031-01-01T00:00:00Z") == 3
    assert await rate(bench, "2031-02-10T00:00:00Z", tokens=200_001) == 6
    assert await rate(bench, day(0).isoformat()) == 2
    (used,) = (await cost(bench, "2031-01-15T00:00:00Z"))["prices"].values()
    assert (used["source"], used["kind"], used["evidence"]["strategy"]) == ("imported", "imported", "import:llm-prices")
    assert used["evidence"]["url"] == "https://lists.example/historical-v1.json"
    assert used["evidence"]["sha256"] == report["sha256"]
    assert used["endDate"] == "2031-03-01T02:00:00Z"
    assert await rate(bench, "2031-01-15T00:00:00Z", knownAt=day(1).isoformat()) == "no_price"
    assert (await bench.get("/api/models"))["data"] == before["data"]
    assert await bench.said("pricing.changed") == said


async def test_on_day_one_itself_no_hour_before_the_first_price_is_left_without_one(bench: Bench) -> None:
    bench.now = day(0) + timedelta(hours=1)
    await take(bench, LLM)
    assert await rate(bench, (day(0) - timedelta(seconds=1)).isoformat()) == 3
    assert await rate(bench, day(0).isoformat()) == 2


async def test_the_same_file_twice_adds_nothing_and_a_dry_run_nothing_at_all(bench: Bench) -> None:
    bench.now = day(2)
    assert (await take(bench, LLM, dryRun=True))["added"] == 3
    assert await rate(bench, "2031-01-15T00:00:00Z") == "no_price"
    assert (await take(bench, LLM))["added"] == 3
    rows = await bench.pool.fetch("SELECT * FROM pricing_history ORDER BY id")
    again = await take(bench, LLM)
    assert (again["added"], again["known"]) == (0, 3)
    assert await bench.pool.fetch("SELECT * FROM pricing_history ORDER BY id") == rows


async def test_what_is_exported_can_be_imported(bench: Bench) -> None:
    bench.now = day(2)
    await take(bench, LLM)
    exported = (await bench.get("/api/export/llm-prices/historical-v1.json"))["prices"]
    assert [(one["id"], one["input"], one["from_date"], one["to_date"]) for one in exported] == [
        ("swift-1", 5, None, "2031-01-01"),
        ("swift-1", 3, "2031-01-01", "2031-03-01"),
        ("swift-1", 2, "2031-03-01", None),
        ("swift-1-200k", 6, "2031-02-01", "2031-03-03"),
    ]
    assert (await take(bench, {"prices": exported}))["added"] == 0


async def test_genai_prices_dates_bands_and_batches(bench: Bench) -> None:
    bench.now = day(2)
    report = await take(bench, GENAI, of="genai-prices")
    assert [one["reason"] for one in report["leftAside"]] == ["its price depends on end_time, start_time"]
    assert await rate(bench, "2031-01-31T23:59:59Z", tokens=300_000) == 5
    assert await rate(bench, "2031-02-01T00:00:00Z") == 3
    assert await rate(bench, "2031-02-01T00:00:00Z", tokens=200_001) == 6
    assert await rate(bench, "2031-03-02T00:00:00Z", tier="batch") == 2.5
    assert await rate(bench, "2031-03-03T00:00:00Z", tier="batch") == "no_tier"


async def test_what_a_page_says_of_an_earlier_time_is_believed_before_what_was_imported(bench: Bench) -> None:
    bench.now = day(2)
    await take(bench, LLM)
    earlier = price("4", "16", above_tokens=200_000, effective_from=date(2031, 1, 10))
    await bench.sync(3, enriched(model(prices=[price("2", "8"), earlier]), on=3), closing("swift-1", on=3))
    assert await rate(bench, "2031-02-10T00:00:00Z", tokens=200_001) == 4
    assert await rate(bench, "2031-02-10T00:00:00Z", tokens=200_001, knownAt="2031-03-03T12:00:00Z") == 6


@pytest.mark.parametrize(
    ("body", "of", "says"),
    [
        (b"{", "llm-prices", "no JSON"),
        ([], "llm-prices", "neither `prices`"),
        ({"prices": [{"id": "a", "vendor": "acme", "input": "1", "output": 2}]}, "llm-prices", "'1' is no number"),
        ({"prices": [{"id": "a", "vendor": "acme", "input": -1, "output": 2}]}, "llm-prices", "-1 is no price"),
        ({"prices": [{"id": "a", "vendor": "acme", "input": 1, "from_date": "soon"}]}, "llm-prices", "soon"),
        ({}, "genai-prices", "no list of providers"),
        ([{"id": "acme", "models": [{"id": "a", "prices": {"input_mtok": "x"}}]}], "genai-prices", "'x' is no number"),
        ([{"id": "acme", "models": [{"id": "a", "prices": [7]}]}], "genai-prices", "acme/a"),
    ],
)
async def test_a_file_with_a_fault_imports_nothing(bench: Bench, body: Any, of: str, says: str) -> None:
    if isinstance(body, dict) and "prices" in body:
        body = {"prices": [*LLM["prices"], *body["prices"]]}
    answer = await take(bench, body, 400, of=of)
    assert says in answer["detail"]
    assert "nothing was imported" in answer["detail"]
    assert await bench.pool.fetchval("SELECT count(*) FROM pricing_history WHERE kind = 'imported'") == 0


async def test_a_slipped_unit_beside_what_was_recorded_needs_force(bench: Bench) -> None:
    bench.now = day(2)
    slipped = {"prices": [{"id": "swift-1", "vendor": "acme", "input": 2000, "output": 8}]}
    refused = await take(bench, slipped, 409)
    assert "slipped by 1,000" in refused["detail"]
    assert refused["report"]["added"] == 1
    assert await rate(bench, "2031-01-15T00:00:00Z") == "no_price"
    assert (await take(bench, slipped, force=True))["added"] == 1


async def test_two_names_for_one_model_and_times_that_overlap_are_left_aside(bench: Bench) -> None:
    bench.now = day(2)
    twice = {"prices": [{"id": name, "vendor": "acme", "input": 1, "output": 2} for name in ("swift-1", "Swift-1")]}
    twice["prices"] += [{"id": "swift-2", "vendor": "acme", "input": 1, "output": 2}] * 2
    report = await take(bench, twice)
    assert [row["importedAs"] for row in report["rows"]] == ["swift-1"]
    assert {(one["id"], one["reason"]) for one in report["leftAside"]} == {
        ("Swift-1", "swift-1 is meant by 2 names of the list"),
        ("swift-2", "its times overlap"),
    }


@pytest.mark.skipif(not LISTS.exists(), reason="../shared/real is not there")
@pytest.mark.parametrize(
    ("path", "place", "then", "rates"),
    [
        ("llm-prices/openai_2026-08-05.json", "openai/gpt-5.6-terra", "2026-07-29", (2.5, 15)),
        ("llm-prices/anthropic_2026-08-05.json", "anthropic/claude-sonnet-5", "2026-08-31", (2, 10)),
        ("genai-prices/data_2026-08-21.json", "openai/o3", "2025-06-09", (10, 40)),
        ("genai-prices/data_2026-08-21.json", "openai/o3", "2025-06-10", (2, 8)),
    ],
)
async def test_real_lists_price_what_was_before(
    bench: Bench, path: str, place: str, then: str, rates: tuple[float, float]
) -> None:
    provider, name = place.split("/")
    recorded = enriched(model(name, [price("2", "8")]), provider=provider, on=1)
    await bench.sync(1, recorded, closing(name, provider=provider, on=1))
    report = await take(bench, (LISTS / path).read_bytes(), of=path.split("/", maxsplit=1)[0])
    assert report["added"] >= 1
    shown = await bench.get(f"/api/models/{name}", provider=provider, at=then)
    assert (shown["inputCostPerMillion"], shown["outputCostPerMillion"]) == rates
    assert {row["source"] for row in shown["pricing"]} == {"imported"}
