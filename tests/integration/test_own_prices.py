"""Prices that the operator sets by hand: charged instead of the list's, kept through every sync, shown as such."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from registry_bench import KEY, Bench
from registry_events import closing, day, enriched, model, price

from ratecard_shared.codec import decode
from ratecard_shared.events import AlertRaised, EnrichedModel, MatchExplained

OWN = "/api/admin/own-prices"
PATH = "/api/models/swift-1"


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("2", "8"), price("1", "4", tier="batch")])), closing("swift-1"))
    return bench


async def admin(bench: Bench, path: str = OWN, status: int = 200, **body: Any) -> Any:
    async with bench.client() as client:
        answer = await client.post(path, json=body, headers={"X-API-Key": KEY})
    assert answer.status_code == status, answer.text
    return answer.json()


async def own(bench: Bench, status: int = 201, **more: Any) -> Any:
    asked = {
        "provider": "acme",
        "model": "swift-1",
        "kind": "negotiated",
        "rates": {"input": 1.5, "output": 6},
        "note": "the yearly contract",
        "evidence": {"text": "contract 4711, page 3: $1.50 and $6"},
    }
    return await admin(bench, status=status, **asked | more)


async def cost(bench: Bench, **more: Any) -> Any:
    line = {"model": "swift-1", "usage": {"input": 1_000_000}, **more.pop("line", {})}
    async with bench.client() as client:
        answer = await client.post("/api/cost", json={"usages": [line], **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def charged(bench: Bench, **line: Any) -> Any:
    answer = await cost(bench, line=line)
    return answer["lines"][0]["cost"]


async def standard(bench: Bench, **query: Any) -> Any:
    return (await bench.get(PATH, **query))["pricing"][0]


async def alerts(bench: Bench) -> list[AlertRaised]:
    rows = await bench.pool.fetch("SELECT body FROM outbox WHERE topic = 'alert.raised' ORDER BY id")
    return [decode(row["body"], AlertRaised) for row in rows]


async def test_a_negotiated_rate_is_charged_and_shown_as_such_with_the_list_beside_it(bench: Bench) -> None:
    bench.now = day(1)
    made = await own(bench)
    assert (made["number"], made["state"], made["recordedBy"]) == (1, "in_force", "administrator")
    shown = await bench.get(PATH)
    assert shown["inputCostPerMillion"] == 1.5
    row = shown["pricing"][0]
    assert (row["source"], row["own"]["kind"], row["own"]["note"]) == ("own", "negotiated", "the yearly contract")
    assert row["evidence"]["text"].startswith("contract 4711")
    assert (row["insteadOf"]["source"], row["insteadOf"]["inputCostPerMillion"]) == ("list", 2)
    assert [one["source"] for one in shown["pricing"]] == ["own", "list"]
    answer = await cost(bench)
    used = answer["prices"][str(answer["lines"][0]["priceId"])]
    assert (answer["lines"][0]["cost"], used["source"], used["own"]["number"]) == (1.5, "own", 1)
    assert used["insteadOf"]["inputCostPerMillion"] == 2
    entry = (await bench.get(f"{PATH}/pricing-history"))["data"][-1]
    assert (entry["source"], entry["kind"], entry["id"]) == ("own", "negotiated", answer["lines"][0]["priceId"])
    assert (await cost(bench, own=False))["lines"][0]["cost"] == 2


async def test_it_holds_from_its_day_to_its_day_by_what_was_known(bench: Bench) -> None:
    bench.now = day(3)
    await own(bench, effectiveFrom=day(1).isoformat(), effectiveUntil=day(5).date().isoformat())
    assert await charged(bench, when=day(0).isoformat()) == 2
    assert await charged(bench, when=day(1).isoformat()) == 1.5
    assert await charged(bench, when="2031-03-06T23:59:59Z") == 1.5
    assert await charged(bench, when="2031-03-07T00:00:00Z") == 2
    then = await cost(bench, knownAt=day(2).isoformat())
    assert then["lines"][0]["cost"] == 2
    assert (await standard(bench, at=day(2).isoformat()))["source"] == "own"
    assert (await standard(bench, at=day(2).isoformat(), knownAt=day(2).isoformat()))["source"] == "list"


async def test_no_sync_ends_or_overwrites_it_and_the_list_keeps_its_own_history(bench: Bench) -> None:
    bench.now = day(1)
    await own(bench)
    for on in range(2, 6):
        await bench.sync(on, enriched(model(prices=[]), on=on), closing("swift-1", on=on))
    row = await standard(bench)
    assert (row["inputCostPerMillion"], row["insteadOf"]) == (1.5, None)
    await bench.sync(7, enriched(model(prices=[price("3", "9")]), on=7), closing("swift-1", on=7))
    row = await standard(bench)
    assert (row["inputCostPerMillion"], row["insteadOf"]["inputCostPerMillion"]) == (1.5, 3)
    said = [event for event in await bench.said("pricing.changed") if event.tier == "standard"]
    assert [
        (one.source, one.kind, one.old and one.old.rates["input"], one.new and one.new.rates["input"]) for one in said
    ] == [
        ("list", "first_seen", None, 2),
        ("own", "changed", 2, 1.5),
        ("list", "changed", 1.5, 1.5),
        ("list", "changed", 1.5, 1.5),
    ]
    assert [one.list_price and one.list_price.rates["input"] for one in said[1:]] == [2, None, 3]
    await admin(bench, f"{OWN}/1/end", reason="cancelled")
    assert (await standard(bench))["inputCostPerMillion"] == 3
    last = (await bench.said("pricing.changed"))[-1]
    assert (last.source, last.kind, last.old.rates["input"], last.new.rates["input"]) == ("own", "changed", 1.5, 3)
    assert await charged(bench, when=day(6).isoformat()) == 1.5


async def test_a_scheduled_one_comes_into_force_on_its_day_with_its_event_and_ends_on_its_day(bench: Bench) -> None:
    bench.now = day(1)
    await own(bench, effectiveFrom="2031-03-10", effectiveUntil="2031-03-11")
    shown = await bench.get(PATH)
    assert shown["inputCostPerMillion"] == 2
    assert [row["source"] for row in shown["scheduledPricing"]] == ["own"]
    assert await charged(bench, when="2031-03-10T12:00:00Z") == 1.5
    bench.now = day(0).replace(day=10, hour=0)
    assert await bench.registry.bring_into_force() == 1
    assert (await bench.get(PATH))["inputCostPerMillion"] == 1.5
    bench.now = day(0).replace(day=12, hour=0)
    assert await bench.registry.bring_into_force() == 1
    assert await bench.registry.bring_into_force() == 0
    assert (await bench.get(PATH))["inputCostPerMillion"] == 2
    said = [event for event in await bench.said("pricing.changed") if event.source == "own"]
    assert [(one.kind, one.own.state) for one in said] == [
        ("scheduled", "scheduled"),
        ("changed", "in_force"),
        ("changed", "ended"),
    ]
    assert [one.revision for one in await bench.said("pricing.changed")] == [2, 3, 4, 5, 6]


async def test_a_correction_holds_since_what_was_misread_and_an_alert_tells_when_the_page_differs(bench: Bench) -> None:
    await bench.sync(1, enriched(model(prices=[price("2000", "8")]), on=1), closing("swift-1", on=1))
    bench.now = day(3)
    refused = await own(bench, 409, kind="correction", rates={"input": 2, "output": 8})
    assert "as if a unit had slipped by 1,000" in refused["detail"]
    made = await own(bench, kind="correction", rates={"input": 2, "output": 8}, force=True)
    assert (made["effectiveDate"], made["corrects"]["inputCostPerMillion"]) == ("2031-03-02T02:00:00Z", 2000)
    assert await charged(bench, when=day(2).isoformat()) == 2
    assert (await cost(bench, knownAt=day(2).isoformat()))["lines"][0]["cost"] == 2000
    assert (await bench.said("pricing.changed"))[-1].kind == "corrected"
    await bench.sync(4, enriched(model(prices=[price("2000", "8")]), on=4), closing("swift-1", on=4))
    assert await alerts(bench) == []
    await bench.sync(5, enriched(model(prices=[price("2.5", "8")]), on=5), closing("swift-1", on=5))
    (alert,) = await alerts(bench)
    assert alert.kind == "own_price.list_differs"
    assert "says something else now" in alert.summary
    assert await charged(bench) == 2


async def test_what_is_withdrawn_was_never_charged_and_the_past_says_what_was_believed(bench: Bench) -> None:
    bench.now = day(1)
    await own(bench)
    bench.now = day(3)
    gone = await admin(bench, f"{OWN}/1/withdraw", reason="the wrong contract")
    assert (gone["state"], gone["reason"]) == ("withdrawn", "the wrong contract")
    assert await charged(bench, when=day(2).isoformat()) == 2
    assert (await cost(bench, line={"when": day(2).isoformat()}, knownAt=day(2).isoformat()))["lines"][0]["cost"] == 1.5
    assert "withdrawn already" in (await admin(bench, f"{OWN}/1/withdraw", 409))["detail"]
    actions = await bench.pool.fetch("SELECT action FROM audit_log ORDER BY id")
    assert [row["action"] for row in actions] == ["own_price.record", "own_price.withdraw"]


async def test_an_end_is_another_version_and_what_was_agreed_is_above_a_correction(bench: Bench) -> None:
    bench.now = day(1)
    await own(bench)
    await own(bench, kind="correction", rates={"input": 2.5, "output": 8})
    row = await standard(bench)
    beside = row["insteadOf"]
    assert (row["inputCostPerMillion"], beside["inputCostPerMillion"], beside["own"]["kind"]) == (
        1.5,
        2.5,
        "correction",
    )
    assert beside["insteadOf"]["inputCostPerMillion"] == 2
    bench.now = day(5)
    ended = await admin(bench, f"{OWN}/1/end", at=day(4).isoformat())
    assert [one["endDate"] for one in ended["versions"]] == [None, "2031-03-05T02:00:00Z"]
    assert await charged(bench, when=day(3).isoformat()) == 1.5
    assert await charged(bench, when=day(4).isoformat()) == 2.5
    assert (await cost(bench, line={"when": day(4).isoformat()}, knownAt=day(4).isoformat()))["lines"][0]["cost"] == 1.5


async def test_the_same_once_more_is_the_same(bench: Bench) -> None:
    bench.now = day(1)
    first = await own(bench)
    bench.now = day(2)
    assert (await own(bench, 200))["number"] == first["number"]
    async with bench.client() as client:
        listed = (await client.get(OWN, params={"state": "in_force"}, headers={"X-API-Key": KEY})).json()
    assert [one["number"] for one in listed["data"]] == [1]


async def test_exports_have_own_prices_unless_told_otherwise(bench: Bench) -> None:
    bench.now = day(2)
    await own(bench, effectiveFrom="2031-03-02", effectiveUntil="2031-03-04")
    current = (await bench.get("/api/export/llm-prices/current-v1.json"))["prices"]
    assert [one["input"] for one in current] == [1.5]
    current = (await bench.get("/api/export/llm-prices/current-v1.json", own=False))["prices"]
    assert [one["input"] for one in current] == [2]
    past = (await bench.get("/api/export/llm-prices/historical-v1.json"))["prices"]
    assert [(one["input"], one["from_date"], one["to_date"]) for one in past] == [
        (2, "2031-03-01", "2031-03-02"),
        (1.5, "2031-03-02", "2031-03-05"),
        (2, "2031-03-05", None),
    ]
    past = (await bench.get("/api/export/llm-prices/historical-v1.json", own=False))["prices"]
    assert [(one["input"], one["to_date"]) for one in past] == [(2, None)]


async def test_it_goes_on_with_the_model_that_an_api_names(bench: Bench) -> None:
    page = model("Swift Two", [price("3", "9")], found_on_page=True)
    await bench.sync(1, enriched(page, on=1), closing("swift-1", "Swift Two", on=1))
    await own(bench, model="Swift Two")
    named: EnrichedModel = model(
        "swift-2", [price("3", "9")], match=MatchExplained(name="Swift Two", method="exact", score=100.0)
    )
    await bench.sync(2, enriched(named, on=2), closing("swift-1", "swift-2", on=2))
    row = (await bench.get("/api/models/swift-2"))["pricing"][0]
    assert (row["inputCostPerMillion"], row["insteadOf"]["inputCostPerMillion"]) == (1.5, 3)
    said = await bench.said("pricing.changed")
    assert [(one.kind, one.new and one.new.rates["input"]) for one in said if one.model_id == "Swift Two"][-1] == (
        "withdrawn",
        None,
    )
    assert [(one.kind, one.new.rates["input"]) for one in said if one.model_id == "swift-2"] == [
        ("first_seen", 3),
        ("changed", 1.5),
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rates": {"input": "NaN"}}, "no number"),
        ({"rates": {"input": -1}}, "less than nothing"),
        ({"rates": {"inputs": 1}}, "no component is called inputs"),
        ({"rates": {"cachedInput": 1, "cached_input": 1}}, "named twice"),
        ({"rates": {}}, "neither `rates` nor `free`"),
        ({"free": True}, "a rate above zero"),
        ({"evidence": {}}, "`evidence` needs"),
        ({"evidence": {"url": "javascript:alert(1)"}}, "no http or https address"),
        ({"currency": "dollars"}, "three capital letters"),
        ({"tier": "Batch Tier"}, "small letters"),
        ({"effectiveFrom": "soon"}, "effectiveFrom"),
        ({"effectiveFrom": "2031-04-01", "effectiveUntil": "2031-03-01"}, "is over when it begins"),
    ],
)
async def test_what_is_wrong_is_told(bench: Bench, wrong: dict[str, Any], says: str) -> None:
    assert says in (await own(bench, 400, **wrong))["detail"]


@pytest.mark.parametrize(
    ("doubtful", "says"),
    [
        ({"input": 0, "output": 6}, "input is zero"),
        ({"input": 1, "cachedInput": 2}, "dearer than input"),
        ({"input": 2000}, "a unit had slipped by 1,000"),
        ({"input": 0.000002}, "a unit had slipped by 1,000,000"),
    ],
)
async def test_what_looks_like_a_slip_is_only_taken_with_force(bench: Bench, doubtful: Any, says: str) -> None:
    refused = await own(bench, 409, rates=doubtful)
    assert says in refused["detail"]
    assert "force" in refused["detail"]
    await own(bench, 201, rates=doubtful, force=True)


async def test_a_model_that_is_none_and_a_day_that_cannot_be_are_told(bench: Bench) -> None:
    assert "no model" in (await own(bench, 404, model="swift-9"))["detail"]
    bench.now = day(1)
    await own(bench, effectiveUntil=date(2031, 3, 10).isoformat())
    assert "withdraw it" in (await admin(bench, f"{OWN}/1/end", 409, at="2031-03-01"))["detail"]
    assert "record another" in (await admin(bench, f"{OWN}/1/end", 409, at="2031-04-01"))["detail"]
    assert "no own price 9" in (await admin(bench, f"{OWN}/9/end", 404))["detail"]
