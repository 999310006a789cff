"""The audit log: every route that changes something leaves a row with who did it, and the rows can be read in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
from aiokafka.errors import KafkaConnectionError
from litestar.routes import HTTPRoute
from registry_bench import KEY, Bench, a_bench
from registry_events import PAGE, closing, day, enriched, model, price

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_registry import audit
from ratecard_registry.access import ADMINISTRATOR, Caller
from ratecard_registry.quarantine import Quarantine

ADMIN: Final = {"Authorization": f"Bearer {KEY}"}
ANY: Final = {"If-Match": "*"}
CONFIG: Final = "/api/admin/scraping-config/{provider:str}"
ACME: Final = Provider(id="acme", name="Acme", pricing=Pricing(pages=(Page(url=PAGE, strategies=("columns",)),)))
ONLY_ASKING: Final = {"POST /api/cost", f"POST {CONFIG}/dry-run"}
Prepare = Callable[[Bench], Awaitable[tuple[str, Any]]]


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(
        database_url, redis_url, quarantine=Quarantine({"acme": ACME}), providers={"acme": ACME}
    ) as made:
        await made.key_watch.look()
        yield made


async def post(bench: Bench, path: str, body: Any = None, *, headers: dict[str, str] = ADMIN) -> Any:
    async with bench.client() as client:
        answer = await client.post(path, headers=headers, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def a_held_price(bench: Bench) -> str:
    for on, amount in enumerate(("1.25", "1250")):
        await bench.sync(on, enriched(model(prices=[price(amount)]), on=on), closing("swift-1", on=on))
    number = await bench.pool.fetchval("SELECT max(id) FROM quarantine")
    return f"/api/admin/quarantine/{number}"


def at(path: str, body: Any) -> Prepare:
    """Say how to call a route that needs nothing before."""

    async def prepare(_bench: Bench) -> tuple[str, Any]:
        return path, body

    return prepare


async def approve(bench: Bench) -> tuple[str, Any]:
    return f"{await a_held_price(bench)}/approve", {"note": "they told us"}


async def reject(bench: Bench) -> tuple[str, Any]:
    return f"{await a_held_price(bench)}/reject", None


async def revoke(bench: Bench) -> tuple[str, Any]:
    made = await post(bench, "/api/admin/keys", {"name": "leaked"})
    return f"/api/admin/keys/{made['id']}/revoke", None


OWN: Final = {
    "provider": "acme",
    "model": "swift-1",
    "kind": "negotiated",
    "rates": {"input": 1},
    "evidence": {"text": "contract 4711"},
}


async def own_price(bench: Bench) -> tuple[str, Any]:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    return "/api/admin/own-prices", OWN


def of_own_price(action: str) -> Prepare:
    """Say how to do something to an own price."""

    async def prepare(bench: Bench) -> tuple[str, Any]:
        made = await post(bench, *await own_price(bench))
        bench.now = day(1)
        return f"/api/admin/own-prices/{made['number']}/{action}", None

    return prepare


async def put_config(_bench: Bench) -> tuple[str, Any]:
    return "/api/admin/scraping-config/acme", {"pages": [{"url": PAGE, "strategies": ["kinds"]}]}


async def deactivate_config(bench: Bench) -> tuple[str, Any]:
    path, body = await put_config(bench)
    async with bench.client() as client:
        assert (await client.put(path, headers={**ADMIN, **ANY}, json=body)).status_code == 200
    return f"{path}/deactivate", None


async def activate_config(bench: Bench) -> tuple[str, Any]:
    path, _ = await deactivate_config(bench)
    return path.replace("/deactivate", "/versions/1/activate"), None


CHANGING: Final[dict[str, tuple[str, Prepare]]] = {
    "POST /api/admin/sync/trigger": ("sync.trigger", at("/api/admin/sync/trigger", {"providers": ["acme"]})),
    "POST /api/admin/quarantine/{entry_id:int}/approve": ("quarantine.approve", approve),
    "POST /api/admin/quarantine/{entry_id:int}/reject": ("quarantine.reject", reject),
    "POST /api/admin/keys": ("keys.create", at("/api/admin/keys", {"name": "billing"})),
    "POST /api/admin/keys/{key_id:int}/revoke": ("keys.revoke", revoke),
    "POST /api/admin/import": ("import", at("/api/admin/import?format=genai-prices", [])),
    f"PUT {CONFIG}": ("scraping-config.put", put_config),
    f"POST {CONFIG}/deactivate": ("scraping-config.deactivate", deactivate_config),
    f"POST {CONFIG}/versions/{{version:int}}/activate": ("scraping-config.activate", activate_config),
    "POST /api/admin/own-prices": ("own_price.record", own_price),
    "POST /api/admin/own-prices/{number:int}/end": ("own_price.end", of_own_price("end")),
    "POST /api/admin/own-prices/{number:int}/withdraw": ("own_price.withdraw", of_own_price("withdraw")),
}
"""How to do each thing that changes something, and what the audit log calls it. A new route belongs here: see below."""


async def test_every_route_that_changes_something_is_tried_here(bench: Bench) -> None:
    routes = {
        f"{method} {route.path}"
        for route in bench.framework.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert routes - ONLY_ASKING == CHANGING.keys(), "say in CHANGING how to call the new route: it must leave a row"


@pytest.mark.parametrize("route", list(CHANGING))
async def test_what_changes_something_leaves_a_row(bench: Bench, route: str) -> None:
    action, prepare = CHANGING[route]
    made = await post(bench, "/api/admin/keys", {"name": "ops", "scopes": ["admin"]})
    path, body = await prepare(bench)
    before = await bench.pool.fetchval("SELECT count(*) FROM audit_log")
    async with bench.client() as client:
        method, headers = route.split(maxsplit=1)[0], {"X-API-Key": made["key"], **ANY}
        answer = await client.request(method, path, headers=headers, json=body)
    assert answer.status_code < 300, answer.text
    rows = await bench.pool.fetch("SELECT * FROM audit_log ORDER BY id OFFSET $1", before)
    assert [(row["action"], row["caller"], row["key_id"], row["outcome"]) for row in rows] == [
        (action, "ops", made["id"], "done")
    ]
    assert rows[0]["target"]


async def test_who_decided_is_shown_with_the_entry(bench: Bench) -> None:
    made = await post(bench, "/api/admin/keys", {"name": "ops", "scopes": ["admin"]})
    path, body = await approve(bench)
    assert (await post(bench, path, body, headers={"X-API-Key": made["key"]}))["decidedBy"] == "ops"
    row = await bench.pool.fetchrow("SELECT * FROM audit_log WHERE action = 'quarantine.approve'")
    assert (row["target"], row["details"]["note"]) == ("acme/swift-1", "they told us")


async def test_what_is_refused_leaves_no_row(bench: Bench) -> None:
    async with bench.client() as client:
        for path in ("/api/admin/quarantine/7/approve", "/api/admin/keys/7/revoke"):
            assert (await client.post(path, headers=ADMIN)).status_code == 404
        wrong = await client.post("/api/admin/sync/trigger", headers=ADMIN, json={"providers": ["nobody"]})
        assert wrong.status_code == 400
    assert await bench.pool.fetchval("SELECT count(*) FROM audit_log") == 0


async def test_a_sync_that_kafka_does_not_take_is_written_down_as_failed(bench: Bench) -> None:
    bench.kafka_fault = KafkaConnectionError()
    async with bench.client() as client:
        assert (await client.post("/api/admin/sync/trigger", headers=ADMIN)).status_code == 503
    (row,) = await bench.pool.fetch("SELECT action, target, outcome FROM audit_log")
    assert tuple(row) == ("sync.trigger", "all providers", "failed")


async def test_an_action_and_its_row_are_one_transaction(bench: Bench) -> None:
    async def act(*, fails: bool) -> None:
        async with bench.pool.acquire() as connection, connection.transaction():
            await audit.record(connection, ADMINISTRATOR, action="a.b", target="x\0y", details={"n": [1, {"m": "\0"}]})
            if fails:
                raise ValueError

    await act(fails=False)
    with pytest.raises(ValueError):  # noqa: PT011  # our own
        await act(fails=True)
    (row,) = await bench.pool.fetch("SELECT caller, key_id, action, target, details, outcome FROM audit_log")
    assert tuple(row) == ("administrator", "environment", "a.b", "xy", {"n": [1, {"m": ""}]}, "done")


async def test_what_was_asked_for_is_settled_once(bench: Bench) -> None:
    row = await audit.record(bench.pool, ADMINISTRATOR, action="a.b", target="it", details={"n": 1}, outcome="asked")
    await audit.settle(bench.pool, row, outcome="done", more=2)
    await audit.settle(bench.pool, row, outcome="failed")
    (kept,) = await bench.pool.fetch("SELECT target, details, outcome FROM audit_log")
    assert tuple(kept) == ("it", {"n": 1, "more": 2}, "done")


async def read(bench: Bench, **query: Any) -> list[int]:
    """Return what all pages show, by what was written down."""
    found: list[int] = []
    async with bench.client() as client:
        cursor: dict[str, str] = {}
        while True:
            answer = await client.get("/api/admin/audit", headers=ADMIN, params={"limit": 3, **query, **cursor})
            page = answer.json()
            assert len(page["data"]) <= 3
            found += [row["details"]["n"] for row in page["data"]]
            if page["nextCursor"] is None:
                return found
            cursor = {"cursor": page["nextCursor"]}


async def test_pages_hold_every_row_once_the_newest_first(bench: Bench) -> None:
    ops = Caller(name="ops", key_id="7")
    for number in range(10):
        who, what = (ops, "a.one") if number % 3 == 0 else (ADMINISTRATOR, "a.two")
        await audit.record(bench.pool, who, action=what, target="it", details={"n": number})
    assert await read(bench) == list(range(9, -1, -1))
    assert await read(bench, caller="ops") == [9, 6, 3, 0]
    assert await read(bench, action="a.two") == [8, 7, 5, 4, 2, 1]
    assert await read(bench, action="a.two", caller="ops") == []


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "9" * 5000}, {"cursor": "-1"}, {"limit": 0}])
async def test_a_made_up_cursor_is_a_clear_error(bench: Bench, query: dict[str, Any]) -> None:
    async with bench.client() as client:
        answer = await client.get("/api/admin/audit", headers=ADMIN, params=query)
    assert answer.status_code == 400, answer.text
