"""What a price was, and what it was believed to be: on the list, on a model and on its history."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import Bench
from registry_events import closing, day, enriched, evidence, model, price
from registry_stage import Stage

from ratecard_shared.events import Usability
from ratecard_shared.prices import PriceRow

PATH = "/api/models/swift-1"


async def test_a_price_that_comes_back_is_in_force_whatever_day_its_page_names(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
    for on in range(1, 4):
        await bench.sync(on, enriched(model(), on=on), closing("swift-1", on=on))
    again = price("2", effective_from=date(2031, 2, 1))
    await bench.sync(4, enriched(model(prices=[again]), on=4), closing("swift-1", on=4))
    usages = [{"model": "swift-1", "usage": {"input": 1_000_000}, "when": day(on).isoformat()} for on in (2, 4)]
    assert await bench.costs(usages) == [1, 2]
    assert await cost(bench) == await cost(bench, at=day(4).isoformat()) == 2
    assert [await cost(bench, at=day(on).isoformat()) for on in (-1, 0, 2, 3)] == ["TBD", 1, 1, 2]
    entries = (await bench.get(f"{PATH}/pricing-history"))["data"]
    spans = [(datetime.fromisoformat(one["effectiveDate"]), one["endDate"]) for one in entries]
    assert spans == [(day(0), "2031-03-04T02:00:00Z"), (day(3), None)]
    told = (await bench.said("pricing.changed"))[-1]
    assert (told.kind, told.effective_date) == ("first_seen", day(3))


def misread(amount: str) -> PriceRow:
    """Read another amount out of the same words of the same page."""
    return price(amount, evidence=evidence("the same words", sha256="the same page"))


async def cost(bench: Bench, path: str = PATH, **query: Any) -> Any:
    return (await bench.get(path, **query))["inputCostPerMillion"]


@pytest.mark.parametrize(
    ("ahead", "amount", "forecast"),
    [
        (timedelta(), 1, False),
        (timedelta(minutes=5), 1, False),
        (timedelta(minutes=6), 1, True),
        (timedelta(days=9), 2, True),
        (timedelta(days=36_500), 2, True),
    ],
)
async def test_prices_and_costs_of_a_time_to_come_say_so(
    bench: Bench, ahead: timedelta, amount: int, *, forecast: bool
) -> None:
    announced = price("2", effective_from=date(2031, 3, 9))
    await bench.sync(0, enriched(model(prices=[price("1"), announced])), closing("swift-1"))
    when = (bench.now + ahead).isoformat()
    one = await bench.get(PATH, at=when)
    (listed,) = (await bench.get("/api/models", at=when))["data"]
    (sorted_,) = (await bench.get("/api/models", at=when, sort="inputCost"))["data"]
    async with bench.client() as client:
        usage = {"model": "swift-1", "when": when, "usage": {"input": 1_000_000}}
        (line,) = (await client.post("/api/cost", json={"usages": [usage]})).json()["lines"]
    assert [shown["inputCostPerMillion"] for shown in (one, listed, sorted_)] == [amount] * 3
    assert [shown["forecast"] for shown in (one, listed, sorted_)] == [forecast] * 3
    assert (line["cost"], line["forecast"]) == (amount, forecast)
    assert (await bench.get(PATH))["forecast"] is False


async def test_a_correction_is_not_what_was_believed(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[misread("125")])))
    await bench.sync(2, enriched(model(prices=[misread("1.25")]), on=2))
    at = day(1).isoformat()
    assert await cost(bench, at=at) == 1.25
    assert await cost(bench, at=at, knownAt=at) == 125
    assert await cost(bench, knownAt=at) == 125
    assert await cost(bench, knownAt=day(2).isoformat()) == 1.25
    assert await cost(bench, knownAt=day(-1).isoformat()) == "TBD"
    entries = (await bench.get(f"{PATH}/pricing-history", knownAt=at))["data"]
    assert [entry["inputCostPerMillion"] for entry in entries] == [125]
    entries = (await bench.get(f"{PATH}/pricing-history"))["data"]
    assert [entry["inputCostPerMillion"] for entry in entries] == [1.25]


async def test_an_end_is_not_known_before_it_was_recorded(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.sync(3, enriched(model(prices=[price("2", effective_from=date(2031, 3, 2))]), on=3))
    at = "2031-03-02T12:00:00Z"
    assert await cost(bench, at=at) == 2
    assert await cost(bench, at=at, knownAt="2031-03-03") == 1
    (entry,) = (await bench.get(f"{PATH}/pricing-history", knownAt="2031-03-03"))["data"]
    assert entry["endDate"] is None
    entries = (await bench.get(f"{PATH}/pricing-history", at=at))["data"]
    assert [entry["inputCostPerMillion"] for entry in entries] == [2]


async def test_an_announcement_holds_for_its_day_until_that_day_has_come(bench: Bench) -> None:
    soon = price("2", effective_from=date(2031, 3, 10))
    await bench.sync(0, enriched(model(prices=[price("1"), soon])))
    assert await cost(bench, at="2031-03-11") == 2
    assert await cost(bench, at="2031-03-09") == 1
    assert await cost(bench, at="2031-03-11", knownAt=day(-1).isoformat()) == "TBD"
    bench.now = datetime.fromisoformat("2031-03-11T00:00:00Z")
    assert await cost(bench, at="2031-03-11") == 1
    await bench.registry.bring_into_force()
    assert await cost(bench, at="2031-03-10") == 2
    assert await cost(bench, at="2031-03-10", knownAt="2031-03-05") == 2


async def test_a_price_said_to_end_is_not_in_force_afterwards(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1", effective_until=date(2031, 3, 5))])))
    assert await cost(bench, at="2031-03-05T23:59:59Z") == 1
    assert await cost(bench, at="2031-03-06") == "TBD"


async def test_a_list_has_the_prices_of_the_time_and_the_models_deprecated_since(bench: Bench) -> None:
    names = [f"m{number}" for number in range(5)]
    await bench.sync(0, *(enriched(model(name, [price("1"), price("3", tier="batch")])) for name in names))
    await bench.sync(2, *(enriched(model(name, [price("2")]), on=2) for name in names))
    gone = enriched(model("m0", usability=Usability.DEPRECATED), on=3)
    await bench.sync(3, gone)
    page = await bench.get("/api/models", at=day(1).isoformat(), limit=3)
    assert [(shown["id"], shown["inputCostPerMillion"]) for shown in page["data"]] == [("m0", 1), ("m1", 1), ("m2", 1)]
    assert [row["tier"] for row in page["data"][0]["pricing"]] == ["standard", "batch"]
    now = await bench.get("/api/models", at=day(3).isoformat())
    assert [shown["id"] for shown in now["data"]] == names[1:]
    believed = await bench.get("/api/models", knownAt=day(2).isoformat())
    assert {shown["inputCostPerMillion"] for shown in believed["data"]} == {2}


@pytest.mark.parametrize("query", ["at=soon", "knownAt=2031-02-30", "at=0001-01-01T00:00:00%2B14:00"])
@pytest.mark.parametrize("path", ["/api/models", PATH, f"{PATH}/pricing-history"])
async def test_a_time_that_is_none_is_told(bench: Bench, path: str, query: str) -> None:
    await bench.sync(0, enriched(model()))
    async with bench.client() as client:
        answer = await client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["detail"]


readings = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(["standard", "batch"]), st.sampled_from([0, 128_000])),
        st.tuples(st.integers(1, 3), st.booleans(), st.sampled_from([None, -2, 2])),
        max_size=3,
    ),
    min_size=1,
    max_size=5,
)
"""Day by day what a page shows: an amount, whether in the same words as ever, and from which day on."""


def read(shown: dict[tuple[str, int], tuple[int, bool, int | None]], on: int) -> list[PriceRow]:
    rows = []
    for (tier, above), (amount, same_words, since) in shown.items():
        words: dict[str, Any] = {"evidence": evidence(f"{tier} {above}", sha256="same")} if same_words else {}
        begins = None if since is None else day(on + since).date()
        rows.append(price(str(amount), tier=tier, above_tokens=above, effective_from=begins, **words))
    return rows


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(course=readings, hour=st.integers(1, 22))
async def test_property_38_a_restatement_is_what_was_shown_then(stage: Stage, course: Any, hour: int) -> None:
    async with stage.registry() as bench:
        answers = []
        for on, shown in enumerate(course):
            bench.now = day(on)
            await bench.registry.bring_into_force()
            await bench.sync(on, enriched(model(prices=read(shown, on)), on=on), closing("swift-1", on=on))
            answers.append((await bench.get(PATH))["pricing"])
        for on, pricing in enumerate(answers):
            then = day(on) + timedelta(hours=hour - 1)
            believed = (await bench.get(PATH, knownAt=then.isoformat()))["pricing"]
            assert _told(believed) == _told(pricing), f"as of day {on}"


def _told(pricing: list[Any]) -> list[Any]:
    return [
        (row["tier"], row["contextLimit"], Decimal(str(row["inputCostPerMillion"])), row["effectiveDate"])
        for row in pricing
    ]
