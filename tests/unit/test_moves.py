"""Rows and columns that changed places are found whatever the prices; what providers really do passes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ratecard_registry.moves import Place, Rates, _Change, moved_columns, moved_rows, reordered, sources
from ratecard_registry.stored import Key

STANDARD: Key = ("standard", 0, "USD", "global")
BATCH: Key = ("batch", 0, "USD", "global")
D = Decimal
List = Mapping[str, Mapping[Key, Rates]]

AMOUNTS = st.sampled_from([D(text) for text in ("0.1", "0.25", "0.5", "1", "2", "2.5", "4", "5", "8", "10")])
COMPONENTS = ("input", "cached_input", "output", "image")
ROW = st.dictionaries(st.sampled_from(COMPONENTS), AMOUNTS, min_size=1)
ROWS = st.fixed_dictionaries({STANDARD: ROW}, optional={BATCH: ROW})
LISTS = st.lists(ROWS, min_size=2, max_size=6).map(lambda rows: {f"m{n}": row for n, row in enumerate(rows)})


def places(models: List) -> dict[Place, Rates]:
    return {(model_id, key): rates for model_id, rows in models.items() for key, rates in rows.items()}


def wrong(true: List, shown: List) -> set[Place]:
    """Return the places whose figures are not the true ones."""
    truth = places(true)
    return {place for place, rates in places(shown).items() if truth.get(place) != rates}


@given(true=LISTS, data=st.data())
def test_swapped_names_are_found(true: List, data: st.DataObject) -> None:
    one, other = data.draw(st.permutations(sorted(true)))[:2]
    shown = {**true, one: true[other], other: true[one]}
    assert wrong(true, shown) <= moved_rows(places(true), shown).keys()


@given(true=LISTS, data=st.data())
def test_any_permutation_of_names_is_found(true: List, data: st.DataObject) -> None:
    shown = dict(zip(sorted(true), data.draw(st.permutations(list(true.values()))), strict=True))
    assert wrong(true, shown) <= moved_rows(places(true), shown).keys()


@given(true=LISTS)
def test_rows_that_slid_by_one_are_found(true: List) -> None:
    names = sorted(true)
    shown = {**{name: true[following] for name, following in itertools.pairwise(names)}, names[-1]: {}}
    assert wrong(true, shown) <= moved_rows(places(true), shown).keys()


@given(true=LISTS, columns=st.permutations(COMPONENTS))
def test_columns_that_changed_places_are_found(true: List, columns: list[str]) -> None:
    other = dict(zip(COMPONENTS, columns, strict=True))
    for rows in true.values():
        shown = {key: {other[name]: amount for name, amount in rates.items()} for key, rates in rows.items()}
        now_wrong = {(key, name) for key in shown for name in shown[key] if rows[key].get(name) != shown[key][name]}
        assert now_wrong <= moved_columns(rows, shown).keys()


@given(rows=ROWS)
def test_tiers_that_changed_places_are_found(rows: Mapping[Key, Rates]) -> None:
    assume(BATCH in rows)
    shown = {STANDARD: rows[BATCH], BATCH: rows[STANDARD]}
    now_wrong = {(key, name) for key in shown for name in shown[key] if rows[key].get(name) != shown[key][name]}
    assert now_wrong <= moved_columns(rows, shown).keys()


@given(true=LISTS)
def test_nothing_moves_where_nothing_changes(true: List) -> None:
    assert moved_rows(places(true), true) == {}
    assert all(moved_columns(rows, rows) == {} for rows in true.values())


@given(true=LISTS, factor=st.sampled_from([D("0.37"), D("0.77"), D("1.13")]))
def test_a_cut_of_everything_has_not_moved(true: List, factor: Decimal) -> None:
    shown = {
        name: {key: {part: amount * factor for part, amount in rates.items()} for key, rates in rows.items()}
        for name, rows in true.items()
    }
    assert moved_rows(places(true), shown) == {}


def test_half_price_for_a_ladder_of_models_has_not_moved() -> None:
    """Each model now costs what the next one cost, but the last costs what nobody did."""
    true = {name: {STANDARD: {"input": D(n), "output": D(3 * n)}} for name, n in (("a", 8), ("b", 4), ("c", 2))}
    half = {name: {STANDARD: {k: v / 2 for k, v in rows[STANDARD].items()}} for name, rows in true.items()}
    assert moved_rows(places(true), half) == {}
    without_last = {**half, "c": {}}
    assert moved_rows(places(true), without_last).keys() == {("a", STANDARD), ("b", STANDARD)}


def test_half_price_within_a_model_has_not_moved() -> None:
    rows = {STANDARD: {"input": D(2), "output": D(8)}, BATCH: {"input": D(1), "output": D(4)}}
    half = {key: {name: amount / 2 for name, amount in rates.items()} for key, rates in rows.items()}
    assert moved_columns(rows, half) == {}
    cached = {STANDARD: {"input": D(2), "cached_input": D(1), "output": D(8)}}
    cheaper = {STANDARD: {"input": D(1), "cached_input": D("0.5"), "output": D(8)}}
    assert moved_columns(cached, cheaper) == {}


@given(true=LISTS, data=st.data())
def test_a_price_that_becomes_a_siblings_has_not_moved(true: List, data: st.DataObject) -> None:
    """Unless it was the model's own in another tier, which gave it up."""
    one, other = data.draw(st.permutations(sorted(true)))[:2]
    own_tiers = {(one, STANDARD), (one, BATCH)}
    assert moved_rows(places(true), {**true, one: true[other]}).keys() <= own_tiers


