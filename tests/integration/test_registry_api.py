"""The registry's API over PostgreSQL and Redis: what it shows, how it pages, whom it lets in, how it fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from registry_bench import KEY, Bench, a_bench
from registry_events import closing, day, enriched, model, price

from ratecard_shared.events import Capability, Usability

ADMIN = {"Authorization": f"Bearer {KEY}"}


async def test_a_model_is_shown_with_exact_prices(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("0.1250", tier="standard"), price("0.05", "0.4", tier="batch")])))
    async with bench.client() as client:
        answer = await client.get("/api/models")
    page = msgspec.json.decode(answer.content, type=dict[str, Any])
    (shown,) = page["data"]
    assert (page["total"], page["nextCursor"]) == (1, None)
    assert shown["id"] == "swift-1"
    assert shown["priceState"] == "priced"
    assert [row["tier"] for row in shown["pricing"]] == ["standard", "batch"]
    assert b'"inputCostPerMillion":0.1250' in answer.content
    assert shown["pricing"][0]["evidence"]["fetchedAt"] == day(0).isoformat().replace("+00:00", "Z")


async def test_other_rates_have_their_unit(bench: Bench) -> None:
    rates = {"input": Decimal(3), "cached_input": Decimal("0.3"), "audio_minute": Decimal("0.006")}
    await bench.sync(0, enriched(model(prices=[price(rates=rates)])))
    (row,) = (await bench.get("/api/models/swift-1"))["pricing"]
    assert row["outputCostPerMillion"] is None
    assert row["rates"]["cachedInput"] == {"amount": 0.3, "unit": "million tokens"}
    assert row["rates"]["audioMinute"] == {"amount": 0.006, "unit": "minute of audio"}


async def test_pages_hold_every_model_once(bench: Bench) -> None:
    names = [f"m{number:03}" for number in range(120)]
    await bench.sync(0, *(enriched(model(name)) for name in names))
    seen, cursor = [], None
    for size in (50, 50, 20):
        page = await bench.get("/api/models", **({"cursor": cursor} if cursor else {}))
        assert (len(page["data"]), page["total"]) == (size, 120)
        seen += [shown["id"] for shown in page["data"]]
        cursor = page["nextCursor"]
    assert seen == names
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["a", "b"]),
        ({"provider": "zenith"}, ["b"]),
        ({"classification": "Coding"}, ["b"]),
        ({"minContextWindow": 100_000}, ["a"]),
        ({"usability": "deprecated"}, ["c"]),
        ({"usability": "preview"}, ["b"]),
        ({"includeDeprecated": "true"}, ["a", "c", "b"]),
        ({"provider": "nobody"}, []),
    ],
)
async def test_filters(bench: Bench, query: dict[str, Any], expected: list[str]) -> None:
    coding = model("b", classification=("coding",), context_window=8_000, usability=Usability.PREVIEW)
    await bench.sync(
        0,
        enriched(model("a")),
        enriched(coding, provider="zenith"),
        enriched(model("c", usability=Usability.DEPRECATED)),
    )
    page = await bench.get("/api/models", **query)
    assert [shown["id"] for shown in page["data"]] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"provider": ["acme", "zenith"], "sort": "id"}, ["a", "b", "c"]),
        ({"provider": "acme,zenith", "sort": "-id"}, ["c", "b", "a"]),
        ({"sort": "inputCost"}, ["b", "a", "c"]),
        ({"sort": "-inputCost"}, ["a", "b", "c"]),
        ({"sort": "inputCost", "at": "2031-03-01T12:00:00Z"}, ["a", "b", "c"]),
        ({"sort": "inputCost", "knownAt": "2031-03-01T12:00:00Z"}, ["a", "b", "c"]),
        ({"maxInputCost": 2}, ["b"]),
        ({"maxInputCost": "2.5"}, ["b"]),
        ({"maxInputCost": 2, "at": "2031-03-01T12:00:00Z"}, ["a", "b"]),
        ({"minInputCost": 3, "at": "2031-03-01T12:00:00Z"}, []),
        ({"priceState": "unknown"}, ["c"]),
        ({"priceState": "unknown", "at": "2031-02-01"}, ["a", "c", "b"]),
        ({"q": "Zen B"}, ["b"]),
        ({"capability": "tools"}, ["b"]),
        ({"capability": "tools,chat"}, []),
    ],
)
async def test_lists_are_sorted_and_filtered_by_the_prices_of_their_time(
    bench: Bench, query: dict[str, Any], expected: list[str]
) -> None:
    tools = model("b", [price("2", "4")], capabilities=(Capability(type="tools"),))
    await bench.sync(
        0, enriched(model("a", [price("1", "4")])), enriched(tools, provider="zenith"), enriched(model("c"))
    )
    await bench.sync(1, enriched(model("a", [price("3", "4")]), on=1), closing("a", "c", on=1))
    page = await bench.get("/api/models", **query)
    assert [shown["id"] for shown in page["data"]] == expected
    assert page["total"] == len(expected)


async def test_a_history_has_pages(bench: Bench) -> None:
    for number in range(5):
        await bench.sync(number, enriched(model(prices=[price(f"{number + 1}")]), on=number))
    path, seen, cursor = "/api/models/swift-1/pricing-history", [], None
    for size in (2, 2, 1):
        page = await bench.get(path, limit=2, **({"cursor": cursor} if cursor else {}))
        assert (len(page["data"]), page["total"]) == (size, 5)
        seen += [entry["inputCostPerMillion"] for entry in page["data"]]
        cursor = page["nextCursor"]
    assert (seen, cursor) == ([1, 2, 3, 4, 5], None)
    async with bench.client() as client:
        first = (await client.get(path, params={"limit": 2})).json()["nextCursor"]
        other = await client.get(path, params={"limit": 2, "cursor": first, "endDate": "2031-03-02"})
    assert (other.status_code, "belongs to other filters" in other.json()["detail"]) == (400, True)


async def test_a_price_that_is_stale_is_so_at_this_time_too(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    await bench.sync(2, enriched(model(prices=None), on=2), closing("swift-1", on=2, pricing="failed"))
    bench.now = day(3)
    assert (await bench.get("/api/models/swift-1"))["priceState"] == "stale"
    now = await bench.get("/api/models/swift-1", at=day(3).isoformat())
    assert (now["priceState"], now["staleSince"], now["pricing"][0]["state"]) == ("stale", now["staleSince"], "stale")
    assert now["staleSince"]
    before = await bench.get("/api/models/swift-1", at=day(1).isoformat())
    assert (before["priceState"], before["staleSince"]) == ("priced", None)


async def test_an_id_may_have_slashes_and_colons(bench: Bench) -> None:
    await bench.sync(0, enriched(model("meta/llama-3:free")), enriched(model("ft:swift:acme::abc")))
    assert (await bench.get("/api/models/meta/llama-3:free"))["id"] == "meta/llama-3:free"
    assert (await bench.get("/api/models/meta%2Fllama-3%3Afree"))["id"] == "meta/llama-3:free"
    assert (await bench.get("/api/models/acme/ft:swift:acme::abc"))["id"] == "ft:swift:acme::abc"
    assert (await bench.get("/api/models/meta/llama-3:free/pricing-history"))["data"] == []


async def test_an_ambiguous_id_names_the_candidates(bench: Bench) -> None:
    await bench.sync(0, enriched(model("twin")), enriched(model("twin"), provider="zenith"))
    async with bench.client() as client:
        answer = await client.get("/api/models/twin")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert [c["provider"] for c in answer.json()["candidates"]] == ["acme", "zenith"]
    assert (await bench.get("/api/models/twin", provider="zenith"))["provider"] == "zenith"
    assert (await bench.get("/api/models/zenith/twin"))["provider"] == "zenith"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/models/nothing", 404),
        ("/api/models/%00", 404),
        ("/api/models?limit=501", 400),
        ("/api/models?limit=1000000000", 400),
        ("/api/models?limit=-1", 400),
        ("/api/models?cursor=garbage", 400),
        ("/api/models?usability=perhaps", 400),
        ("/api/models?maxInputCost=nan", 400),
        ("/api/models?maxInputCost=-1", 400),
        ("/api/models?maxInputCost=cheap", 400),
        ("/api/models?sort=price", 400),
        ("/api/models?currency=dollar", 400),
        ("/api/models/swift-1/pricing-history?cursor=garbage", 400),
        ("/api/models/swift-1/pricing-history?startDate=yesterday", 400),
        ("/api/models/swift-1/pricing-history?startDate=2031-02-01&endDate=2031-01-01", 400),
        ("/nowhere", 404),
    ],
)
async def test_errors_are_problem_details(bench: Bench, path: str, status: int) -> None:
    await bench.sync(0, enriched(model()))
    async with bench.client() as client:
        answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


async def test_history_is_bounded_by_dates(bench: Bench) -> None:
    for number, amount in enumerate(["1", "2", "3"]):
        await bench.sync(number, enriched(model(prices=[price(amount)]), on=number))
    path = "/api/models/swift-1/pricing-history"
    whole = await bench.get(path)
    assert [entry["inputCostPerMillion"] for entry in whole["data"]] == [1, 2, 3]
    assert [entry["endDate"] is None for entry in whole["data"]] == [False, False, True]
    some = await bench.get(path, startDate="2031-03-02", endDate="2031-03-02")
    assert [entry["inputCostPerMillion"] for entry in some["data"]] == [2]
    then = await bench.get("/api/models/swift-1", at="2031-03-02T12:00:00Z")
    assert then["inputCostPerMillion"] == 2
    before = await bench.get("/api/models/swift-1", at="2031-01-01")
    assert (before["priceState"], before["inputCostPerMillion"], before["pricing"]) == ("unknown", "TBD", [])


async def test_admin_routes_need_the_key(bench: Bench) -> None:
    async with bench.client() as client:
        refused = await client.post("/api/admin/sync/trigger")
        wrong = await client.post("/api/admin/sync/trigger", headers={"X-API-Key": "guess"})
        taken = await client.post("/api/admin/sync/trigger", headers={"X-API-Key": KEY})
    assert (refused.status_code, wrong.status_code, taken.status_code) == (401, 401, 202)
    assert taken.headers["location"] == taken.json()["statusUrl"] == "/api/admin/sync/sync-1"


@pytest.mark.parametrize(
    "body",
    [
        {"headers": {"Content-Type": "application/json"}},
        {"json": {}},
        {"json": {"providers": []}},
    ],
)
async def test_a_trigger_without_providers_means_all(bench: Bench, body: dict[str, Any]) -> None:
    headers = {**ADMIN, **body.get("headers", {})}
    async with bench.client() as client:
        answer = await client.post("/api/admin/sync/trigger", **{**body, "headers": headers})
    assert answer.status_code == 202, answer.text
    assert bench.asked[0].providers == ()


async def test_a_trigger_names_the_known_providers(bench: Bench) -> None:
    async with bench.client() as client:
        answer = await client.post("/api/admin/sync/trigger", json={"providers": ["nobody"]}, headers=ADMIN)
    assert answer.status_code == 400
    assert "acme, zenith" in answer.json()["detail"]
    assert bench.asked == []


async def test_a_sync_can_be_followed(bench: Bench) -> None:
    async with bench.client() as client:
        asked = (await client.post("/api/admin/sync/trigger", headers=ADMIN)).json()
        state = (await client.get(asked["statusUrl"], headers=ADMIN)).json()
        assert (state["state"], state["result"]) == ("requested", None)
        await bench.scheduled(1, "acme")
        state = (await client.get(asked["statusUrl"], headers=ADMIN)).json()
        assert (state["state"], state["providers"][0]["state"]) == ("running", "running")
        await bench.sync(1, enriched(model(prices=[price()]), on=1), closing("swift-1", on=1))
        state = (await client.get(asked["statusUrl"], headers=ADMIN)).json()
        assert (state["state"], state["providers"][0]["state"]) == ("running", "completed")  # a request would join it
        await bench.pool.execute("UPDATE syncs SET state = 'completed' WHERE sync_id = 'sync-1'")  # the scheduler heard
        state = (await client.get(asked["statusUrl"], headers=ADMIN)).json()
        assert state["state"] == "completed"
        assert state["result"] | {"timestamp": ""} == {
            "success": True,
            "timestamp": "",
            "modelsDiscovered": 1,
            "modelsUpdated": 0,
            "modelsDeprecated": 0,
            "pricingUpdated": 1,
            "pricingHeld": None,
            "errors": [],
        }
        missing = await client.get("/api/admin/sync/nothing", headers=ADMIN)
        assert missing.status_code == 404


async def test_the_api_describes_itself(bench: Bench) -> None:
    described = await bench.get("/docs/openapi.json")
    assert "/api/models" in described["paths"]
    fields = described["components"]["schemas"]["ModelView"]["properties"]
    assert {"displayName", "priceState", "pricing", "inputCostPerMillion"} <= fields.keys()
    costs = described["components"]["schemas"]["PriceView"]["properties"]["inputCostPerMillion"]
    assert costs == {"oneOf": [{"type": "number"}, {"type": "null"}]}
    assert "examples" not in str(fields)
    assert {"400", "404", "409"} <= described["paths"]["/api/models/{id}"]["get"]["responses"].keys()


async def test_reading_can_need_a_key(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=False) as closed, closed.client() as client:
        assert (await client.get("/api/models")).status_code == 401
        assert (await client.get("/api/models", headers=ADMIN)).status_code == 200
        assert (await client.get("/health")).status_code == 200
