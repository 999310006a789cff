"""Answers from memory: tagged, asked for once however many wait, and never older than one that was given before."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from registry_bench import KEY, Bench, a_bench
from registry_events import closing, enriched, model, price

from ratecard_shared.database import open_pool
from ratecard_shared.settings import DatabaseSettings

READS = [
    "/api/models",
    "/api/models?provider=acme&limit=1",
    "/api/models/swift-1",
    "/api/models/swift-1?at=2031-03-01T02:00:00Z",
    "/api/models/swift-1?at=2040-01-01",
    "/api/models/swift-1/pricing-history",
    "/api/resolve?model=swift-1",
    "/api/changes",
    "/api/export/litellm.json",
    "/api/export/genai-prices.json",
    "/api/export/openrouter/v1/models?limit=1",
    "/api/export/prices.csv",
    "/web/models.json",
    "/docs/openapi.json",
]


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
    return bench


async def ask(bench: Bench, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with bench.client() as client:
        return await client.request(method, path, headers={n.replace("_", "-"): v for n, v in headers.items()})


@pytest.mark.parametrize("path", READS)
async def test_every_read_has_a_strong_tag_and_is_not_sent_twice(bench: Bench, path: str) -> None:
    first = await ask(bench, path)
    assert first.status_code == 200, first.text
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    for condition in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await ask(bench, path, If_None_Match=condition)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), condition
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert "Content-Length" not in again.headers
    assert (await ask(bench, path, If_None_Match='"other"')).content == first.content


@pytest.mark.parametrize("path", READS)
async def test_an_unchanged_sync_changes_no_tag_and_a_change_does(bench: Bench, path: str) -> None:
    before = (await ask(bench, path)).headers["ETag"]
    await bench.sync(1, enriched(model(prices=[price("1")]), on=1), closing("swift-1", on=1))
    assert (await ask(bench, path)).headers["ETag"] == before
    await bench.sync(2, enriched(model(prices=[price("2")], context_window=9), on=2), closing("swift-1", on=2))
    await bench.pool.execute("UPDATE outbox SET published_at = now(), published_in = 1")
    fixed = {"/api/models/swift-1?at=2031-03-01T02:00:00Z", "/api/resolve?model=swift-1", "/docs/openapi.json"}
    if path not in fixed:
        assert (await ask(bench, path)).headers["ETag"] != before


async def test_who_asks_decides_who_else_may_keep_the_answer(bench: Bench) -> None:
    for headers, whose in (({}, "public"), ({"X_API_Key": KEY}, "private")):
        for _ in range(2):
            answer = await ask(bench, "/api/models", **headers)
            assert answer.headers["Cache-Control"] == f"{whose}, max-age=1, must-revalidate"
            assert answer.headers["Vary"] == "Authorization, X-API-Key"
    for path in ("/api/models/nothing", "/api/models?limit=0"):
        assert (await ask(bench, path)).headers["Cache-Control"] == "no-store"


async def test_an_answer_in_memory_is_not_for_those_who_may_not_read(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=False) as bench:
        await bench.sync(0, enriched(model(prices=[price("1")])))
        assert (await ask(bench, "/api/models", X_API_Key=KEY)).status_code == 200
        for headers in ({}, {"X_API_Key": "wrong"}, {"If_None_Match": "*"}):
            answer = await ask(bench, "/api/models", **headers)
            assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")


async def test_head_says_what_get_says_without_a_body(bench: Bench) -> None:
    whole, head = await ask(bench, "/api/models"), await ask(bench, "/api/models", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert {**whole.headers} == {**head.headers}


@pytest.mark.parametrize(
    "path", ["/api/models", "/api/models/nothing", "/health", "/", "/docs", "/nowhere", "/api/admin/keys"]
)
async def test_every_answer_carries_security_headers(bench: Bench, path: str) -> None:
    answer = await ask(bench, path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    of_pages = {"permissions-policy", "cross-origin-opener-policy", "referrer-policy"} & answer.headers.keys()
    if path.startswith("/api/"):  # data is no document: nothing may be done with it
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert not of_pages
    else:
        assert len(of_pages) == 3
    assert "Strict-Transport-Security" not in answer.headers


async def test_a_large_body_is_refused_before_it_is_read(bench: Bench) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65_536

    async with bench.client() as client:
        declared = await client.post("/api/cost", content=b" " * 10_485_760)
        streamed = await client.post("/api/cost", content=endless(), headers={"Content-Type": "application/json"})
    for answer in (declared, streamed):
        assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json"), answer.text
    assert sent < 200


async def test_requests_are_counted_and_traced_by_route_whoever_answers_them(bench: Bench) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    bench.app._tracer = provider.get_tracer("test")  # noqa: SLF001  # as the settings would
    route, parent = "/api/models/{name}", "0af7651916cd43dd8448eb211c80319c"
    before = [observed("GET", route, status) for status in (200, 304, 404)]
    tag = (await ask(bench, "/api/models/swift-1", traceparent=f"00-{parent}-b7ad6b7169203331-01")).headers["ETag"]
    await ask(bench, "/api/models/swift-1")
    await ask(bench, "/api/models/swift-1", If_None_Match=tag)
    await ask(bench, "/api/models/nothing")
    assert [observed("GET", route, status) for status in (200, 304, 404)] == [
        one + more for one, more in zip(before, (2, 1, 1), strict=True)
    ]
    told = spans.get_finished_spans()
    assert {span.name for span in told} == {f"GET {route}"}
    assert [span.attributes["http.response.status_code"] for span in told if span.attributes] == [200, 200, 304, 404]
    assert f"{told[0].context.trace_id:032x}" == parent


def observed(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("ratecard_http_request_seconds_count", labels) or 0


@asynccontextmanager
async def counted(database_url: str, redis_url: str) -> AsyncIterator[tuple[Bench, Counter[str]]]:
    """Give a registry whose queries are counted by the table that they read."""
    seen: Counter[str] = Counter()

    def note(record: Any) -> None:
        seen.update(
            table
            for table in ("models m", "model_pricing", "scheduled_pricing", "pricing_history")
            if table in record.query
        )

    pool = await open_pool(DatabaseSettings(database_url=database_url, database_pool_size=4))
    held = [await pool.acquire() for _ in range(4)]
    for connection in held:
        connection._con.add_query_logger(note)  # noqa: SLF001  # a connection lent is a proxy, and forgets at its return
        await pool.release(connection)
    try:
        async with Redis.from_url(redis_url) as redis:
            yield Bench(pool, redis), seen
    finally:
        await pool.close()


@pytest.mark.parametrize("path", ["/api/models", "/api/models/swift-1", "/api/models/swift-1/pricing-history"])
async def test_however_many_ask_at_once_postgresql_is_asked_once(database_url: str, redis_url: str, path: str) -> None:
    async with counted(database_url, redis_url) as (bench, seen):
        await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
        seen.clear()
        answers = await asyncio.gather(*(ask(bench, path) for _ in range(60)))
        assert {answer.content for answer in answers} == {answers[0].content}
        expected = 2 if path.endswith("history") else 1  # a page and its total
        assert set(seen.values()) == {expected}, seen
        seen.clear()
        await ask(bench, path)
        assert not seen


async def test_a_line_of_a_hot_model_costs_no_query(database_url: str, redis_url: str) -> None:
    async with counted(database_url, redis_url) as (bench, seen):
        await bench.sync(0, enriched(model(prices=[price("1")], aliases=("swift",))), closing("swift-1"))
        usages = [{"model": name, "usage": {"input": 1_000_000}} for name in ("swift-1", "swift")]
        seen.clear()
        costs = await asyncio.gather(*(bench.costs(usages) for _ in range(30)))
        assert {tuple(one) for one in costs} == {(1, 1)}
        assert seen["pricing_history"] == seen["models m"] - 1 == 1, (
            "one for prices, which joins models, and one for names"
        )
        seen.clear()
        assert await bench.costs(usages) == [1, 1]
        assert not seen
        await bench.sync(1, enriched(model(prices=[price("2")], aliases=("swift",)), on=1), closing("swift-1", on=1))
        assert await bench.costs(usages) == [2, 2]
