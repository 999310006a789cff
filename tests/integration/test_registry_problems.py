"""Every error is problem details: unknown paths, wrong methods, bodies and values, too much, and faults of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import asyncpg
import httpx
import pytest
from registry_bench import KEY, Bench, a_bench

ADMIN = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url) as made:
        await made.key_watch.look()
        yield made


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
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
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


@pytest.mark.parametrize(("fault", "status"), [(ValueError("hunter2"), 500), (asyncpg.InterfaceError("hunter2"), 503)])
async def test_faults_of_our_own_say_nothing_of_the_inside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(bench.catalogue, "versions", fails)
    monkeypatch.setattr(bench.catalogue, "ids", fails)
    answer = await ask(bench, "GET", "/api/models/x")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "hunter2" not in answer.text


async def test_each_guarded_route_says_how_it_refuses_and_how_keys_are_sent(bench: Bench) -> None:
    described = (await ask(bench, "GET", "/docs/openapi.json")).json()
    assert described["components"]["securitySchemes"].keys() == {"bearer", "apiKey"}
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            wanted = set() if path.startswith("/health") else {"401", "403"} if "/admin/" in path else {"401"}
            assert wanted <= route["responses"].keys(), (method, path)
            assert bool(route.get("security")) == bool(wanted), (method, path)
