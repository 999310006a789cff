"""Several processes of the registry at once: none goes back behind what was answered before, whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from registry_bench import Bench
from registry_events import closing, day, enriched, model, price
from registry_stage import OneConnection

from ratecard_registry.versions import Versions
from ratecard_shared.database import open_pool
from ratecard_shared.settings import DatabaseSettings


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
    return bench


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
            assert other.versions.heeding
            await end_listeners(bench)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(heeding, 5)
            assert not other.versions.heeding


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
            process.memory.clear()

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
            (amount,) = await process.costs([{"model": "swift-1", "usage": {"input": 1_000_000}}])
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
