"""Redis in front of the registry: it saves time, and it never shows what is no longer so, or takes the API down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from registry_bench import Bench
from registry_events import closing, enriched, model, price

from ratecard_registry import catalogue
from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import details_key, list_key, pricing_key, stored_models
from ratecard_shared.database import open_pool
from ratecard_shared.settings import DatabaseSettings

PLACE = ("acme", "swift-1")


class Nobody:
    """PostgreSQL that must not be asked."""

    def acquire(self) -> None:
        raise AssertionError("PostgreSQL was asked")


async def test_a_second_read_does_not_ask_postgresql(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.sync(0, enriched(model(prices=[price("0.10")])), closing("swift-1"))
    first = await bench.get("/api/models")
    one = await bench.get("/api/models/swift-1")
    monkeypatch.setattr(bench.catalogue, "_pool", Nobody)
    assert await bench.get("/api/models") == first
    assert await bench.get("/api/models/swift-1") == one


async def test_many_lists_after_a_change_are_read_for_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"swift-{number}" for number in range(30)]
    await bench.sync(0, *(enriched(model(name, prices=[price("0.10")])) for name in names), closing(*names))
    asked: list[int] = []

    async def counted(sql: Any, pool: Any, places: Sequence[Any]) -> Any:
        asked.append(len(places))
        return await stored_models(sql, pool, places)

    monkeypatch.setattr(catalogue, "stored_models", counted)
    await asyncio.gather(*(bench.get("/api/models", limit=limit) for limit in range(1, 9)))
    assert asked == [len(names)]


async def test_values_live_as_long_as_the_mission_says(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    await bench.get("/api/models")
    await bench.get("/health")
    lives = {
        list_key("acme"): 3600,
        details_key(PLACE): 3600,
        pricing_key(PLACE): 3600,
        "pricing:acme:fallback": 604_800,
        "sync:status": 300,
    }
    for key, seconds in lives.items():
        assert seconds - 60 < await bench.redis.ttl(key) <= seconds, key


async def test_the_fallback_is_a_copy_of_the_last_good_prices(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("0.10")])), closing("swift-1"))
    await bench.sync(1, enriched(model(prices=None), on=1), closing("swift-1", on=1, pricing="failed", pages=()))
    kept = msgspec.json.decode(await bench.redis.get("pricing:acme:fallback") or b"")
    assert kept["data"]["swift-1"][0]["inputCostPerMillion"] == 0.1


async def test_a_slow_reader_cannot_bring_back_what_a_sync_has_changed(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.get("/api/models/swift-1")
    keys = [list_key("acme"), details_key(PLACE), pricing_key(PLACE)]
    read_before = {key: await bench.redis.get(key) for key in keys}
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1))
    for key, value in read_before.items():
        await bench.redis.set(key, value or b"")
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 2


async def test_a_crash_before_the_caches_were_told_is_made_up_for(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.get("/api/models/swift-1")
    async with bench.pool.acquire() as connection, connection.transaction():
        await bench.registry.apply(connection, [enriched(model(prices=[price("2")]), on=1)])
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1
    await bench.teller.tell()
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 2


async def test_a_cache_that_forgot_everything_is_filled_again(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])), enriched(model("other"), provider="zenith"))
    await bench.get("/api/models")
    await bench.redis.flushdb()
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1))
    assert len((await bench.get("/api/models"))["data"]) == 2


async def test_a_value_that_nobody_can_read_is_a_miss(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.get("/api/models")
    for key in (list_key("acme"), details_key(PLACE), pricing_key(PLACE)):
        await bench.redis.set(key, b"\xff not json")
    assert (await bench.get("/api/models"))["data"][0]["inputCostPerMillion"] == 1


async def test_without_redis_all_still_works_and_it_is_said_once(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        bench = Bench(pool, nowhere)
        with caplog.at_level(logging.WARNING, "ratecard_registry.cache"):
            for on, amount in enumerate(["1", "2"]):
                await bench.sync(on, enriched(model(prices=[price(amount)]), on=on), closing("swift-1", on=on))
                shown = await bench.get("/api/models")
                assert shown["data"][0]["inputCostPerMillion"] == int(amount)
        health = await bench.get("/health")
        assert (health["status"], health["services"]["redis"]["status"]) == ("degraded", "down")
    await pool.close()
    assert len([record for record in caplog.records if "REDIS_URL" in record.message]) == 1


async def test_what_redis_missed_while_it_was_down_is_told_when_it_is_back(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))
    await bench.get("/api/models/swift-1")
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        apart = Bench(bench.pool, nowhere)
        await apart.sync(1, enriched(model(prices=[price("2")]), on=1))
        assert (await apart.get("/api/models/swift-1"))["inputCostPerMillion"] == 2
    await bench.teller.tell()
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 2


async def test_redis_is_left_alone_for_a_moment_after_a_failure() -> None:
    seconds = 100.0
    async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere:
        cache = Cache(nowhere, clock=lambda: seconds)
        asked = 0

        async def ask() -> None:
            nonlocal asked
            asked += 1
            raise ConnectionError

        for seconds, expected in ((100.0, 1), (101.0, 1), (102.5, 2)):  # noqa: B007  # the clock reads it
            await cache._try(ask, default=None)  # noqa: SLF001  # what it does is the point
            assert asked == expected
        assert not cache.up


async def test_readers_and_syncs_at_once_end_with_what_is_so(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1")])))

    async def read() -> None:
        for _ in range(40):
            await bench.get("/api/models/swift-1")

    async def sync() -> None:
        for on in range(1, 15):
            await bench.sync(on, enriched(model(prices=[price(str(on + 1))]), on=on))

    await asyncio.gather(read(), sync(), read())
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 15
