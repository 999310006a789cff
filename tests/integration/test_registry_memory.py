"""Answers from memory: tagged, asked for once however many wait, and never older than one that was given before."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from registry_bench import KEY, Bench, a_bench
from registry_events import closing, day, enriched, model, price
from registry_stage import OneConnection

from ratecard_registry.versions import Versions
from ratecard_shared.database import open_pool
from ratecard_shared.settings import DatabaseSettings

READS = [
    "/api/models",
    "/api/models?provider=acme&limit=1",
    "/api/models/swift-1",
    "/api/models/swift-1?at=2031-03-01T12:00:00Z",
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
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url) as made:
        await made.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
        yield made


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
    fixed = {"/api/models/swift-1?at=2031-03-01T12:00:00Z", "/api/resolve?model=swift-1", "/docs/openapi.json"}
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
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Permissions-Policy" in answer.headers
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
        costs = await asyncio.gather(*(cost(bench, usages) for _ in range(30)))
        assert {tuple(one) for one in costs} == {(1, 1)}
        assert seen["pricing_history"] == seen["models m"] - 1 == 1, (
            "one for prices, which joins models, and one for names"
        )
        seen.clear()
        assert await cost(bench, usages) == [1, 1]
        assert not seen
        await bench.sync(1, enriched(model(prices=[price("2")], aliases=("swift",)), on=1), closing("swift-1", on=1))
        assert await cost(bench, usages) == [2, 2]


async def cost(bench: Bench, usages: list[dict[str, Any]]) -> list[float]:
    async with bench.client() as client:
        answer = await client.post("/api/cost", json={"usages": usages})
    return [line["cost"] for line in answer.json()["lines"]]


async def test_another_process_hears_of_a_change_at_once_and_after_it_lost_its_connection(bench: Bench) -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        other = Bench(bench.pool, nowhere)
        for on, amount in ((1, 2), (2, 3)):
            heeding = asyncio.create_task(other.versions.heed())
            assert (await other.get("/api/models/swift-1"))["inputCostPerMillion"] == amount - 1
            await asyncio.sleep(0.1)
            async with bench.pool.acquire() as connection, connection.transaction():
                await bench.registry.apply(connection, [enriched(model(prices=[price(str(amount))]), on=on)])
            async with asyncio.timeout(5):
                while (await other.get("/api/models/swift-1"))["inputCostPerMillion"] != amount:  # noqa: ASYNC110  # there
                    await asyncio.sleep(0.01)
            await end_listeners(bench)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(heeding, 5)


async def end_listeners(bench: Bench) -> None:
    ended = await bench.pool.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    assert ended == 1


class Interrupted:
    """The framework's app, in which something happens just before, or just after, it answers."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, *arguments: Any) -> None:
        before, self.before = self.before, None
        if before:
            await before()
        await self.app(*arguments)
        after, self.after = self.after, None
        if after:
            await after()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["read", "read before", "read after", "commit", "tell", "look", "flush", "redis", "forget"]),
        st.integers(0, 1),
        st.sampled_from(["/api/models", "/api/models/swift-1", "/api/models/swift-1?provider=acme", "cost"]),
    ),
    max_size=12,
)


@pytest.fixture
async def processes(database_url: str, redis_url: str) -> AsyncIterator[list[Bench]]:
    """Two processes that share one connection, so that all they do can be rolled back."""
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    async with pool.acquire() as connection, Redis.from_url(redis_url) as redis:
        yield [Bench(cast(Any, OneConnection(connection)), redis) for _ in range(2)]
    await pool.close()


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(steps=STEPS)
async def test_no_process_goes_back_whatever_happens_between_two_reads(
    processes: list[Bench], steps: list[tuple[str, int, str]]
) -> None:
    connection = await processes[0].pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await Course(processes).run(steps)
    finally:
        await transaction.rollback()


