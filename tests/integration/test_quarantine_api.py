"""The admin's routes to the quarantine, over PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from registry_bench import KEY, Bench, a_bench
from registry_events import PAGE, closing, day, enriched, model, price

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_registry.quarantine import Quarantine
from ratecard_shared.events import AlertRaised, Chunk, PriceChangeKind, PricingScraped, SideOutcome
from ratecard_shared.prices import Refusal

ADMIN = {"Authorization": f"Bearer {KEY}"}
ACME = Provider(id="acme", name="Acme", pricing=Pricing(pages=(Page(url=PAGE, strategies=("columns",)),)))


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url, quarantine=Quarantine({"acme": ACME})) as made:
        yield made


async def read(bench: Bench, on: int, amount: str, **fields: Any) -> None:
    """Let the sync of day `on` read this price of the one model."""
    await bench.sync(on, enriched(model(prices=[price(amount, "10", **fields)]), on=on), closing("swift-1", on=on))


async def ask(bench: Bench, path: str, **params: Any) -> Any:
    async with bench.client() as client:
        answer = await client.get(f"/api/admin/{path}", params=params, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decide(bench: Bench, number: int, word: str, body: Any = None) -> tuple[int, Any]:
    async with bench.client() as client:
        answer = await client.post(f"/api/admin/quarantine/{number}/{word}", headers=ADMIN, json=body)
    return answer.status_code, answer.json()


async def test_a_held_price_is_listed_with_its_evidence_old_and_new(bench: Bench) -> None:
    await read(bench, 0, "1.25")
    await read(bench, 1, "1250")
    listed = await ask(bench, "quarantine", provider="acme")
    (held,) = listed["data"]
    assert listed["total"] == 1
    assert (held["modelId"], held["kind"], held["state"], held["seenIn"]) == ("swift-1", "unit", "held", ["sync-1"])
    assert (held["old"]["inputCostPerMillion"], held["new"]["inputCostPerMillion"]) == (1.25, 1250)
    assert "as if a unit had slipped by 1,000" in held["reason"]
    assert held["evidence"]["url"] == PAGE
    assert (await ask(bench, "quarantine", provider="zenith"))["data"] == []
    assert (await ask(bench, "quarantine", state="rejected"))["data"] == []
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1.25


async def test_a_sync_s_end_says_how_many_of_its_prices_are_held(bench: Bench) -> None:
    for on, amount in enumerate(("1.25", "5", None, "5", "5")):
        await bench.scheduled(on, "acme")
        said = enriched(model(prices=[price(amount, "10")] if amount else None), on=on)
        await bench.sync(on, said, closing("swift-1", on=on, pricing="complete" if amount else "failed"))
    ends = [provider for end in await bench.said("sync.completed") for provider in end.providers]
    assert [end.pricing_held for end in ends] == [0, 1, 0, 1, 0], (
        "nothing was read on the third day; the fifth released"
    )
    assert [end.pricing_updated for end in ends] == [1, 0, 0, 0, 1]
    syncs = (await ask(bench, "syncs"))["data"]
    assert [sync["providers"][0]["pricingHeld"] for sync in reversed(syncs)] == [0, 1, 0, 1, 0]


async def test_what_is_decided_later_does_not_change_how_a_sync_ended(bench: Bench) -> None:
    await read(bench, 0, "1.25")
    await bench.scheduled(1, "acme")
    await read(bench, 1, "5")
    assert (await decide(bench, 1, "approve"))[0] == 200
    await bench.pool.execute("UPDATE syncs SET state = 'completed'")  # the scheduler has heard of the end
    assert (await ask(bench, "sync/sync-1"))["result"]["pricingHeld"] == 1


async def test_an_approved_price_is_in_force_with_history_and_event(bench: Bench) -> None:
    await read(bench, 0, "1.25")
    await read(bench, 1, "1250")
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1.25
    (held,) = (await ask(bench, "quarantine"))["data"]
    bench.now = day(3)
    status, entry = await decide(bench, held["id"], "approve", {"note": "they told us"})
    assert status == 200
    assert (entry["state"], entry["note"], entry["decidedBy"]) == ("approved", "they told us", "administrator")
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1250
    first, changed = await bench.said("pricing.changed")
    assert (changed.kind, changed.old, changed.revision) == (PriceChangeKind.CHANGED, first.new, first.revision + 1)
    assert changed.effective_date == day(1)
    history = (await bench.get("/api/models/swift-1/pricing-history"))["data"]
    assert [row["inputCostPerMillion"] for row in history] == [1.25, 1250]
    await read(bench, 4, "1250")
    assert len(await bench.said("pricing.changed")) == 2
    assert (await ask(bench, "quarantine"))["data"] == []


async def test_an_approved_first_price_is_first_seen(bench: Bench) -> None:
    await read(bench, 0, "1.25", currency="EUR")
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == "TBD"
    (held,) = (await ask(bench, "quarantine"))["data"]
    assert (held["kind"], held["old"]) == ("currency", None)
    await decide(bench, held["id"], "approve")
    (said,) = await bench.said("pricing.changed")
    assert (said.kind, said.currency) == (PriceChangeKind.FIRST_SEEN, "EUR")


async def test_a_rejected_price_stays_rejected_while_its_page_says_it(bench: Bench) -> None:
    await read(bench, 0, "1.25")
    await read(bench, 1, "5")
    (held,) = (await ask(bench, "quarantine"))["data"]
    assert (await decide(bench, held["id"], "reject"))[0] == 200
    for on in range(2, 6):
        await read(bench, on, "5")
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1.25
    assert (await ask(bench, "quarantine"))["data"] == []
    assert len((await ask(bench, "quarantine", state="rejected"))["data"]) == 1
    assert len(await alerts(bench)) == 1
    await read(bench, 6, "1.25")
    await read(bench, 7, "5")
    assert [entry["state"] for entry in (await ask(bench, "quarantine", state="all"))["data"]] == ["held", "rejected"]
    assert len(await alerts(bench)) == 2


async def alerts(bench: Bench) -> list[AlertRaised]:
    rows = await bench.pool.fetch("SELECT body FROM outbox WHERE topic = 'alert.raised'")
    return list(rows)


@pytest.mark.parametrize("word", ["approve", "reject"])
async def test_a_disputed_price_is_shown_as_the_last_good_one_until_somebody_decides(bench: Bench, word: str) -> None:
    await read(bench, 0, "1.25")
    await read(bench, 1, "1250")
    shown = await bench.get("/api/models/swift-1")
    assert (shown["inputCostPerMillion"], shown["priceState"]) == (1.25, "stale")
    assert shown["staleSince"].startswith(day(1).isoformat()[:19])
    assert [row["state"] for row in shown["pricing"]] == ["stale"]
    (held,) = (await ask(bench, "quarantine"))["data"]
    assert (await decide(bench, held["id"], word))[0] == 200
    shown = await bench.get("/api/models/swift-1")
    assert (shown["priceState"], shown["staleSince"]) == ("priced", None)
    await read(bench, 2, "1250")
    assert (await bench.get("/api/models/swift-1"))["priceState"] == "priced"


async def test_nothing_is_decided_twice(bench: Bench) -> None:
    await read(bench, 0, "1.25")
    await read(bench, 1, "5")
    (held,) = (await ask(bench, "quarantine"))["data"]
    assert (await decide(bench, held["id"], "approve"))[0] == 200
    for word in ("approve", "reject"):
        status, problem = await decide(bench, held["id"], word)
        assert status == 409
        assert "approved already, by administrator" in problem["detail"]
    assert len(await bench.said("pricing.changed")) == 2


@pytest.mark.parametrize("number", [7, 0, 10**30])
async def test_what_is_not_there_cannot_be_decided(bench: Bench, number: int) -> None:
    assert (await decide(bench, number, "approve"))[0] == 404


async def test_only_administrators_see_and_decide(bench: Bench) -> None:
    async with bench.client() as client:
        for path in ("quarantine", "unmatched"):
            assert (await client.get(f"/api/admin/{path}")).status_code == 401
        assert (await client.post("/api/admin/quarantine/1/approve")).status_code == 401


async def test_unmatched_names_and_models_without_a_price(bench: Bench) -> None:
    await bench.sync(0, closing("kite-1", unmatched_names=("Zeppelin",), unpriced_ids=("kite-1",)))
    (left,) = (await ask(bench, "unmatched", provider="acme"))["data"]
    assert (left["unmatchedNames"], left["unpricedIds"], left["syncId"]) == (["Zeppelin"], ["kite-1"], "sync-0")
    assert (await ask(bench, "unmatched", provider="zenith"))["data"] == []


def scraped(number: int, *reasons: str) -> PricingScraped:
    return PricingScraped(
        event_id=f"p{number}",
        sync_id=f"sync-{number}",
        occurred_at=day(number),
        provider="acme",
        outcome=SideOutcome.COMPLETE,
        chunk=Chunk(attempt_id="1", index=0, total=1, digest=""),
        refused=tuple(Refusal(text=f"Kite {reason}", reason=reason) for reason in reasons),
    )


async def test_refused_pieces_of_pages_are_listed_and_told_once(bench: Bench) -> None:
    await bench.registry.on_pages(scraped(0, "no column is named"))
    await bench.registry.on_pages(scraped(1, "no column is named"))
    assert len(await alerts(bench)) == 1
    await bench.registry.on_pages(scraped(2, "two figures"))
    assert len(await alerts(bench)) == 2
    (piece,) = (await ask(bench, "quarantine", provider="acme"))["refused"]
    assert (piece["text"], piece["reason"], piece["syncId"]) == ("Kite two figures", "two figures", "sync-2")
