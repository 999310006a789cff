"""Every error is problem details: unknown paths, wrong methods, bodies and values, too much, and faults of our own."""

from __future__ import annotations

import gzip
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.routes import HTTPRoute
from registry_bench import KEY, Bench

ADMIN = {"Authorization": f"Bearer {KEY}"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ENDLESS = "/api/changes/stream"
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "x", "")


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.key_watch.look()
    return bench


def judge(answer: httpx.Response) -> None:
    """Hold that an error is problem details, and no fault of ours."""
    assert answer.status_code < 500, (answer.request.url, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.request.url
        said = answer.json()
        assert (said["type"], said["status"]) == ("about:blank", answer.status_code)
        assert said["title"] == HTTPStatus(answer.status_code).phrase
        assert said["detail"]


async def ask(bench: Bench, method: str, path: str, **more: Any) -> httpx.Response:
    async with bench.client() as client:
        return await client.request(method, path, headers={**ADMIN, **more.pop("headers", {})}, **more)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "api/models",
            "api/models/no",
            "api/changes",
            "api/providers",
            "api/export/litellm.json",
            "api/models?limit=0",
        ),
        *("api/admin/keys", "api/admin/own-prices/77", "health", "health/live", "health/ready"),
        *("docs", "", "nowhere"),
    ],
)
async def test_a_head_is_that_of_the_answer(bench: Bench, path: str) -> None:
    head = await ask(bench, "HEAD", f"/{path}")
    whole = await ask(bench, "GET", f"/{path}")
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers.get("ETag") == whole.headers.get("ETag")
    assert head.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert (await ask(bench, "HEAD", ENDLESS)).status_code == 405


async def test_a_wrong_parameter_is_named_as_it_was_asked(bench: Bench) -> None:
    answer = await ask(bench, "GET", "/api/models", params={"minInputCost": "-1", "priceState": "odd", "limit": "0"})
    assert answer.status_code == 400
    assert sorted(fault["key"] for fault in answer.json()["errors"]) == ["limit", "minInputCost", "priceState"]
    assert "`limit`: Expected `int` >= 1" in answer.json()["detail"]
    other = (await ask(bench, "GET", "/api/admin/own-prices", params={"state": "lost"})).json()
    assert (other["detail"], other["errors"][0]["key"]) == ("`state`: Invalid enum value 'lost'", "state")


@pytest.mark.parametrize("path", ["/api/cost", "/api/admin/keys"])
async def test_a_body_that_cannot_be_read_is_said_to_be_missing_or_compressed(bench: Bench, path: str) -> None:
    missing = await ask(bench, "POST", path)
    assert (missing.status_code, missing.json()["detail"]) == (400, "The body is missing: this route takes JSON")
    body = gzip.compress(b'{"usages": []}')
    compressed = await ask(bench, "POST", path, content=body, headers={"Content-Encoding": "gzip"})
    assert (compressed.status_code, compressed.headers["Accept-Encoding"]) == (415, "identity")
    assert "Content-Encoding" in compressed.json()["detail"]


async def test_whoever_asks_for_options_may_have_a_query(bench: Bench) -> None:
    assert (await ask(bench, "OPTIONS", "/api/models?limit=5")).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("GET", "/docs/nowhere", 404),
        ("GET", "/docs/assets/nowhere", 404),
        ("POST", "/api/admin/keys/x/revoke", 404),
        ("PUT", "/api/models", 405),
        ("POST", "/health", 405),
        ("DELETE", "/api/admin/sync/trigger", 405),
        ("GET", "/api/models?limit=many", 400),
        ("POST", "/api/cost", 400),
    ],
)
async def test_what_is_wrong_has_its_status(bench: Bench, method: str, path: str, status: int) -> None:
    answer = await ask(bench, method, path)
    judge(answer)
    assert answer.status_code == status


async def test_a_wrong_method_says_which_ones_there_are(bench: Bench) -> None:
    assert "GET" in (await ask(bench, "PUT", "/api/models")).headers["Allow"]


async def test_a_body_that_is_too_large_is_told(bench: Bench) -> None:
    answer = await ask(bench, "POST", "/api/admin/keys", content=b"[" + b" " * 20_000_000)
    judge(answer)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (ValueError("hunter2"), 500),
        (asyncpg.InterfaceError("hunter2"), 503),
        (asyncpg.CannotConnectNowError("hunter2"), 503),
    ],
)
async def test_faults_of_our_own_say_nothing_of_the_inside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception, status: int
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(bench.catalogue, "versions", fails)
    monkeypatch.setattr(bench.catalogue, "ids", fails)
    answer = await ask(bench, "GET", "/api/models/rc_put-here-by-mistake")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "hunter2" not in answer.text
    assert "GET /api/models/{" in caplog.text
    assert "by-mistake" not in caplog.text


pieces = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.one_of(
    pieces, st.sampled_from(["0", "-1", "1e999", "9" * 30, "9" * 5000, "true", "2031-03-01", "%00", "\0"])
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | pieces,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(pieces, inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "limit",
    "cursor",
    "at",
    "knownAt",
    "provider",
    "state",
    "action",
    "caller",
    "since",
    "q",
    "sort",
    "model",
    "wait",
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_bad_request_is_a_fault_and_every_refusal_says_why(bench: Bench, data: st.DataObject) -> None:
    routes = {route.path for route in bench.framework.routes if isinstance(route, HTTPRoute)}
    paths = sorted(path for path in routes if path != ENDLESS)
    template = data.draw(st.sampled_from([*paths, "/{anywhere:str}"]))
    path = "/".join(quote(data.draw(values), safe="") if part.startswith("{") else part for part in template.split("/"))
    body = data.draw(st.none() | st.binary(max_size=40) | anything)
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
    answer = await ask(
        bench,
        data.draw(st.sampled_from(METHODS)),
        path,
        params=data.draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=3)),
        headers={"Content-Type": data.draw(st.sampled_from(TYPES))} if sent else {},
        **sent,
    )
    judge(answer)


async def test_each_guarded_route_says_how_it_refuses_and_how_keys_are_sent(bench: Bench) -> None:
    described = (await ask(bench, "GET", "/docs/openapi.json")).json()
    assert described["components"]["securitySchemes"].keys() == {"bearer", "apiKey"}
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            wanted = set() if path.startswith("/health") else {"401", "403"} if "/admin/" in path else {"401"}
            assert wanted <= route["responses"].keys(), (method, path)
            assert bool(route.get("security")) == bool(wanted), (method, path)
