"""Suspicious prices against PostgreSQL: held back with an alert, released, approved, rejected, withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from quarantine_yard import Yard, costs
from registry_events import closing, day, enriched, evidence, model, price

from ratecard_registry import quarantine
from ratecard_shared.database import connected, queries
from ratecard_shared.events import MatchExplained, PriceChangeKind
from ratecard_shared.prices import PriceRow


@pytest.fixture
async def yard(database_url: str) -> AsyncIterator[Yard]:
    async with connected(database_url) as connection:
        yield Yard(connection)


async def test_every_query_fits_the_schema(yard: Yard) -> None:
    found = queries(quarantine.QUERIES)
    names = [name for name in found.available_queries if not name.endswith("_cursor")]
    assert names
    for name in names:
        await yard.connection.prepare(getattr(found, name).sql)


async def test_a_jump_is_held_back_and_told_and_the_last_good_price_stays(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    await yard.sync(1, costs("swift-1", "5"))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}
    assert await yard.entries() == [("swift-1", "jump", "held")]
    assert await yard.missed() == 0
    (alert,) = await yard.alerts()
    assert (alert.kind, alert.provider, alert.details) == ("quarantine", "acme", {"jump": "1"})
    assert "swift-1 (standard): input is 5, 1.25 in force: 4 times" in alert.summary
    row = await yard.connection.fetchrow("SELECT * FROM quarantine")
    assert "5" in row["held"]["evidence"]["text"]
    assert row["old"]["rates"] == {"input": Decimal("1.25")}
    assert row["seen_in"] == ["sync-1"]


async def test_a_jump_that_two_later_syncs_say_again_comes_into_force_since_it_was_first_seen(yard: Yard) -> None:
    for number, amount in enumerate(["1.25", "5", "5", "5", "5"]):
        await yard.sync(number, costs("swift-1", amount))
        assert await yard.prices() == {"swift-1": Decimal("5" if number > 2 else "1.25")}
    assert await yard.entries() == [("swift-1", "jump", "released")]
    assert len(await yard.alerts()) == 1
    first, released = await yard.said()
    assert (released.kind, released.old) == (PriceChangeKind.CHANGED, first.new)
    assert released.effective_date == day(1)


async def test_the_same_sync_said_twice_does_not_count_as_a_later_one(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    for generation in (1, 2, 3, 4):
        await yard.apply(1, enriched(costs("swift-1", "5"), on=1, generation=generation))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}


async def test_another_value_starts_over(yard: Yard) -> None:
    for number, amount in enumerate(["1.25", "5", "5", "6", "5", "5"]):
        await yard.sync(number, costs("swift-1", amount))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}
    assert await yard.entries() == [
        ("swift-1", "jump", "withdrawn"),
        ("swift-1", "jump", "withdrawn"),
        ("swift-1", "jump", "held"),
    ]
    await yard.sync(6, costs("swift-1", "5"))
    assert await yard.prices() == {"swift-1": Decimal(5)}


async def test_a_sync_that_cannot_tell_neither_counts_nor_starts_over(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    await yard.sync(1, costs("swift-1", "5"))
    await yard.sync(2, model("swift-1", None), pricing="failed")
    await yard.sync(3, costs("swift-1", "5"))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}
    await yard.sync(4, costs("swift-1", "5"))
    assert await yard.prices() == {"swift-1": Decimal(5)}


async def test_a_page_that_returns_to_the_old_price_takes_the_held_one_away(yard: Yard) -> None:
    for number, amount in enumerate(["1.25", "1250", "1.25"]):
        await yard.sync(number, costs("swift-1", amount))
    assert await yard.entries() == [("swift-1", "unit", "withdrawn")]
    assert len(await yard.said()) == 1


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("unit", [price("1250", None)]),
        ("unit", [price("0.00125", None)]),
        ("currency", [price("1.25", None, currency="EUR")]),
        ("cached_above_input", [price(rates={"input": Decimal(1), "cached_input": Decimal(2)})]),
        ("zero", [price(rates={"input": Decimal(0)}, free=True, evidence=evidence("Swift $1.25"))]),
        ("negative", [price("-1.25", None)]),
        ("moved_column", [price("10", "1.25")]),
        ("moved_column", [price(rates={"cached_input": Decimal("1.1"), "output": Decimal(10)})]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_plain_jump_is_never_released_by_itself(yard: Yard, kind: str, rows: list[PriceRow]) -> None:
    output = "10" if kind == "moved_column" else None
    await yard.sync(0, model(prices=[price("1.25", output)]))
    for number in range(1, 7):
        await yard.sync(number, model(prices=rows))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}
    assert await yard.entries() == [("swift-1", kind, "held")]
    assert await yard.missed() == 0
    assert len(await yard.alerts()) == 1


async def test_rows_that_changed_places_stay_where_they_were(yard: Yard) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"), costs("c", "3", "9"))
    for number in range(1, 5):
        await yard.sync(number, costs("a", "2", "8"), costs("b", "1", "4"), costs("c", "3.3", "9"))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2), "c": Decimal(3)}
    kinds = [("a", "moved_row", "held"), ("b", "moved_row", "held"), ("c", "page_in_doubt", "held")]
    assert await yard.entries() == kinds
    (alert,) = await yard.alerts()
    assert "these are the figures that b (standard, USD, global) had, and has no longer" in alert.summary


async def test_rows_that_slid_stay_where_they_were_and_the_last_one_too(yard: Yard) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"), costs("c", "3", "9"))
    for number in range(1, 6):
        await yard.sync(number, costs("a", "2", "8"), costs("b", "3", "9"), costs("c", "3.5", "9.5"))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2), "c": Decimal(3)}


async def test_models_that_come_one_by_one_are_compared_all_the_same(yard: Yard) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"), costs("c", "2.5", "8.5"))
    for said in (costs("b", "1", "4"), costs("c", "2", "8"), costs("a", "2", "8")):
        await yard.apply(1, enriched(said, on=1))
    await yard.apply(1, closing("a", "b", "c", on=1))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2), "c": Decimal("2.5")}
    assert {kind for _, kind, _ in await yard.entries()} == {"moved_row"}


async def test_what_only_stood_on_a_page_in_doubt_comes_into_force_with_the_next_good_one(yard: Yard) -> None:
    true = [costs("a", "1", "4"), costs("b", "2", "8")]
    await yard.sync(0, *true)
    await yard.sync(1, costs("a", "2", "8"), costs("b", "1", "4"), costs("new", "7", "9"))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2)}
    await yard.sync(2, *true, costs("new", "7", "9"))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2), "new": Decimal(7)}
    assert {state for _, _, state in await yard.entries()} == {"withdrawn"}


async def test_a_price_that_becomes_a_siblings_is_in_force_when_the_sync_ends(yard: Yard) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"))
    await yard.apply(1, enriched(costs("b", "1", "4"), on=1))
    await yard.apply(1, enriched(costs("a", "1", "4"), on=1))
    await yard.apply(1, closing("a", "b", on=1))
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(1)}
    assert (await yard.said())[-1].effective_date == day(1)
    assert await yard.entries() == []
    assert await yard.alerts() == []


async def test_a_whole_family_gets_cheaper(yard: Yard) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"), costs("c", "4", "16"))
    await yard.sync(1, costs("a", "0.5", "2"), costs("b", "1", "4"), costs("c", "2", "8"))
    assert await yard.prices() == {"a": Decimal("0.5"), "b": Decimal(1), "c": Decimal(2)}
    assert await yard.entries() == []


async def test_a_snapshot_appears_with_its_aliases_price(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1", "4"))
    await yard.sync(1, costs("swift-1", "1", "4"), costs("swift-1-2031-03-01", "1", "4"))
    assert await yard.prices() == {"swift-1": Decimal(1), "swift-1-2031-03-01": Decimal(1)}


async def test_a_page_whose_prices_are_doubted_proves_no_other_price_gone(yard: Yard) -> None:
    both = costs("swift-1", "1.25", None, price("0.6", None, tier="batch"))
    await yard.sync(0, both)
    for number in range(1, 6):
        await yard.sync(number, costs("swift-1", "1250"))
    assert await yard.prices() == {"swift-1": Decimal("1.25"), "swift-1 batch": Decimal("0.6")}


async def test_an_announced_price_is_held_back_too(yard: Yard) -> None:
    later = price("1250", None, effective_from=day(9).date())
    await yard.sync(0, costs("swift-1", "1.25"))
    await yard.sync(1, costs("swift-1", "1.25", None, later))
    assert await yard.connection.fetchval("SELECT count(*) FROM scheduled_pricing") == 0
    assert await yard.entries() == [("swift-1", "unit", "held")]
    await yard.sync(2, costs("swift-1", "1.25"))
    assert await yard.entries() == [("swift-1", "unit", "withdrawn")]


async def test_a_first_price_far_from_its_siblings_waits(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"), costs("glide-1", "900"))
    await yard.sync(1, costs("swift-1", "1.25"), costs("glide-1", "900"), costs("swift-2", "1250"))
    assert await yard.prices() == {"glide-1": Decimal(900), "swift-1": Decimal("1.25")}
    assert await yard.entries() == [("swift-2", "unit", "held")]


async def test_a_second_source_confirms_a_jump_and_denies_a_first_price(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    jump, first = costs("swift-1", "5"), costs("glide-1", "5")
    stated = {"stated": (price("5", None, evidence=None),)}
    other = {"stated": (price("1", None, evidence=None),)}
    await yard.apply(1, _with(enriched(jump, on=1), **stated), _with(enriched(first, on=1), **other))
    assert await yard.prices() == {"swift-1": Decimal(5)}
    assert await yard.entries() == [("glide-1", "second_source", "held")]


def _with(event: Any, **fields: Any) -> Any:
    return type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | fields)


async def test_a_first_list_is_believed_as_it_is(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25", "10"), costs("swift-2", "1250", "1"), costs("swift-3", "0.001"))
    assert len(await yard.prices()) == 3
    assert await yard.entries() == []


async def test_a_page_name_that_an_api_names_now_is_no_neighbour(yard: Yard) -> None:
    await yard.sync(0, costs("Swift One", "1.25", found_on_page=True), discovery="disabled")
    match = MatchExplained(name="Swift One", method="normalised", score=100)
    await yard.sync(1, costs("swift-1", "1.25", match=match))
    assert await yard.prices() == {"swift-1": Decimal("1.25")}


async def test_a_provider_is_not_compared_with_another(yard: Yard) -> None:
    await yard.apply(0, enriched(costs("a", "1")), enriched(costs("b", "2"), provider="zenith"))
    await yard.apply(1, enriched(costs("a", "2"), on=1), enriched(costs("b", "1"), provider="zenith", on=1))
    await yard.apply(1, closing("a", on=1), closing("b", on=1, provider="zenith"))
    assert await yard.prices() == {"a": Decimal(2), "b": Decimal(1)}


async def test_a_failed_list_leaves_the_last_good_prices_marked_stale(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    await yard.sync(1, model("swift-1", None), pricing="failed")
    assert await yard.prices() == {"swift-1": Decimal("1.25")}
    assert await yard.connection.fetchval("SELECT stale_since FROM models") == day(1)
    await yard.sync(2, costs("swift-1", "1.25"))
    assert await yard.connection.fetchval("SELECT stale_since FROM models") is None


async def test_a_price_whose_page_says_another_that_is_held_is_stale_until_that_is_settled(yard: Yard) -> None:
    async def stale() -> dict[str, Any]:
        rows = await yard.connection.fetch("SELECT id, stale_since FROM models WHERE stale_since IS NOT NULL")
        return {row["id"]: row["stale_since"] for row in rows}

    async def version() -> Any:
        return await yard.connection.fetchval("SELECT version FROM cache_versions WHERE name = 'models:acme'")

    other = costs("kite-1", "3")
    await yard.sync(0, costs("swift-1", "1.25"), other)
    before = await version()
    await yard.sync(1, costs("swift-1", "5"), other)
    assert await stale() == {"swift-1": day(1)}
    assert await version() > before
    await yard.apply(2, enriched(costs("swift-1", "5"), on=2))
    assert await stale() == {"swift-1": day(1)}
    await yard.apply(2, enriched(other, on=2), closing("swift-1", "kite-1", on=2))
    assert await stale() == {"swift-1": day(1)}
    await yard.sync(3, costs("swift-1", "5"), other)  # released
    assert await stale() == {}
    await yard.sync(4, costs("swift-1", "25"), other)
    assert await stale() == {"swift-1": day(4)}
    await yard.sync(5, costs("swift-1", "5"), other)  # withdrawn
    assert await stale() == {}
    await yard.sync(6, costs("swift-1", "6"), other)  # an ordinary change, undecided until the sync ends
    assert await stale() == {}


async def test_what_is_held_beside_the_prices_in_force_makes_none_of_them_stale(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"))
    await yard.sync(1, costs("swift-1", "1.25", None, price("2", name="swift-1", tier="batch", currency="EUR")))
    assert [entry[1:] for entry in await yard.entries()] == [("currency", "held")]
    assert await yard.connection.fetchval("SELECT stale_since FROM models") is None


async def test_what_no_model_and_no_price_came_of_is_kept_from_the_last_good_list(yard: Yard) -> None:
    await yard.sync(0, costs("swift-1", "1.25"), unmatched_names=("Zeppelin",), unpriced_ids=("kite-1",))
    await yard.sync(1, model("swift-1", None), pricing="failed")
    row = await yard.connection.fetchrow("SELECT * FROM unmatched")
    assert (row["sync_id"], row["names"], row["unpriced_ids"]) == ("sync-0", ["Zeppelin"], ["kite-1"])


@pytest.mark.parametrize("cut", range(5))
async def test_wherever_batches_are_cut_the_tables_are_the_same(yard: Yard, cut: int) -> None:
    await yard.sync(0, costs("a", "1", "4"), costs("b", "2", "8"), costs("c", "3", "9"))
    said = [costs("a", "2", "8"), costs("b", "1", "4"), costs("c", "3.3", "9"), costs("d", "7")]
    events = [*(enriched(one, on=1) for one in said), closing("a", "b", "c", "d", on=1)]
    await yard.apply(1, *events[:cut])
    await yard.apply(1, *events)
    await yard.apply(1, *events[cut:])
    assert await yard.prices() == {"a": Decimal(1), "b": Decimal(2), "c": Decimal(3)}
    kinds = ["moved_row", "moved_row", "page_in_doubt", "page_in_doubt"]
    assert [kind for _, kind, _ in await yard.entries()] == kinds
    assert len(await yard.alerts()) == 1
