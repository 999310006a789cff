"""The registry's writing side against PostgreSQL: one transaction, one event per change, nothing lost or doubled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from registry_bench import Bench
from registry_events import closing, day, enriched, model, price

from ratecard_registry import evidence, exporting, past, retention, store, sync_store, versions
from ratecard_shared.database import connected, queries
from ratecard_shared.events import MatchExplained, PriceChangeKind
from ratecard_shared.prices import Evidence


@pytest.mark.parametrize(
    "path",
    [
        store.QUERIES,
        sync_store.QUERIES,
        versions.QUERIES,
        evidence.QUERIES,
        past.QUERIES,
        exporting.QUERIES,
        retention.QUERIES,
    ],
    ids=lambda path: path.stem,
)
async def test_every_query_fits_the_schema(database_url: str, path: Any) -> None:
    found = queries(path)
    names = [name for name in found.available_queries if not name.endswith("_cursor")]
    assert names
    async with connected(database_url) as connection:
        for name in names:
            await connection.prepare(getattr(found, name).sql)


async def test_a_new_model_is_stored_with_its_price_and_told(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    row = await bench.pool.fetchrow("SELECT * FROM model_pricing")
    assert row["input_cost_per_million"] == Decimal("1.25")
    (said,) = await bench.said("pricing.changed")
    assert (said.kind, said.old, said.revision) == (PriceChangeKind.FIRST_SEEN, None, 2)
    (appeared,) = await bench.said("model.changed")
    assert appeared.revision == 1
    assert isinstance(said.evidence, Evidence)


async def test_an_unchanged_sync_changes_no_price_row(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    before = await bench.pool.fetch("SELECT xmin, * FROM model_pricing")
    await bench.sync(1, enriched(model(prices=[price()]), on=1), closing("swift-1", on=1))
    assert await bench.pool.fetch("SELECT xmin, * FROM model_pricing") == before
    assert len(await bench.said("pricing.changed")) == 1


async def test_a_changed_price_keeps_the_old_one(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price("1.25")])))
    await bench.sync(1, enriched(model(prices=[price("1.50")]), on=1))
    old, new = await bench.pool.fetch("SELECT * FROM pricing_history ORDER BY id")
    assert (old["effective_date"], old["end_date"], old["closed_by"]) == (day(0), day(1), 3)
    assert (new["effective_date"], new["end_date"], new["revision"]) == (day(1), None, 3)
    first, second = await bench.said("pricing.changed")
    assert second.old == first.new


async def test_an_absent_model_is_deprecated_by_a_complete_list_alone(bench: Bench) -> None:
    await bench.sync(0, enriched(model("one")), enriched(model("two")), closing("one", "two"))
    await bench.sync(1, closing("one", on=1, discovery="failed"))
    states = "SELECT id, usability FROM models ORDER BY id"
    assert [row["usability"] for row in await bench.pool.fetch(states)] == ["available", "available"]
    await bench.sync(2, closing("one", on=2))
    assert [row["usability"] for row in await bench.pool.fetch(states)] == ["available", "deprecated"]


async def test_a_sync_is_completed_once_and_again_only_if_it_changed(bench: Bench) -> None:
    await bench.scheduled(0, "acme", "zenith")
    await bench.sync(0, closing("one"))
    assert await bench.said("sync.completed") == []
    await bench.sync(0, closing("uno", provider="zenith", discovery="failed", pricing="missing"))
    (said,) = await bench.said("sync.completed")
    assert [(p.provider, p.outcome) for p in said.providers] == [("acme", "joined"), ("zenith", "failed")]
    assert not said.success
    await bench.sync(0, closing("uno", provider="zenith", discovery="failed", pricing="missing", generation=2))
    assert len(await bench.said("sync.completed")) == 1
    await bench.sync(0, closing("uno", provider="zenith", generation=3))
    assert (await bench.said("sync.completed"))[-1].success


async def test_a_page_name_lives_on_as_the_model_that_the_api_names(bench: Bench) -> None:
    on_page = model("Swift One", [price("1.25")], found_on_page=True)
    await bench.sync(0, enriched(on_page), closing("Swift One", discovery="disabled"))
    match = MatchExplained(name="Swift One", method="normalised", score=100)
    await bench.sync(1, enriched(model("swift-1", [price("1.25")], match=match), on=1), closing("swift-1", on=1))
    rows = await bench.pool.fetch("SELECT model_id, recorded_as, end_date FROM pricing_history ORDER BY id")
    assert [tuple(row) for row in rows] == [("swift-1", "Swift One", day(1)), ("swift-1", "swift-1", None)]
    kinds = [(said.model_id, said.kind.value) for said in await bench.said("pricing.changed")]
    assert kinds == [("Swift One", "first_seen"), ("Swift One", "withdrawn"), ("swift-1", "first_seen")]
