"""Keys on PostgreSQL: what is kept of one, whom it lets in where, and how soon a revoked one stops everywhere."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.routes import HTTPRoute
from quarantine_yard import ACME
from registry_bench import KEY, Bench, a_bench
from registry_events import day, enriched, model, price

ADMIN = {"Authorization": f"Bearer {KEY}"}
OPEN = {"/health", "/health/live", "/health/ready", "/metrics"}
SHELLS = ("/docs", "/assets", "/models/{", "/changes", "/costs", "/operate")
"""Pages that hold no data: what fills them asks the API."""
DAY = timedelta(days=1)


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url, anonymous_read=False) as made:
        await made.key_watch.look()
        yield made


async def ask(bench: Bench, method: str, path: str, *, key: str = KEY, **more: Any) -> Any:
    async with bench.client() as client:
        return await client.request(method, path, headers={"X-API-Key": key} if key else {}, **more)


async def create(bench: Bench, **wanted: Any) -> dict[str, Any]:
    answer = await ask(bench, "POST", "/api/admin/keys", json={"name": "billing", **wanted})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/api/admin/keys",
        "/api/admin/quarantine",
        "/api/admin/unmatched",
        "/api/admin/own-prices",
        "/api/admin/syncs",
        "/api/admin/audit",
        "/api/admin/scraping-config",
        "/api/admin/scraping-config/acme",
    ],
)
async def test_what_administrators_read_is_theirs_alone_and_not_sent_twice(
    database_url: str, redis_url: str, path: str
) -> None:
    async with a_bench(database_url, redis_url, providers={"acme": ACME}) as bench, bench.client() as client:
        first = await client.get(path, headers={"X-API-Key": KEY})
        assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache"), first.text
        named = {"If-None-Match": first.headers["ETag"]}
        again = await client.get(path, headers={"X-API-Key": KEY, **named})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        head = await client.head(path, headers={"X-API-Key": KEY})
        assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
        refused = await client.get(path, headers=named)
        assert (refused.status_code, refused.headers["Cache-Control"]) == (401, "no-store")


async def test_a_new_key_works_at_once_and_is_shown_once(bench: Bench) -> None:
    made = await create(bench)
    assert made["scopes"] == ["read"]
    assert (made["state"], made["createdBy"], made["expiresAt"]) == ("active", "administrator", None)
    assert (await ask(bench, "GET", "/api/models", key=made["key"])).status_code == 200
    listed = await ask(bench, "GET", "/api/admin/keys")
    assert listed.json()["data"] == [{name: value for name, value in made.items() if name != "key"}]
    assert made["key"] not in listed.text


async def test_only_a_hash_is_kept(bench: Bench) -> None:
    made = await create(bench)
    (row,) = await bench.pool.fetch("SELECT * FROM api_keys")
    assert row["digest"] == hashlib.sha256(made["key"].encode()).digest()
    rows = await bench.pool.fetch("SELECT to_jsonb(k)::text AS text FROM api_keys k")
    rows += await bench.pool.fetch("SELECT to_jsonb(a)::text AS text FROM audit_log a")
    assert len(rows) == 2
    assert not [row["text"] for row in rows if made["key"] in row["text"]]


async def test_a_key_opens_what_its_scopes_say(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    reader, admin = await create(bench), await create(bench, name="ops", scopes=["admin"])
    for key, status in ((reader["key"], 403), (admin["key"], 200), (KEY, 200), ("", 401), ("rc_made-up", 401)):
        assert (await ask(bench, "GET", "/api/admin/keys", key=key)).status_code == status
    for key, status in ((reader["key"], 200), (admin["key"], 200), (KEY, 200), ("", 401), ("made-up", 401)):
        assert (await ask(bench, "GET", "/api/models", key=key)).status_code == status
    refusal = (await ask(bench, "GET", "/api/admin/keys", key=reader["key"])).json()
    assert refusal["status"] == 403
    assert "lacks the scope `admin`" in refusal["detail"]
    refused = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"'/api/admin/keys' is refused to key {reader['id']} ('billing'), which lacks 'admin'" in refused
    assert await bench.pool.fetchval("SELECT count(*) FROM audit_log WHERE action <> 'keys.create'") == 0


async def test_a_revoked_key_stops_here_at_once_and_on_another_replica_a_look_later(
    bench: Bench, database_url: str, redis_url: str
) -> None:
    made = await create(bench)
    async with a_bench(database_url, redis_url, anonymous_read=False) as other:
        assert (await ask(other, "GET", "/api/models", key=made["key"])).status_code == 503
        await other.key_watch.look()
        assert (await ask(other, "GET", "/api/models", key=made["key"])).status_code == 200
        answer = await ask(bench, "POST", f"/api/admin/keys/{made['id']}/revoke")
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
        here = await ask(bench, "GET", "/api/models", key=made["key"])
        assert here.status_code == 401
        assert "was revoked" in here.json()["detail"]
        await other.key_watch.look()
        assert (await ask(other, "GET", "/api/models", key=made["key"])).status_code == 401


async def test_revoking_twice_changes_nothing_and_nobodys_key_is_not_there(bench: Bench) -> None:
    made = await create(bench)
    first = await ask(bench, "POST", f"/api/admin/keys/{made['id']}/revoke")
    bench.now += DAY
    assert (await ask(bench, "POST", f"/api/admin/keys/{made['id']}/revoke")).json() == first.json()
    assert await bench.pool.fetchval("SELECT count(*) FROM audit_log WHERE action = 'keys.revoke'") == 1
    for number in (0, int(made["id"]) + 1, 10**30):
        answer = await ask(bench, "POST", f"/api/admin/keys/{number}/revoke")
        assert answer.status_code == 404
        assert "GET /api/admin/keys" in answer.json()["detail"]


async def test_a_key_ends_on_its_day(bench: Bench) -> None:
    made = await create(bench, expiresAt=day(2).isoformat())
    bench.now = day(2) - timedelta(seconds=1)
    assert (await ask(bench, "GET", "/api/models", key=made["key"])).status_code == 200
    bench.now = day(2)
    answer = await ask(bench, "GET", "/api/models", key=made["key"])
    assert answer.status_code == 401
    assert "expired on" in answer.json()["detail"]
    (listed,) = (await ask(bench, "GET", "/api/admin/keys")).json()["data"]
    assert listed["state"] == "expired"


async def test_use_is_written_down_later(bench: Bench) -> None:
    made = await create(bench)
    await ask(bench, "GET", "/api/models", key=made["key"])
    bench.now = day(1)
    assert await bench.pool.fetchval("SELECT last_used_at FROM api_keys") is None
    await bench.key_watch.note_use()
    assert await bench.pool.fetchval("SELECT last_used_at FROM api_keys") == day(1)
    bench.now = day(2)
    await bench.key_watch.note_use()
    assert await bench.pool.fetchval("SELECT last_used_at FROM api_keys") == day(1)


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "two\nlines"},
        {"name": "x" * 101},
        {"scopes": []},
        {"scopes": ["owner"]},
        {"expiresAt": "2031-03-01T02:00:00"},
        {"expiresAt": "2031-03-01T02:00:00Z"},
        {"expiresAt": "soon"},
        {"key": "rc_mine"},
        [],
    ],
)
async def test_no_key_is_made_of_nonsense(bench: Bench, wanted: Any) -> None:
    body = {"name": "billing", **wanted} if isinstance(wanted, dict) else wanted
    answer = await ask(bench, "POST", "/api/admin/keys", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await bench.pool.fetchval("SELECT count(*) FROM api_keys") == 0


async def test_every_route_but_the_operations_asks_for_a_key(bench: Bench) -> None:
    asked = 0
    for route in bench.framework.routes:
        if not isinstance(route, HTTPRoute) or route.path in {"/", *OPEN} or route.path.startswith(SHELLS):
            continue
        for method in route.methods - {"OPTIONS"}:
            answer = await ask(bench, method, route.path.replace("{", "").replace("}", "").replace(":int", ""), key="")
            if answer.status_code != 404:  # a number is wanted there: the route is asked below
                assert answer.status_code == 401, (method, route.path, answer.text)
                asked += 1
    assert (await ask(bench, "POST", "/api/admin/keys/1/revoke", key="")).status_code == 401
    assert asked >= 15


Steps = st.lists(
    st.tuples(st.sampled_from(["create", "revoke", "pass"]), st.integers(0, 3), st.sampled_from([None, 1, 2])),
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=Steps)
async def test_whatever_was_made_and_revoked_exactly_the_live_keys_open(bench: Bench, steps: Any) -> None:
    bench.now = day(0)
    made: list[tuple[dict[str, Any], Any]] = []
    revoked: set[str] = set()
    for what, which, days in steps:
        if what == "create":
            end = bench.now + days * DAY if days else None
            made.append((await create(bench, **({"expiresAt": end.isoformat()} if end else {})), end))
        elif what == "revoke" and which < len(made):
            await ask(bench, "POST", f"/api/admin/keys/{made[which][0]['id']}/revoke")
            revoked.add(made[which][0]["id"])
        else:
            bench.now += DAY
    for key, end in made:
        live = key["id"] not in revoked and (end is None or bench.now < end)
        answer = await ask(bench, "GET", "/api/models", key=key["key"])
        assert answer.status_code == (200 if live else 401)


async def test_an_open_registry_takes_any_key_that_is_not_its_own_for_none(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=True) as bench:
        await bench.key_watch.look()
        await bench.sync(0, enriched(model(prices=[price()])))
        assert (await ask(bench, "GET", "/api/models", key="sk-whatever")).status_code == 200
        assert (await ask(bench, "GET", "/api/models", key="rc_whatever")).status_code == 401
        answer = await ask(bench, "GET", "/api/admin/keys", key="sk-whatever")
        assert answer.status_code == 401
        assert "scope `admin`" in answer.json()["detail"]
