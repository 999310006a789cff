"""The registry's writing side against PostgreSQL: one transaction, one event per change, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from registry_events import closing, day, enriched, model, price

from ratecard_registry import store, sync_store
from ratecard_registry.handlers import Registry
from ratecard_shared.codec import decode
from ratecard_shared.database import connected, queries
from ratecard_shared.events import MatchExplained, ModelChanged, PriceChangeKind, PricingChanged, SyncCompleted
from ratecard_shared.prices import Evidence


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = day(0)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as opened:
        yield opened


class Bench:
    """The registry on one connection, each batch its own transaction."""

    def __init__(self, connection: asyncpg.Connection, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self.registry = Registry(pool=lambda: None, tell_caches=_nothing, now=clock)

    async def sync(self, on: int, *events: Any) -> None:
        self.clock.now = max(self.clock.now, day(on))
        async with self.connection.transaction():
            await self.registry.apply(self.connection, events)

    async def said(self, topic: str, kind: Any) -> list[Any]:
        rows = await self.connection.fetch("SELECT body FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [decode(row["body"], kind) for row in rows]

    async def prices_said(self) -> list[PricingChanged]:
        return await self.said("pricing.changed", PricingChanged)


async def _nothing() -> None:
    return None


@pytest.fixture
def bench(connection: asyncpg.Connection, clock: Clock) -> Bench:
    return Bench(connection, clock)


@pytest.mark.parametrize("path", [store.QUERIES, sync_store.QUERIES], ids=lambda path: path.stem)
async def test_every_query_fits_the_schema(connection: asyncpg.Connection, path: Any) -> None:
    found = queries(path)
    names = [name for name in found.available_queries if not name.endswith("_cursor")]
    assert names
    for name in names:
        await connection.prepare(getattr(found, name).sql)


async def test_a_new_model_is_stored_with_its_price_and_told(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    row = await bench.connection.fetchrow("SELECT * FROM model_pricing")
    assert row["input_cost_per_million"] == Decimal("1.25")
    (said,) = await bench.prices_said()
    assert (said.kind, said.old, said.revision) == (PriceChangeKind.FIRST_SEEN, None, 2)
    (appeared,) = await bench.said("model.changed", ModelChanged)
    assert appeared.revision == 1
    assert isinstance(said.evidence, Evidence)


async def test_an_unchanged_sync_changes_no_price_row(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    before = await bench.connection.fetch("SELECT xmin, * FROM model_pricing")
    await bench.sync(1, enriched(model(prices=[price()]), on=1), closing("swift-1", on=1))
    assert await bench.connection.fetch("SELECT xmin, * FROM model_pricing") == before
    assert len(await bench.prices_said()) == 1


async def test_a_changed_price_keeps_the_old_one(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1.25")])))
    await bench.sync(1, enriched(model(prices=[price("1.50")]), on=1))
    old, new = await bench.connection.fetch("SELECT * FROM pricing_history ORDER BY id")
    assert (old["effective_date"], old["end_date"], old["closed_by"]) == (day(0), day(1), 3)
    assert (new["effective_date"], new["end_date"], new["revision"]) == (day(1), None, 3)
    first, second = await bench.prices_said()
    assert second.old == first.new


async def test_an_absent_model_is_deprecated_by_a_complete_list_alone(bench: Bench) -> None:
    await bench.sync(0, enriched(model("one")), enriched(model("two")), closing("one", "two"))
    await bench.sync(1, closing("one", on=1, discovery="failed"))
    states = "SELECT id, usability FROM models ORDER BY id"
    assert [row["usability"] for row in await bench.connection.fetch(states)] == ["available", "available"]
    await bench.sync(2, closing("one", on=2))
    assert [row["usability"] for row in await bench.connection.fetch(states)] == ["available", "deprecated"]


async def test_a_sync_is_completed_once_and_again_only_if_it_changed(bench: Bench) -> None:
    await bench.connection.execute(
        "INSERT INTO syncs (sync_id, state, requested_at, started_at, deadline)"
        " VALUES ('sync-0', 'running', $1, $1, $1)",
        day(0),
    )
    await bench.connection.execute(
        "INSERT INTO sync_providers (sync_id, provider, started_at, deadline)"
        " SELECT 'sync-0', unnest(ARRAY['acme', 'zenith']), $1, $1",
        day(0),
    )
    await bench.sync(0, closing("one"))
    assert await bench.said("sync.completed", SyncCompleted) == []
    await bench.sync(0, closing("uno", provider="zenith", discovery="failed", pricing="missing"))
    (said,) = await bench.said("sync.completed", SyncCompleted)
    assert [(p.provider, p.outcome) for p in said.providers] == [("acme", "joined"), ("zenith", "failed")]
    assert not said.success
    await bench.sync(0, closing("uno", provider="zenith", discovery="failed", pricing="missing", generation=2))
    assert len(await bench.said("sync.completed", SyncCompleted)) == 1
    await bench.sync(0, closing("uno", provider="zenith", generation=3))
    assert (await bench.said("sync.completed", SyncCompleted))[-1].success


async def test_a_page_name_lives_on_as_the_model_that_the_api_names(bench: Bench) -> None:
    on_page = model("Swift One", [price("1.25")], found_on_page=True)
    await bench.sync(0, enriched(on_page), closing("Swift One", discovery="disabled"))
    match = MatchExplained(name="Swift One", method="normalised", score=100)
    await bench.sync(1, enriched(model("swift-1", [price("1.25")], match=match), on=1), closing("swift-1", on=1))
    rows = await bench.connection.fetch("SELECT model_id, recorded_as, end_date FROM pricing_history ORDER BY id")
    assert [tuple(row) for row in rows] == [("swift-1", "Swift One", day(1)), ("swift-1", "swift-1", None)]
    kinds = [(said.model_id, said.kind.value) for said in await bench.prices_said()]
    assert kinds == [("Swift One", "first_seen"), ("Swift One", "withdrawn"), ("swift-1", "first_seen")]
