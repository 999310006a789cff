"""Prices through several syncs, as the API shows them: missed, stale, announced, misread, under a page's name."""

from __future__ import annotations

from datetime import date

import msgspec
from registry_bench import Bench
from registry_events import PAGE, closing, day, enriched, model, price

from ratecard_shared.events import (
    MatchExplained,
    PageRead,
    PriceChangeKind,
)


async def test_a_price_on_a_page_that_failed_is_not_missed(bench: Bench) -> None:
    other = "https://prices.example/batch"
    batch = price("0.5", tier="batch")
    assert batch.evidence is not None
    batch = msgspec.structs.replace(batch, evidence=msgspec.structs.replace(batch.evidence, url=other))
    await bench.sync(0, enriched(model(prices=[price(), batch])), closing("swift-1"))
    for on in range(1, 6):
        pages = (PageRead(url=PAGE, fetched_at=day(on)), PageRead(url=other, fetched_at=day(on), error="status 503"))
        await bench.sync(on, enriched(model(prices=[price()]), on=on), closing("swift-1", on=on, pages=pages))
    shown = await bench.get("/api/models/swift-1")
    assert [row["tier"] for row in shown["pricing"]] == ["standard", "batch"]


async def test_a_page_model_that_its_page_forgets_loses_its_prices(bench: Bench) -> None:
    await bench.sync(0, enriched(model("Old", [price()], found_on_page=True)), closing("Old", discovery="disabled"))
    for on in range(1, 4):
        assert (await bench.get("/api/models/Old"))["priceState"] == "priced"
        await bench.sync(on, closing("New", on=on, discovery="disabled"))
    assert (await bench.get("/api/models/Old"))["priceState"] == "unknown"


async def test_models_of_a_sync_that_said_nothing_of_prices_are_stale(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    await bench.sync(1, closing(on=1, discovery="failed", pricing="failed", pages=()))
    shown = await bench.get("/api/models/swift-1")
    assert (shown["priceState"], shown["inputCostPerMillion"]) == ("stale", 1.25)
    assert shown["staleSince"] == "2031-03-02T02:00:00Z"
    assert shown["pricing"][0]["state"] == "stale"
    await bench.sync(2, enriched(model(prices=[price()]), on=2), closing("swift-1", on=2))
    assert (await bench.get("/api/models/swift-1"))["priceState"] == "priced"


async def test_an_announced_price_comes_into_force_by_itself(bench: Bench) -> None:
    page = [price("1"), price("2", effective_from=date(2031, 3, 5))]
    await bench.sync(0, enriched(model(prices=page)), closing("swift-1"))
    shown = await bench.get("/api/models/swift-1")
    assert (shown["inputCostPerMillion"], shown["scheduledPricing"][0]["inputCostPerMillion"]) == (1, 2)
    bench.now = day(3)
    assert await bench.registry.bring_into_force() == 0
    bench.now = day(4)
    assert await bench.registry.bring_into_force() == 1
    assert await bench.registry.bring_into_force() == 0
    shown = await bench.get("/api/models/swift-1")
    assert (shown["inputCostPerMillion"], shown["scheduledPricing"]) == (2, [])
    kinds = [event.kind.value for event in await bench.said("pricing.changed")]
    assert kinds == ["first_seen", "scheduled", "changed"]
    entries = (await bench.get("/api/models/swift-1/pricing-history"))["data"]
    assert [(e["kind"], e["effectiveDate"][:10], (e["endDate"] or "")[:10]) for e in entries] == [
        ("first_seen", "2031-03-01", "2031-03-05"),
        ("changed", "2031-03-05", ""),
    ]


async def test_a_misread_price_is_corrected_and_not_shown_in_the_history(bench: Bench) -> None:
    words = price("1.25").evidence
    await bench.sync(0, enriched(model(prices=[price("125", evidence=words)])))
    await bench.sync(1, enriched(model(prices=[price("1.25", evidence=words)]), on=1))
    (entry,) = (await bench.get("/api/models/swift-1/pricing-history"))["data"]
    assert (entry["kind"], entry["effectiveDate"][:10]) == ("corrected", "2031-03-01")
    assert await bench.pool.fetchval("SELECT count(*) FROM pricing_history") == 2
    assert [event.kind for event in await bench.said("pricing.changed")][-1] is PriceChangeKind.CORRECTED


async def test_a_page_name_answers_under_its_old_name_after_the_merge(bench: Bench) -> None:
    await bench.sync(
        0,
        enriched(model("Swift One", [price("1")], found_on_page=True)),
        enriched(model("swift-1", [price("9")])),
        closing("Swift One", discovery="disabled"),
    )
    match = MatchExplained(name="Swift One", method="normalised", score=100)
    await bench.sync(1, enriched(model("swift-1", [price("1")], match=match), on=1), closing("swift-1", on=1))
    assert (await bench.get("/api/models/Swift One"))["id"] == "swift-1"
    assert [shown["id"] for shown in (await bench.get("/api/models", includeDeprecated="true"))["data"]] == ["swift-1"]
    entries = (await bench.get("/api/models/swift-1/pricing-history"))["data"]
    assert sorted(entry["recordedAs"] for entry in entries) == ["Swift One", "swift-1", "swift-1"]
    changed = [(e.model_id, e.kind.value, e.merged_into) for e in await bench.said("model.changed")]
    assert ("Swift One", "deprecated", "swift-1") in changed


async def test_an_announcement_that_was_not_confirmed_is_not_a_past_price(bench: Bench) -> None:
    announced = price("2", effective_from=date(2031, 3, 3))
    await bench.sync(0, enriched(model(prices=[price("1"), announced])), closing("swift-1"))
    await bench.sync(1, enriched(model(prices=[price("1")]), on=1), closing("swift-1", on=1))
    bench.now = day(4)
    await bench.registry.bring_into_force()
    then = await bench.get("/api/models/swift-1", at="2031-03-04")
    assert then["inputCostPerMillion"] == 1


async def test_an_announced_price_is_shown_for_a_time_to_come(bench: Bench) -> None:
    announced = price("2", effective_from=date(2031, 3, 9))
    await bench.sync(0, enriched(model(prices=[price("1"), announced])), closing("swift-1"))
    assert (await bench.get("/api/models/swift-1", at="2031-03-10"))["inputCostPerMillion"] == 2
    assert (await bench.get("/api/models/swift-1", at="2031-03-08"))["inputCostPerMillion"] == 1