class Course:
    """Two processes, what was committed, and the newest that each has shown."""

    def __init__(self, processes: list[Bench]) -> None:
        self.processes = processes
        self.apps = []
        for process in processes:
            app = Interrupted(process.framework)
            process.app._reads._app = app  # noqa: SLF001  # to be there in the middle of an answer
            process.cache._left_alone_until = 0.0  # noqa: SLF001  # Redis is up
            process.forget()
            self.apps.append(app)
        self.committed = 0
        self.shown = [0, 0]
        self.redis = processes[0].redis

    async def run(self, steps: list[tuple[str, int, str]]) -> None:
        await self.redis.flushdb()
        await self.commit()
        for step, which, path in steps:
            await self.step(step, which, path)
        for which, process in enumerate(self.processes):
            await process.versions.look()
            for path in ("/api/models", "/api/models/swift-1", "cost"):
                await self.read(which, path)
                assert self.shown[which] == self.committed

    async def step(self, step: str, which: int, path: str) -> None:
        process = self.processes[which]
        if step.startswith("read"):
            self.apps[which].before = self.commit if step == "read before" else None
            self.apps[which].after = self.commit if step == "read after" else None
            await self.read(which, path)
            self.apps[which].before = self.apps[which].after = None
        elif step == "commit":
            await self.commit()
        elif step == "tell":
            await process.teller.tell()
        elif step == "look":
            await process.versions.look()
        elif step == "flush":
            await self.redis.flushdb()
        elif step == "redis":
            process.cache._left_alone_until = 0.0 if process.cache._left_alone_until else float("inf")  # noqa: SLF001
        else:
            process.memory._state = None  # noqa: SLF001  # as if everything had been pushed out

    async def commit(self) -> None:
        self.committed += 1
        on, process = self.committed, self.processes[0]
        process.now = self.processes[1].now = day(on)
        said: list[Any] = [enriched(model(prices=[price(str(on))]), on=on), closing("swift-1", on=on)]
        connection = await process.pool.acquire()
        async with connection.transaction():
            await process.registry.apply(connection, said)

    async def read(self, which: int, path: str) -> None:
        process = self.processes[which]
        if path == "cost":
            (amount,) = await cost(process, [{"model": "swift-1", "usage": {"input": 1_000_000}}])
        else:
            answer = await process.get(path)
            amount = (answer["data"][0] if "data" in answer else answer)["inputCostPerMillion"]
        assert amount >= self.shown[which], f"{path} went back from {self.shown[which]} to {amount}"
        assert amount <= self.committed
        self.shown[which] = int(amount)


@pytest.mark.slow
async def test_readers_and_syncs_at_once_never_go_back(bench: Bench) -> None:
    shown, over = [1.0], asyncio.Event()

    async def read(path: str) -> None:
        while not over.is_set():
            newest = shown[-1]
            answer = await bench.get(path)
            amount = (answer["data"][0] if "data" in answer else answer)["inputCostPerMillion"]
            assert amount >= newest, path
            shown.append(max(amount, shown[-1]))
            await asyncio.sleep(0.01)

    async def sync() -> None:
        for on in range(1, 11):
            await bench.sync(on, enriched(model(prices=[price(str(on + 1))]), on=on))
            if on % 4 == 0:
                await bench.redis.flushdb()
        over.set()

    paths = ("/api/models", "/api/models/swift-1", "/api/models?limit=1", "/api/models/swift-1?provider=acme")
    await asyncio.gather(sync(), *(read(path) for path in paths))
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 11


async def test_what_is_known_only_grows(database_url: str) -> None:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    versions = Versions(pool=lambda: pool)
    versions.learn({"models:acme": 5})
    known = versions.known
    versions.learn({"models:acme": 4})
    assert versions.known is known
    versions.learn({"models:acme": 6, "models:zenith": 0})
    assert versions.known == {"models:acme": 6, "models:zenith": 0}
    assert known == {"models:acme": 5}
    await pool.close()
