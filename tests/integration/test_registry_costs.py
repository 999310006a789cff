"""Costs over the API: each line by itself, by the prices of its time, with the row it was taken from."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import Bench
from registry_events import closing, day, enriched, evidence, model, price
from registry_stage import Stage

from ratecard_registry.api_cost import MOST_LINES
from ratecard_registry.hot_prices import RECENT
from ratecard_shared.events import MatchExplained
from ratecard_shared.prices import PriceRow

_EXACT = msgspec.json.Decoder(float_hook=Decimal)


async def post(bench: Bench, body: bytes) -> httpx.Response:
    async with bench.client() as client:
        return await client.post("/api/cost", content=body)


async def priced(bench: Bench, *lines: Any, **more: Any) -> Any:
    answer = await post(bench, json.dumps({"usages": lines, **more}, default=str).encode())
    assert answer.status_code == 200, answer.text
    return _EXACT.decode(answer.content)


def line(usage: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "swift-1", "when": day(0).isoformat(), "usage": usage, **more}


def rates(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


async def test_a_cost_says_what_it_was_taken_from(bench: Bench) -> None:
    base = price(rates=rates(input="1.25", cached_input="0.125", output="10"))
    long = price(rates=rates(input="2.50", cached_input="0.25", output="15"), above_tokens=1300)
    await bench.sync(0, enriched(model(prices=[base, long])))
    answer = await priced(bench, line({"input": 1000, "cachedInput": 400, "output": 7}, ref="mine"))
    (shown,) = answer["lines"]
    assert (shown["ref"], shown["provider"], shown["modelId"]) == ("mine", "acme", "swift-1")
    assert (shown["cost"], shown["currency"], shown["error"]) == (Decimal("0.002705"), "USD", None)
    assert shown["band"] == {
        "promptTokens": 1400,
        "counted": ["input", "cachedInput"],
        "aboveTokens": 1300,
        "bands": [0, 1300],
    }
    assert [charge["component"] for charge in shown["components"]] == ["input", "cachedInput", "output"]
    assert shown["components"][1] == {
        "component": "cachedInput",
        "quantity": 400,
        "chargedAs": "cachedInput",
        "amount": Decimal("0.25"),
        "unit": "million tokens",
        "cost": Decimal("0.0001"),
    }
    used = answer["prices"][str(shown["priceId"])]
    assert (used["contextLimit"], used["inputCostPerMillion"], used["state"]) == (1300, Decimal("2.50"), "priced")
    assert used["evidence"]["text"] == long.evidence.text if long.evidence else None
    assert datetime.fromisoformat(used["effectiveDate"]) == day(0)
    history = await bench.get("/api/models/swift-1/pricing-history")
    assert shown["priceId"] in {entry["id"] for entry in history["data"]}
    assert (answer["totals"], answer["priced"], answer["failed"]) == ({"USD": Decimal("0.002705")}, 1, 0)


async def test_each_line_fails_by_itself(bench: Bench) -> None:
    await bench.sync(
        0,
        enriched(model(prices=[price("1"), price("3", above_tokens=200, tier="flex")])),
        enriched(model("twin", [price()])),
        enriched(model("twin", [price()]), provider="zenith"),
        enriched(model("mute", prices=None)),
        enriched(model("gift", [price(rates=rates(input="0", output="0"), free=True)])),
    )
    lines = [
        line({"input": 2}),
        line({"input": 2}, model="nothing"),
        line({"input": 2}, model="twin"),
        line({"input": 2}, model="twin", provider="zenith"),
        line({"input": 2}, model="mute"),
        line({"input": 2}, when=day(-1).isoformat()),
        line({"input": 2, "cachedInput": 1}),
        line({"input": 2}, tier="batch"),
        line({"input": 2}, tier="flex"),
        line({"input": 2}, region="mars"),
        line({"input": 2}, currency="CNY"),
        line({"prompt_tokens": 2}),
        line({"input": 2}, when="yesterday"),
        line({"input": 2}, when="0001-01-01T00:00:00+14:00"),
        line({"input": 2}, servicetier="batch"),
        line({"input": 2}, model="nul\0"),
        line({"input": 2, "cachedInput": 5}, model="gift"),
        "no line",
    ]
    answer = await priced(bench, *lines)
    expected = [
        (None, Decimal("0.000002")),
        ("unknown_model", None),
        ("ambiguous_model", None),
        (None, Decimal("0.0000025")),
        ("no_price", None),
        ("no_price", None),
        ("no_rate", None),
        ("no_tier", None),
        ("no_band", None),
        ("no_region", None),
        ("no_currency", None),
        ("invalid_usage", None),
        ("invalid_line", None),
        ("invalid_line", None),
        ("invalid_line", None),
        ("unknown_model", None),
        (None, 0),
        ("invalid_line", None),
    ]
    shown = answer["lines"]
    assert [(one["error"] and one["error"]["code"], one["cost"]) for one in shown] == expected
    assert [one["index"] for one in shown] == list(range(len(lines)))
    assert all(one["error"]["detail"] for one in shown if one["error"])
    assert [one["provider"] for one in shown[2]["error"]["candidates"]] == ["acme", "zenith"]
    assert (answer["priced"], answer["failed"], answer["totals"]) == (3, 15, {"USD": Decimal("0.0000045")})


async def test_a_line_that_cannot_be_read_keeps_its_name(bench: Bench) -> None:
    lines = [
        {"model": "swift-1", "usage": {"input": 1}, "when": "soon", "ref": "a"},
        {"model": "swift-1", "usage": {"input": 1}, "when": "0001-01-01T00:00:00Z", "ref": "b"},
        {"model": 7, "ref": "c"},
        {"model": "swift-1", "ref": {"not": "text"}},
        "no line",
    ]
    async with bench.client() as client:
        answer = (await client.post("/api/cost", json={"usages": lines})).json()
    shown = [(line["ref"], line["model"], line["error"]["code"]) for line in answer["lines"]]
    assert shown == [
        ("a", "swift-1", "invalid_line"),
        ("b", "swift-1", "invalid_line"),
        ("c", None, "invalid_line"),
        (None, "swift-1", "invalid_line"),
        (None, None, "invalid_line"),
    ]
    assert (answer["priced"], answer["failed"], answer["totals"]) == (0, 5, {})


async def test_a_model_is_found_by_the_names_it_has(bench: Bench) -> None:
    page = model("The Swift", [price()], found_on_page=True)
    await bench.sync(0, enriched(page))
    named = model("swift-1", [price()], aliases=("swift-latest",))
    match = MatchExplained(name="The Swift", method="exact", score=100)
    await bench.sync(1, enriched(msgspec.structs.replace(named, match=match), on=1), closing("swift-1", on=1))
    names = ["swift-1", "acme/swift-1", "swift-latest", "acme/swift-latest", "The Swift"]
    answer = await priced(bench, *(line({"input": 1}, model=name) for name in names))
    assert [(one["modelId"], one["cost"]) for one in answer["lines"]] == [("swift-1", Decimal("0.00000125"))] * 5
    other = await priced(bench, line({"input": 1}, model="swift-latest", provider="zenith"))
    assert other["lines"][0]["error"]["code"] == "unknown_model"


async def test_a_restatement_takes_what_was_believed(bench: Bench) -> None:
    for on, amount in ((0, "125"), (2, "1.25")):
        shown = price(amount, evidence=evidence("the same words", sha256="the same page"))
        await bench.sync(on, enriched(model(prices=[shown]), on=on))
    asked = line({"input": 1000}, when=day(1).isoformat())
    assert (await priced(bench, asked))["totals"] == {"USD": Decimal("0.00125")}
    believed = await priced(bench, asked, knownAt=day(1).isoformat())
    assert (believed["totals"], believed["knownAt"]) == ({"USD": Decimal("0.125")}, "2031-03-02T02:00:00Z")
    before = await priced(bench, asked, knownAt=day(-1).isoformat())
    assert before["lines"][0]["error"]["code"] == "no_price"


async def test_an_announcement_is_restated_as_it_was_believed(bench: Bench) -> None:
    soon = price("2", effective_from=date(2031, 3, 10))
    await bench.sync(0, enriched(model(prices=[price("1"), soon])))
    asked, known = line({"input": 1_000_000}, when="2031-03-10T12:00:00Z"), "2031-03-05T00:00:00Z"
    assert (await priced(bench, asked))["totals"] == {"USD": 2}
    bench.now = datetime.fromisoformat("2031-03-11T00:00:00Z")
    assert (await priced(bench, asked))["totals"] == {"USD": 1}  # whether it came into force was not looked at yet
    assert (await priced(bench, asked, knownAt=known))["totals"] == {"USD": 2}
    await bench.registry.bring_into_force()
    assert (await priced(bench, asked))["totals"] == {"USD": 2}
    assert (await priced(bench, asked, knownAt=known))["totals"] == {"USD": 2}


async def test_what_stops_being_recent_while_it_is_asked_for_is_not_kept_as_all_there_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1))
    bench.now = day(0) + RECENT
    id_sets = bench.catalogue.id_sets

    async def meanwhile(*asked: Any) -> Any:
        bench.now += timedelta(milliseconds=1)
        return await id_sets(*asked)

    monkeypatch.setattr(bench.catalogue, "id_sets", meanwhile)
    assert (await priced(bench, line({"input": 1_000_000})))["totals"] == {"USD": 1}
    assert (await priced(bench, line({"input": 1_000_000}, when=day(2).isoformat())))["totals"] == {"USD": 2}


async def test_a_line_without_a_time_means_now(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1))
    asked = {"model": "swift-1", "usage": {"input": 1_000_000}}
    assert (await priced(bench, asked))["totals"] == {"USD": 2}
    assert (await priced(bench, asked, knownAt=day(0).isoformat()))["totals"] == {"USD": 1}


async def test_a_stale_price_says_so(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])))
    await bench.sync(1, enriched(model(prices=None), on=1))
    bench.now = day(3)
    times = [day(0), day(1) - timedelta(seconds=1), day(1), day(2)]
    answer = await priced(bench, *(line({"input": 1}, when=when.isoformat()) for when in times))
    assert [one["stale"] for one in answer["lines"]] == [False, False, True, True]
    (used,) = answer["prices"].values()
    assert used["state"] == "stale"
    assert datetime.fromisoformat(used["staleSince"]) == day(1)


async def test_a_price_was_not_stale_before_it_was(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])))
    await bench.sync(1, enriched(model(prices=None), on=1))
    before = day(1) - timedelta(seconds=1)
    (used,) = (await priced(bench, line({"input": 1}, when=before.isoformat())))["prices"].values()
    shown = await bench.get("/api/models/swift-1", at=before.isoformat())
    assert (used["state"], used["staleSince"]) == (shown["priceState"], shown["staleSince"]) == ("priced", None)


async def test_styles_can_be_mixed(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price(rates=rates(input="3", cached_input="0.3", output="15"))])))
    lines = [
        line({"input": 600, "cachedInput": 400, "output": 50}, usageStyle="ratecard"),
        line({"prompt_tokens": 1000, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 400}}),
        line({"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 50}, usageStyle="anthropic"),
        line(
            {"promptTokenCount": 1000, "cachedContentTokenCount": 400, "candidatesTokenCount": 50}, usageStyle="google"
        ),
        line({"input_tokens": 600, "output_tokens": 50, "service_tier": "batch"}, usageStyle="anthropic"),
    ]
    answer = await priced(bench, *lines, usageStyle="openai")
    assert [one["cost"] for one in answer["lines"]] == [Decimal("0.00267")] * 4 + [None]
    assert answer["lines"][4]["error"]["code"] == "no_tier"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"usages": 3}', 400),
        (b'{"usages": [], "usageStyle": "cohere"}', 400),
        (b'{"usages": [], "knownAt": "2031-01-01"}', 400),
        (b'{"usages": [], "knownAt": "0001-01-01T00:00:00+14:00"}', 400),
        (b'{"usages": [], "kownAt": null}', 400),
        (json.dumps({"usages": [0] * (MOST_LINES + 1)}).encode(), 413),
        (b" " * (33 * 1024 * 1024), 413),
    ],
    ids=range(11),
)
async def test_a_request_that_is_none_is_told(bench: Bench, body: bytes, status: int) -> None:
    answer = await post(bench, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_asked_costs_nothing(bench: Bench) -> None:
    answer = await priced(bench)
    assert answer == {"lines": [], "prices": {}, "totals": {}, "priced": 0, "failed": 0, "knownAt": None}


async def test_the_request_is_described_with_an_example_per_style(bench: Bench) -> None:
    described = await bench.get("/docs/openapi.json")
    (body,) = described["paths"]["/api/cost"]["post"]["requestBody"]["content"].values()
    assert body["schema"] == {"$ref": "#/components/schemas/CostRequest"}
    styles = {example["value"].get("usageStyle", "ratecard") for example in body["examples"].values()}
    assert styles == {"ratecard", "openai", "anthropic", "google"}


amounts = st.decimals(min_value=0, max_value=10**4, places=6)
counts = st.integers(0, 10**7)
courses = st.lists(st.fixed_dictionaries({"input": amounts, "output": amounts}), min_size=1, max_size=4)
asked_lines = st.lists(
    st.tuples(st.integers(-1, 5), st.dictionaries(st.sampled_from(["input", "output"]), counts, min_size=1)),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(course=courses, asked=asked_lines, seed=st.integers(0, 10**6))
async def test_property_38_a_report_uses_the_prices_of_its_dates(
    stage: Stage, course: Any, asked: Any, seed: int
) -> None:
    async with stage.registry() as bench:
        for on, said in enumerate(course):
            shown: list[PriceRow] = [price(rates=said)]
            await bench.sync(on, enriched(model(prices=shown), on=on), closing("swift-1", on=on))
        lines = [line(usage, when=day(on).isoformat(), ref=str(n)) for n, (on, usage) in enumerate(asked)]
        answer = await priced(bench, *lines)
        for (on, usage), one in zip(asked, answer["lines"], strict=True):
            then = course[min(on, len(course) - 1)] if on >= 0 else None
            cost = sum(then[name] * count for name, count in usage.items()) / 10**6 if then else None
            assert one["cost"] == cost
        random.Random(seed).shuffle(lines)  # noqa: S311  # no secret
        again = await priced(bench, *lines)
        assert again["totals"] == answer["totals"]
        costs = {one["ref"]: one["cost"] for one in answer["lines"]}
        assert {one["ref"]: one["cost"] for one in again["lines"]} == costs


@pytest.mark.slow
async def test_ten_thousand_lines_are_priced_at_once(bench: Bench) -> None:
    names = [f"m{number:03}" for number in range(200)]
    for on in range(5):
        shown = [price(str(on + 1)), price("0.5", tier="batch"), price("3", above_tokens=200_000)]
        await bench.sync(on, *(enriched(model(name, shown), on=on) for name in names))
    lines = [
        line({"input": n, "output": 10}, model=names[n % 200], when=day(n % 5).isoformat()) for n in range(MOST_LINES)
    ]
    body = json.dumps({"usages": lines}).encode()
    answer = await post(bench, body)
    told = _EXACT.decode(answer.content)
    assert (told["priced"], told["failed"]) == (MOST_LINES, 0)
