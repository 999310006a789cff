"""The mission's properties that the registry keeps, each over any models, prices and dates, against real backends.

Every example runs in one transaction that is rolled back, with an empty cache: a hundred of them take seconds.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import Bench
from registry_events import START, closing, day, enriched, model, price
from registry_stage import Stage

from ratecard_registry.catalogue import details_key, list_key, pricing_key
from ratecard_shared.events import Capability, EnrichedModel, Usability
from ratecard_shared.prices import PriceRow

pytestmark = pytest.mark.slow

a_hundred = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CLASSES = ("chat", "reasoning", "coding", "multimodal", "embedding", "tools", "general")
PROVIDERS = ("acme", "zenith", "nadir")

# Two slashes in a row are one in a path, so no API could be asked for such an id.
ids = st.from_regex(r"[a-z0-9][a-z0-9./:-]{0,18}[a-z0-9]", fullmatch=True).filter(lambda name: "//" not in name)
amounts = st.decimals(min_value=0, max_value=10**6, places=6)
tiers = st.sampled_from(["standard", "batch", "flex", "priority"])


@st.composite
def rows(draw: st.DrawFn, *, least: int = 0) -> tuple[PriceRow, ...]:
    keys = draw(st.lists(st.tuples(tiers, st.sampled_from([0, 128_000])), min_size=least, max_size=4, unique=True))
    made = []
    for tier, above in keys:
        rates = {name: draw(amounts) for name in draw(st.sets(st.sampled_from(["input", "output", "cached_input"])))}
        made.append(price(tier=tier, above_tokens=above, rates=rates or {"input": draw(amounts)}))
    return tuple(made)


@st.composite
def models(draw: st.DrawFn) -> EnrichedModel:
    capabilities = draw(st.lists(st.sampled_from(["chat", "vision", "tools"]), unique=True))
    return model(
        draw(ids),
        draw(rows()),
        display_name=draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)),
        classification=tuple(draw(st.lists(st.sampled_from(CLASSES), min_size=1, unique=True))),
        usability=draw(st.sampled_from([*Usability])),
        context_window=draw(st.none() | st.integers(1, 10**7)),
        max_output_tokens=draw(st.none() | st.integers(1, 10**6)),
        capabilities=tuple(Capability(type=kind, supported=draw(st.booleans())) for kind in capabilities),
    )


catalogues = st.lists(
    st.tuples(st.sampled_from(PROVIDERS), models()),
    max_size=8,
    unique_by=lambda pair: (pair[0], pair[1].id),
)


async def stored(bench: Bench, catalogue: Any, on: int = 0) -> None:
    await bench.sync(on, *(enriched(said, provider=provider, on=on) for provider, said in catalogue))


async def listed(bench: Bench, **query: Any) -> list[Any]:
    """Return every model of a list, page by page."""
    found: list[Any] = []
    query = {"limit": 3, **query}
    while True:
        page = await bench.get("/api/models", **query)
        found += page["data"]
        if page["nextCursor"] is None:
            assert page["total"] == len(found)
            return found
        query["cursor"] = page["nextCursor"]


def places(found: list[Any]) -> set[tuple[str, str]]:
    return {(shown["provider"], shown["id"]) for shown in found}


@a_hundred
@given(said=models())
async def test_property_04_a_stored_model_has_all_that_was_said_of_it(stage: Stage, said: EnrichedModel) -> None:
    async with stage.registry() as bench:
        await bench.sync(0, enriched(said))
        row = await bench.pool.fetchrow("SELECT * FROM models")
        assert row["id"] == said.id
        assert row["display_name"] == said.display_name
        assert tuple(row["classification"]) == said.classification
        assert row["context_window"] == said.context_window
        assert row["max_output_tokens"] == said.max_output_tokens
        assert row["usability"] == said.usability
        assert {(c["type"], c["supported"]) for c in row["capabilities"]} == {
            (c.type, c.supported) for c in said.capabilities
        }
        assert row["discovered_at"] == day(0)
        assert row["updated_at"] == bench.now


@a_hundred
@given(
    known=st.lists(ids, min_size=1, max_size=8, unique=True),
    data=st.data(),
    discovery=st.sampled_from(["complete", "failed", "disabled", "missing"]),
)
async def test_property_05_a_model_absent_from_a_complete_list_is_deprecated(
    stage: Stage, known: list[str], data: st.DataObject, discovery: str
) -> None:
    again = set(data.draw(st.sets(st.sampled_from(known))))
    async with stage.registry() as bench:
        await bench.sync(0, *(enriched(model(name)) for name in known), closing(*known))
        seen = [enriched(model(name), on=1) for name in sorted(again)]
        await bench.sync(1, *seen, closing(*sorted(again), on=1, discovery=discovery))
        rows = await bench.pool.fetch("SELECT id, usability, deprecated_at FROM models")
        gone = {row["id"] for row in rows if row["usability"] == "deprecated"}
        assert gone == (set(known) - again if discovery == "complete" else set())
        assert all((row["deprecated_at"] == day(1)) == (row["id"] in gone) for row in rows)


@a_hundred
@given(read=rows(least=1))
async def test_property_08_every_tier_is_stored_with_its_conditions(stage: Stage, read: tuple[PriceRow, ...]) -> None:
    async with stage.registry() as bench:
        await bench.sync(0, enriched(model(prices=read)))
        found = await bench.pool.fetch("SELECT * FROM model_pricing")
        kept = {(row["tier"], row["context_limit"]): row for row in found}
        assert kept.keys() == {(row.tier, row.above_tokens) for row in read}
        for row in read:
            held = kept[row.tier, row.above_tokens]
            assert held["input_cost_per_million"] == row.rates.get("input")
            assert held["output_cost_per_million"] == row.rates.get("output")
            assert {name: Decimal(rate) for name, rate in held["rates"].items()} == row.rates


@a_hundred
@given(said=models())
async def test_property_09_an_unknown_price_is_tbd_and_warned_of(
    stage: Stage, caplog: pytest.LogCaptureFixture, said: EnrichedModel
) -> None:
    caplog.clear()
    async with stage.registry() as bench:
        with caplog.at_level(logging.WARNING, "ratecard_registry"):
            await bench.sync(0, enriched(said))
        shown = await bench.get(f"/api/models/acme/{said.id}")
        unknown = not said.prices
        assert (shown["priceState"] == "unknown") == unknown
        assert (shown["inputCostPerMillion"] == shown["outputCostPerMillion"] == "TBD") == unknown
        assert (said.id in caplog.text and "TBD" in caplog.text) == unknown
        assert len(shown["pricing"]) == len(said.prices or ())


@a_hundred
@given(
    discovery=st.sampled_from(["complete", "failed", "disabled", "missing"]),
    pricing=st.sampled_from(["complete", "failed", "disabled", "missing"]),
    late=st.integers(0, 10**6),
)
async def test_property_17_the_last_sync_is_when_it_ended_well(
    stage: Stage, discovery: str, pricing: str, late: int
) -> None:
    async with stage.registry() as bench:
        bench.now = day(0) + timedelta(milliseconds=late)
        await bench.sync(0, closing(discovery=discovery, pricing=pricing))
        row = await bench.pool.fetchrow("SELECT * FROM sync_status")
        fine = {"complete", "disabled"}
        failed = not {discovery, pricing} <= fine and "complete" not in {discovery, pricing}
        assert row["status"] == ("failed" if failed else "idle")
        if failed:
            assert row["last_sync"] is None
        else:
            assert abs(row["last_sync"] - bench.now) < timedelta(seconds=1)


@a_hundred
@given(before=rows(), after=rows(), window=st.integers(1, 10**6))
async def test_property_19_a_sync_that_changes_something_invalidates_the_cache(
    stage: Stage, before: tuple[PriceRow, ...], after: tuple[PriceRow, ...], window: int
) -> None:
    place = ("acme", "swift-1")
    async with stage.registry() as bench:
        await bench.sync(0, enriched(model(prices=before)), enriched(model("other"), provider="zenith"))
        first = await bench.get("/api/models")
        kept = await bench.redis.exists(list_key("acme"), details_key(place), pricing_key(place))
        assert kept == 3
        await bench.sync(1, enriched(model(prices=after, context_window=window), on=1))
        assert await bench.redis.exists(list_key("acme"), details_key(place), pricing_key(place)) == 0
        assert await bench.redis.exists(list_key("zenith")) == 1
        second = await bench.get("/api/models", provider="acme")
        assert second["data"][0]["contextWindow"] == window
        assert second["data"][0]["revision"] > first["data"][0]["revision"]


@a_hundred
@given(catalogue=catalogues)
async def test_property_20_the_list_holds_every_active_model(stage: Stage, catalogue: Any) -> None:
    async with stage.registry() as bench:
        await stored(bench, catalogue)
        found = await listed(bench)
        assert places(found) == {(p, m.id) for p, m in catalogue if m.usability is not Usability.DEPRECATED}
        required = {"displayName", "classification", "contextWindow", "usability", "capabilities", "discoveredAt"}
        assert all(required <= shown.keys() for shown in found)
        every = await listed(bench, includeDeprecated="true")
        assert places(every) == {(p, m.id) for p, m in catalogue}


@a_hundred
@given(catalogue=catalogues, provider=st.sampled_from(PROVIDERS))
async def test_property_21_a_provider_s_list_is_its_models_and_all_of_them(
    stage: Stage, catalogue: Any, provider: str
) -> None:
    async with stage.registry() as bench:
        await stored(bench, catalogue)
        found = await listed(bench, provider=provider, includeDeprecated="true")
        assert places(found) == {(p, m.id) for p, m in catalogue if p == provider}


@a_hundred
@given(catalogue=catalogues, wanted=st.sampled_from(CLASSES))
async def test_property_22_a_classification_s_list_is_its_models_and_all_of_them(
    stage: Stage, catalogue: Any, wanted: str
) -> None:
    async with stage.registry() as bench:
        await stored(bench, catalogue)
        found = await listed(bench, classification=wanted, includeDeprecated="true")
        assert places(found) == {(p, m.id) for p, m in catalogue if wanted in m.classification}


@a_hundred
@given(catalogue=catalogues)
async def test_property_23_prices_that_exist_are_in_the_answer(stage: Stage, catalogue: Any) -> None:
    async with stage.registry() as bench:
        await stored(bench, catalogue)
        found = {(shown["provider"], shown["id"]): shown for shown in await listed(bench, includeDeprecated="true")}
        for provider, said in catalogue:
            shown = {(row["tier"], row["contextLimit"]): row for row in found[provider, said.id]["pricing"]}
            assert shown.keys() == {(row.tier, row.above_tokens) for row in said.prices or ()}
            for row in said.prices or ():
                one = shown[row.tier, row.above_tokens]
                assert Decimal(str(one["inputCostPerMillion"] or 0)) == row.rates.get("input", 0)
                assert ("cachedInput" in one["rates"]) == ("cached_input" in row.rates)


@a_hundred
@given(said=models())
async def test_property_24_context_window_and_features_are_in_the_answer(stage: Stage, said: EnrichedModel) -> None:
    async with stage.registry() as bench:
        await bench.sync(0, enriched(said))
        for path in (f"/api/models/{said.id}", f"/api/models/acme/{said.id}"):
            shown = await bench.get(path)
            assert shown["contextWindow"] == said.context_window
            assert {c["type"]: c["supported"] for c in shown["capabilities"]} == {
                c.type: c.supported for c in said.capabilities
            }


courses = st.lists(rows(), min_size=1, max_size=5)
"""What the page shows of one model, day by day."""


async def lived(bench: Bench, course: list[tuple[PriceRow, ...]]) -> None:
    for on, read in enumerate(course):
        await bench.sync(on, enriched(model(prices=read), on=on), closing("swift-1", on=on))


async def history(bench: Bench) -> list[Any]:
    return list(await bench.pool.fetch("SELECT * FROM pricing_history ORDER BY id"))


@a_hundred
@given(
    said=st.lists(models(), min_size=1, max_size=4, unique_by=lambda one: one.id),
    times=st.integers(1, 3),
    discovered=st.booleans(),
)
async def test_property_28_when_every_strategy_fails_the_last_good_prices_are_shown_as_stale(
    stage: Stage, *, said: list[EnrichedModel], times: int, discovered: bool
) -> None:
    async with stage.registry() as bench:
        ids = [one.id for one in said]
        await bench.sync(0, *(enriched(one) for one in said), closing(*ids))
        good = {shown["id"]: shown for shown in await listed(bench, includeDeprecated="true")}
        for on in range(1, times + 1):
            silent = [msgspec.structs.replace(one, prices=None) for one in said] if discovered else []
            failed = closing(*ids, on=on, pricing="failed", pages=())
            await bench.sync(on, *(enriched(one, on=on) for one in silent), failed)
        shown = {one["id"]: one for one in await listed(bench, includeDeprecated="true")}
        assert {i: figures(one["pricing"]) for i, one in shown.items()} == {
            i: figures(one["pricing"]) for i, one in good.items()
        }
        assert all(row["state"] == "stale" for one in shown.values() for row in one["pricing"])
        assert {i: one["priceState"] for i, one in shown.items()} == {
            i: "stale" if one["pricing"] else "unknown" for i, one in good.items()
        }
        assert all(one["staleSince"] == "2031-03-02T02:00:00Z" for one in shown.values() if one["pricing"])
        kept = msgspec.json.decode(await bench.redis.get("pricing:acme:fallback") or b"{}").get("data", {})
        assert {i: figures(rows) for i, rows in kept.items() if rows} == {
            i: figures(one["pricing"]) for i, one in good.items() if one["pricing"]
        }


def figures(rows: list[Any]) -> list[Any]:
    """Return what price rows charge for, and how much."""
    return [(row["tier"], row["contextLimit"], row["currency"], row["region"], row["rates"]) for row in rows]


@a_hundred
@given(course=courses)
async def test_property_35_what_was_recorded_stays_as_it_was(stage: Stage, course: Any) -> None:
    kept = ("id", "rates", "tier", "context_limit", "effective_date", "recorded_at", "evidence", "kind", "revision")
    async with stage.registry() as bench:
        known: dict[int, tuple[Any, ...]] = {}
        for on, read in enumerate(course):
            await bench.sync(on, enriched(model(prices=read), on=on), closing("swift-1", on=on))
            now = {row["id"]: tuple(row[name] for name in kept) for row in await history(bench)}
            assert now.items() >= known.items()
            known = now


@a_hundred
@given(course=courses, first=st.integers(-1, 6), days=st.integers(0, 6))
async def test_property_36_a_date_range_holds_what_began_in_it(
    stage: Stage, course: Any, first: int, days: int
) -> None:
    start, until = day(first), day(first + days)
    async with stage.registry() as bench:
        await lived(bench, course)
        answer = await bench.get(
            "/api/models/swift-1/pricing-history", startDate=start.isoformat(), endDate=until.isoformat()
        )
        expected = [row["revision"] for row in await history(bench) if start <= row["effective_date"] <= until]
        assert sorted(entry["revision"] for entry in answer["data"]) == expected


@a_hundred
@given(course=courses)
async def test_property_37_a_change_records_old_and_new_with_its_date(stage: Stage, course: Any) -> None:
    async with stage.registry() as bench:
        await lived(bench, course)
        said = await bench.said("pricing.changed")
        added = {row["revision"]: row for row in await history(bench)}
        closed = {row["closed_by"]: row for row in added.values() if row["closed_by"]}
        assert {event.revision for event in said} == added.keys() | closed.keys()
        for event in said:
            if event.new:
                assert added[event.revision]["effective_date"] == event.effective_date
                assert _rates(added[event.revision]) == event.new.rates
            if event.old:
                assert closed[event.revision]["end_date"] == event.effective_date
                assert _rates(closed[event.revision]) == event.old.rates


def _rates(row: Any) -> dict[str, Decimal]:
    return {name: Decimal(rate) for name, rate in row["rates"].items()}


@a_hundred
@given(course=courses, on=st.integers(-1, 6), hour=st.integers(1, 23))
async def test_property_38_the_past_costs_what_it_cost_then(stage: Stage, course: Any, on: int, hour: int) -> None:
    at = day(on) + timedelta(hours=hour - 2)
    async with stage.registry() as bench:
        then: dict[Any, Any] = {}
        for number, read in enumerate(course):
            await bench.sync(number, enriched(model(prices=read), on=number), closing("swift-1", on=number))
            if day(number) <= at:
                found = await bench.pool.fetch("SELECT tier, context_limit, rates FROM model_pricing")
                then = {(row["tier"], row["context_limit"]): _rates(row).get("input") for row in found}
        shown = await bench.get("/api/models/swift-1", at=at.isoformat())
        costs = {(row["tier"], row["contextLimit"]): row["inputCostPerMillion"] for row in shown["pricing"]}
        assert {key: None if c is None else Decimal(str(c)) for key, c in costs.items()} == then


@a_hundred
@given(course=courses, months=st.integers(0, 11))
async def test_property_39_a_price_of_the_last_twelve_months_is_kept(stage: Stage, course: Any, months: int) -> None:
    async with stage.registry() as bench:
        await lived(bench, course)
        before = len(await history(bench))
        bench.now = START + timedelta(days=30 * months)
        await bench.sync(400, closing("other", on=400))
        await bench.registry.bring_into_force()
        assert len(await history(bench)) == before
