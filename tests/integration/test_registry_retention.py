"""The history's partitions: each ended price lies in its year's, none is dropped unasked or too early (property 39)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from registry_bench import Bench
from registry_events import closing, day, enriched, model, price
from registry_stage import Stage

from ratecard_registry.retention import LEAST_MONTHS, Retention
from ratecard_registry.settings import RegistrySettings
from ratecard_shared.settings import SettingsError, load

NOW = datetime.now(UTC)


def retention(bench: Bench, *, months: int = 0, now: datetime = NOW) -> Retention:
    return Retention(pool=lambda: bench.pool, months=months, now=lambda: now)


async def add(bench: Bench, **given: Any) -> int:
    """Write one row of the history, a price of its own tier, and return its id."""
    row = {"recorded_at": NOW, "effective_date": NOW, "end_date": None, "superseded_at": None, "tier": "t", **given}
    return int(
        await bench.pool.fetchval(
            "INSERT INTO pricing_history (provider, model_id, tier, context_limit, currency, region, rates, kind,"
            " sync_id, recorded_as, revision, effective_date, end_date, end_recorded_at, recorded_at, superseded_at)"
            " VALUES ('acme', 'swift-1', $1, 0, 'USD', 'global', '{}', 'changed', 's', 'swift-1', 1,"
            " $2, $3, $4, $5, $6) RETURNING id",
            row["tier"],
            row["effective_date"],
            row["end_date"],
            row["recorded_at"] if row["end_date"] else None,
            row["recorded_at"],
            row["superseded_at"],
        )
    )


def counted() -> float:
    return REGISTRY.get_sample_value("pricing_history_dropped_total") or 0


async def parts(bench: Bench) -> dict[str, int]:
    rows = await bench.pool.fetch("SELECT tableoid::regclass::text AS part, count(*) FROM pricing_history GROUP BY 1")
    return {row["part"].removeprefix("pricing_history_"): row["count"] for row in rows}


async def test_a_price_moves_to_the_partition_of_its_year_when_it_ends(bench: Bench) -> None:
    await retention(bench, now=day(0)).make_partitions()
    await bench.sync(0, enriched(model(prices=[price("1")])))
    assert await parts(bench) == {"open": 1}
    (first,) = await bench.pool.fetch("SELECT * FROM pricing_history")
    await bench.sync(1, enriched(model(prices=[price("2")]), on=1), closing("swift-1", on=1))
    assert await parts(bench) == {"open": 1, str(day(0).year): 1}
    moved = await bench.pool.fetchrow("SELECT * FROM pricing_history WHERE id = $1", first["id"])
    ended = {"end_date", "end_recorded_at", "closed_by"}
    assert {k: v for k, v in moved.items() if k not in ended} == {k: v for k, v in first.items() if k not in ended}


async def test_partitions_are_made_ahead_and_for_every_year_that_prices_ended_in(bench: Bench) -> None:
    assert await retention(bench).make_partitions() == [NOW.year, NOW.year + 1]
    assert await retention(bench).make_partitions() == []
    year, odd = datetime(2019, 7, 1, tzinfo=UTC), datetime(1066, 7, 1, tzinfo=UTC)
    await add(bench, end_date=year)
    await add(bench, end_date=odd)
    assert await parts(bench) == {"ended_rest": 2}
    assert await retention(bench).make_partitions() == [2019]
    assert await parts(bench) == {"ended_rest": 1, "2019": 1}
    assert await add(bench, end_date=year) > 0
    assert (await parts(bench))["2019"] == 2


async def test_the_edges_of_a_year_lie_in_it(bench: Bench) -> None:
    for second in (-1, 0):
        await add(bench, end_date=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
    await retention(bench).make_partitions()
    assert await parts(bench) == {"2019": 1, "2020": 1}


async def test_one_price_is_in_force_per_key(bench: Bench) -> None:
    await add(bench)
    with pytest.raises(Exception, match="pricing_history_one_in_force"):
        await add(bench)
    await add(bench, end_date=NOW)
    await add(bench, superseded_at=NOW)


ages = st.integers(0, 40)
"""Months ago."""


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=st.lists(st.tuples(ages, ages, st.booleans()), min_size=1, max_size=8),
    months=st.sampled_from([0, LEAST_MONTHS, 18, 30]),
    partitioned=st.booleans(),
)
async def test_property_39_what_is_younger_than_the_bound_is_kept(
    stage: Stage, made: Any, months: int, *, partitioned: bool
) -> None:
    def ago(age: int) -> datetime:
        return NOW - timedelta(days=31 * age, hours=1)

    async with stage.registry() as bench:
        kept = set()
        for number, (ended, recorded, is_open) in enumerate(made):
            end = None if is_open else ago(ended)
            row = await add(bench, tier=str(number), end_date=end, recorded_at=ago(recorded), effective_date=ago(40))
            if not months or is_open or min(ended, recorded) < months:
                kept.add(row)
        if partitioned:
            await retention(bench).make_partitions()
        count = len(made)
        dropped = await retention(bench, months=months).prune()
        left = {row["id"] for row in await bench.pool.fetch("SELECT id FROM pricing_history")}
        assert kept <= left
        assert len(left) == count - dropped
        assert dropped == 0 or months


async def test_an_old_year_goes_whole_is_announced_and_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    old = datetime(2015, 5, 1, tzinfo=UTC)
    for number in range(3):
        await add(bench, tier=str(number), end_date=old, recorded_at=old)
    await add(bench, tier="late", end_date=old.replace(year=2016), recorded_at=NOW)
    await add(bench, tier="misread", superseded_at=old, recorded_at=old)
    await add(bench)
    await retention(bench).make_partitions()
    assert await retention(bench).prune() == 0
    assert (await parts(bench))["2015"] == 3
    before = counted()
    with caplog.at_level(logging.WARNING):
        assert await retention(bench, months=24).prune() == 4
    assert "dropped the partition of 2015 from the price history, 3 rows" in caplog.text
    assert counted() - before == 4
    assert await parts(bench) == {"open": 1, "2016": 1}
    await add(bench, end_date=old, recorded_at=old)
    assert (await parts(bench))["ended_rest"] == 1, "what comes again for a year that went has a place"


@pytest.mark.parametrize("months", ["11", "1", "-12", "a year", "1200"])
def test_less_than_a_year_is_no_setting(months: str) -> None:
    with pytest.raises(SettingsError, match=r"PRICING_HISTORY_RETENTION_MONTHS is .* but it takes .* from 12"):
        load(RegistrySettings, {"PRICING_HISTORY_RETENTION_MONTHS": months})
    assert load(RegistrySettings, {"PRICING_HISTORY_RETENTION_MONTHS": "12"}).pricing_history_retention_months == "12"


async def test_the_database_itself_drops_nothing_younger_than_a_year(bench: Bench) -> None:
    await add(bench, end_date=NOW - timedelta(days=1))
    await retention(bench).make_partitions()
    with pytest.raises(Exception, match="at least 12 months"):
        await bench.pool.fetchval("SELECT pricing_history_drop_year($1, $2)", NOW.year, NOW)
    assert await bench.pool.fetchval("SELECT count(*) FROM pricing_history") == 1