@given(true=LISTS, data=st.data())
@settings(max_examples=50)
def test_a_new_snapshot_with_its_aliases_price_has_not_moved(true: List, data: st.DataObject) -> None:
    alias = data.draw(st.sampled_from(sorted(true)))
    assert moved_rows(places(true), {**true, "new": true[alias]}) == {}


def test_a_new_model_may_take_the_place_of_one_that_vanished() -> None:
    before = places({"a": {STANDARD: {"input": D(2)}}, "b": {STANDARD: {"input": D(5)}}})
    assert moved_rows(before, {"a": {}, "new": {STANDARD: {"input": D(2)}}}) == {}
    shifted = {"a": {STANDARD: {"input": D(7)}}, "new": {STANDARD: {"input": D(2)}}}
    assert moved_rows(before, shifted).keys() == {("new", STANDARD)}


def test_two_models_that_always_had_equal_prices_may_change_together() -> None:
    before = places(
        {"a": {STANDARD: {"input": D(2)}}, "b": {STANDARD: {"input": D(2)}}, "c": {STANDARD: {"input": D(1)}}}
    )
    together = {"a": {STANDARD: {"input": D(1)}}, "b": {STANDARD: {"input": D(1)}}, "c": {STANDARD: {"input": D(1)}}}
    assert moved_rows(before, together) == {}


def test_a_neighbour_whose_prices_cannot_be_told_may_have_given_them_up() -> None:
    before = places({"a": {STANDARD: {"input": D(2)}}, "b": {STANDARD: {"input": D(5)}}})
    new: Rates = {"input": D(5)}
    assert sources(("a", STANDARD), new, before, {"b": {STANDARD: new}}) == ()
    assert sources(("a", STANDARD), new, before, {"b": None}) == (("b", STANDARD),)


def test_a_part_of_a_row_may_move() -> None:
    """Two names were swapped in one of the tables that a row is put together from."""
    before = places(
        {
            "a": {STANDARD: {"input": D(2), "output": D(4), "image": D("0.1")}},
            "b": {STANDARD: {"input": D(3), "output": D(9), "image": D("0.5")}},
        }
    )
    shown = {
        "a": {STANDARD: {"input": D(3), "output": D(9), "image": D("0.1")}},
        "b": {STANDARD: {"input": D(2), "output": D(4), "image": D("0.5")}},
    }
    assert moved_rows(before, shown).keys() == {("a", STANDARD), ("b", STANDARD)}


@given(words=st.lists(st.sampled_from(["$1", "$2", "-", "Swift"]), max_size=6), data=st.data())
def test_a_row_whose_words_changed_places_is_found(words: list[str], data: st.DataObject) -> None:
    other = data.draw(st.permutations(words))
    assert reordered(" ".join(words), " ".join(other)) is (words != other)
    assert not reordered(" ".join(words), " ".join([*other, "$3"]))


def test_other_currencies_are_no_neighbours() -> None:
    yuan: Key = ("standard", 0, "CNY", "global")
    before = places({"a": {STANDARD: {"input": D(2)}}, "b": {yuan: {"input": D(5)}}})
    assert moved_rows(before, {"a": {STANDARD: {"input": D(5)}}, "b": {yuan: {"input": D(6)}}}) == {}


def _by_looking_everywhere(place: Place, new: Rates, before: Mapping[Place, Rates], read: List) -> tuple[Place, ...]:
    """Say what `sources` says, by its definition: without any index."""
    old = before.get(place, {})
    parts = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    change = _Change(old=old, new=new, parts=frozenset(parts), has_past=any(one == place[0] for one, _ in before))
    return tuple(
        (model_id, key)
        for (model_id, key), rates in sorted(before.items())
        if parts
        and (model_id, key) != place
        and key[2] == place[1][2]
        and change.may_be_of(rates, (read.get(model_id) or {}).get(key, {}))
        and change.was_given_up(key, rates, read.get(model_id, {}))
    )


@given(true=LISTS, shown=LISTS)
def test_the_index_finds_what_looking_at_every_place_finds(true: List, shown: List) -> None:
    before = places(true)
    for place, new in places(shown).items():
        assert sources(place, new, before, shown) == _by_looking_everywhere(place, new, before, shown)
