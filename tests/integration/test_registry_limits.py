"""Limits of requests over several processes that share Redis: never more than the limit, and nobody left out."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from registry_bench import KEY, Bench, a_bench

from ratecard_registry.cache import Cache
from ratecard_registry.front import Limits
from ratecard_registry.limiting import Limiter

WHO = "key:1"
_NAMES = itertools.count()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    limit=st.integers(1, 120),
    order=st.lists(st.integers(0, 3), max_size=200),
)
async def test_all_processes_together_grant_the_limit_and_no_more(redis: Redis, limit: int, order: list[int]) -> None:
    processes = [Limiter(cache=Cache(redis)) for _ in range(4)]
    who = f"key:{next(_NAMES)}"
    allowed = sum([(await processes[one].admit(who, limit)).allowed for one in order])
    assert allowed <= limit
    for process in processes:
        while (await process.admit(who, limit)).allowed:
            allowed += 1
    assert allowed == limit, "tokens were lost, or found, on the way"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(limit=st.integers(20, 400), others=st.integers(1, 3))
async def test_a_caller_of_one_process_gets_all_but_what_others_have_leased(
    redis: Redis, limit: int, others: int
) -> None:
    who = f"key:{next(_NAMES)}"
    for _ in range(others):
        assert (await Limiter(cache=Cache(redis)).admit(who, limit)).allowed
    one, got = Limiter(cache=Cache(redis)), 0
    while (await one.admit(who, limit)).allowed:
        got += 1
    lease = -(-limit // 20)
    assert got >= limit - others * lease


async def test_many_at_once_ask_redis_once_for_a_lease(redis: Redis) -> None:
    cache = Cache(redis)
    limiter, asked = Limiter(cache=cache), 0
    run = cache.run

    async def counted(script: str, key: str, *arguments: str | int) -> object:
        nonlocal asked
        asked += 1
        return await run(script, key, *arguments)

    cache.run = counted  # type: ignore[method-assign]
    verdicts = await asyncio.gather(*(limiter.admit(WHO, 1000) for _ in range(200)))
    assert all(verdict.allowed for verdict in verdicts)
    assert asked == 200 / 50


async def test_a_window_ends_and_the_next_begins_with_the_whole_limit(redis: Redis) -> None:
    processes = [Limiter(cache=Cache(redis), window=0.3) for _ in range(2)]
    for _ in range(3):
        granted: Counter[bool] = Counter()
        for process in [*processes, *processes]:
            for _ in range(10):
                granted[(await process.admit(WHO, 10)).allowed] += 1
        assert granted[True] <= 10
        verdict = await processes[0].admit(WHO, 10)
        assert (verdict.allowed, verdict.left, verdict.seconds) == (False, 0, 1)
        await asyncio.sleep(0.35)
    assert (await processes[0].admit(WHO, 10)).allowed


async def test_without_redis_each_process_grants_the_limit_by_itself() -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        for process in [Limiter(cache=Cache(nowhere)) for _ in range(2)]:
            verdicts = [await process.admit(WHO, 7) for _ in range(9)]
            assert [verdict.allowed for verdict in verdicts] == [True] * 7 + [False] * 2


async def test_losing_redis_in_the_middle_of_a_window_grants_no_process_more_than_the_limit(redis: Redis) -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        cache = Cache(redis)
        limiter = Limiter(cache=cache)
        before = sum([(await limiter.admit(WHO, 40)).allowed for _ in range(25)])
        cache._redis = nowhere  # noqa: SLF001  # as if it were gone
        after = sum([(await limiter.admit(WHO, 40)).allowed for _ in range(60)])
    assert before + after == 40


async def test_a_redis_that_forgot_everything_begins_the_window_anew(redis: Redis) -> None:
    limiter, granted = Limiter(cache=Cache(redis)), 0
    for number in range(200):
        granted += (await limiter.admit(WHO, 40)).allowed
        if number == 20:
            await redis.flushdb()
    assert granted <= 80


async def test_who_asks_too_often_is_told_when_to_come_back(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, limits=Limits(key=3, address=2)) as bench:
        for key, limit in (("", 2), (KEY, 3), ("not-a-key", 0)):
            answers = [await _ask(bench, key) for _ in range(limit + 1)]
            assert [answer.status_code for answer in answers] == [200] * limit + [429], key
            refused = answers[-1]
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            assert refused.json()["title"] == "Too Many Requests"
            assert refused.headers["RateLimit"].startswith('"default";r=0;t=')
            assert refused.headers["X-Content-Type-Options"] == "nosniff"
        async with bench.client() as client:
            assert (await client.get("http://ratecard//api/models")).status_code == 429
            assert (await client.get("/health")).status_code == 200
        assert answers[0].headers["RateLimit-Policy"] == '"default";q=2;w=60'


async def _ask(bench: Bench, key: str) -> httpx.Response:
    async with bench.client() as client:
        return await client.get("/api/models", headers={"X-API-Key": key} if key else {})
