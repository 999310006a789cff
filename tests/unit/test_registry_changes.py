"""What syncs do to a model's prices, as properties of the pure core over any course of readings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from model_life import TODAY, Kind, Life, amounts, readings, rows
from registry_desk import key_of
from registry_events import day, enriched, evidence, model, price

from ratecard_registry import changes
from ratecard_shared.events import ModelChangeKind, Usability

courses = st.lists(st.tuples(readings, st.booleans(), st.booleans()), min_size=1, max_size=8)
"""For each day: what was read, whether the page was read well, and whether the night's step ran before."""


def lived(course: Sequence[tuple[Any, bool, bool]]) -> Life:
    life = Life()
    for on, (read, well_read, night) in enumerate(course):
        if night:
            life.dawn(on)
        life.sync(on, read, well_read=well_read)
    return life


@given(courses)
def test_an_old_price_is_the_new_one_of_the_event_before(course: Any) -> None:
    latest: dict[Any, Any] = {}
    for event in lived(course).prices_said:
        key = (event.tier, event.above_tokens, event.currency, event.region)
        assert event.old == latest.get(key)
        if event.kind is not Kind.SCHEDULED:
            latest[key] = event.new


@given(courses)
def test_revisions_count_what_is_said(course: Any) -> None:
    life = lived(course)
    assert [event.revision for event in life.said] == list(range(1, len(life.said) + 1))
    assert life.model is not None
    assert life.model.revision == len(life.said)
    assert len({event.event_id for event in life.said}) == len(life.said)


@given(courses)
def test_every_change_of_history_has_its_one_event(course: Any) -> None:
    life = lived(course)
    changing = {row["revision"] for row in life.history} | {row.get("closed_by") for row in life.history}
    assert changing - {None} == {event.revision for event in life.prices_said}


@given(courses)
def test_open_history_is_what_is_in_force(course: Any) -> None:
    life = lived(course)
    still = [row for row in life.history if "superseded_at" not in row and "end_date" not in row]
    in_force = {key_of(row): row["rates"] for row in still if row["kind"] is not Kind.SCHEDULED}
    assert in_force == life.rates
    assert all(row["end_date"] >= row["effective_date"] for row in life.history if "end_date" in row)


@given(courses)
def test_a_reading_that_is_repeated_changes_nothing(course: Any) -> None:
    life = lived([(read, True, True) for read, _, _ in course])
    before, said = life.model, len(life.said)
    life.sync(len(course) - 1, course[-1][0])
    assert (life.model, len(life.said)) == (before, said)
    assert before is not None
    event = enriched(model(prices=course[-1][0]), on=len(course) - 1, generation=2)
    again = changes.enrich(before, event, day(len(course) - 1))
    assert again is not None
    assert again.after.prices == before.prices
    assert not again.price_changes


@given(courses)
def test_unknown_never_becomes_a_price(course: Any) -> None:
    life = lived(course)
    read = [row.rates for rows_of_day, _, _ in course for row in rows_of_day or ()]
    assert all(rates in read for rates in life.rates.values())


@given(rows(), st.integers(1, 6))
def test_a_sync_that_cannot_tell_keeps_the_last_good_prices(read: Any, times: int) -> None:
    life = Life()
    life.sync(0, [msgspec.structs.replace(row, effective_from=None, effective_until=None) for row in read])
    good = life.rates
    for on in range(1, times + 1):
        life.sync(on, None, well_read=False)
    assert life.rates == good
    assert life.model is not None
    assert life.model.stale_since == (day(1) if good else None)
    life.sync(times + 1, read and [msgspec.structs.replace(read[0], effective_from=None, effective_until=None)])
    assert life.model.stale_since is None


@given(st.lists(st.booleans(), max_size=9))
def test_a_price_ends_when_three_good_pages_did_not_show_it(days: list[bool]) -> None:
    life = Life()
    life.sync(0, [price()])
    for on, well_read in enumerate(days, start=1):
        life.sync(on, (), well_read=well_read)
    assert bool(life.rates) == (sum(days) < 3)


@given(st.lists(st.booleans(), max_size=9))
def test_a_page_that_is_cut_ends_no_price(days: list[bool]) -> None:
    life = Life()
    batch = price("0.5", tier="batch")
    life.sync(0, [price(), batch])
    for on, complete in enumerate(days, start=1):
        life.sync(on, [price(str(on))], complete=complete)
        assert life.rates[price().key] == price(str(on)).rates
    assert (batch.key in life.rates) == (sum(days) < 3)


@given(st.integers(1, 6))
def test_a_row_of_a_torn_page_ends_no_rate(times: int) -> None:
    life = Life()
    life.sync(0, [price("1", "10")])
    for on in range(1, times + 1):
        life.sync(on, [price("2", None)], complete=False)
        assert life.rates == {price().key: price("1", "10").rates}
    life.sync(times + 1, [price("2", None)])
    assert life.rates == {price().key: price("2", None).rates}


@given(st.lists(st.sampled_from(["shown", "missing"]), max_size=12))
def test_a_price_that_is_shown_again_begins_to_count_anew(days: list[str]) -> None:
    life = Life()
    life.sync(0, [price()])
    in_a_row = 0
    for on, what in enumerate(days, start=1):
        life.sync(on, [price()] if what == "shown" else ())
        in_a_row = 0 if what == "shown" else in_a_row + 1
        assert bool(life.rates) == (in_a_row < 3)


@given(amounts, amounts, st.integers(1, 20), st.booleans())
def test_an_announced_price_comes_into_force_on_its_day(now: Decimal, then: Decimal, days: int, night: bool) -> None:  # noqa: FBT001
    begins = TODAY + timedelta(days=days)
    page = [price(str(now)), price(str(then), effective_from=begins)]
    life = Life()
    life.sync(0, page)
    assert [event.kind for event in life.prices_said] == [Kind.FIRST_SEEN, Kind.SCHEDULED]
    assert life.rates == {page[0].key: page[0].rates}
    for on in range(1, days + 1):
        if night:
            life.dawn(on)
        life.sync(on, page)
    assert life.rates == {page[0].key: page[1].rates}
    last = life.prices_said[-1]
    if now != then:
        assert (last.kind, last.effective_date.date()) == (Kind.CHANGED, begins)
    assert life.model is not None
    assert life.model.announced == ()


def test_an_announcement_that_is_taken_back_does_not_come_into_force() -> None:
    life = Life()
    life.sync(0, [price("1"), price("2", effective_from=date(2031, 3, 4))])
    for on in range(1, 6):
        life.sync(on, [price("1")])
        life.dawn(on)
    assert [event.kind for event in life.prices_said] == [Kind.FIRST_SEEN, Kind.SCHEDULED, Kind.SCHEDULED]
    assert life.prices_said[-1].new is None


def test_a_price_with_a_last_day_ends_on_it() -> None:
    life = Life()
    life.sync(0, [price("1", effective_until=date(2031, 3, 3))])
    life.dawn(2)
    assert life.rates
    life.dawn(3)
    assert not life.rates
    last = life.prices_said[-1]
    assert (last.kind, last.effective_date) == (Kind.WITHDRAWN, day(3).replace(hour=0))


def test_the_same_words_read_otherwise_are_a_correction() -> None:
    words = evidence("Swift $1.25 $10")
    life = Life()
    life.sync(0, [price("125", evidence=words)])
    life.sync(3, [price("1.25", evidence=words)])
    last = life.prices_said[-1]
    assert (last.kind, last.effective_date) == (Kind.CORRECTED, day(0))
    misread, right = life.history
    assert "end_date" not in misread
    assert misread["superseded_at"] == day(3)
    assert right["effective_date"] == day(0)


def test_a_price_that_cannot_be_keeps_what_was_known() -> None:
    life = Life()
    life.sync(0, [price("1")])
    for on in range(1, 6):
        life.sync(on, [price("-1")])
    assert life.rates == {("standard", 0, "USD", "global"): price("1").rates}


def test_a_row_without_rates_is_not_a_price() -> None:
    life = Life()
    life.sync(0, [price(rates={})])
    assert life.rates == {}


def test_a_free_price_is_a_price() -> None:
    life = Life()
    life.sync(0, [price(rates={"input": Decimal(0)}, free=True)])
    assert life.model is not None
    assert life.model.prices[0].free


syncs = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=12)


@given(syncs, st.randoms(use_true_random=False))
def test_the_latest_sync_is_right_in_whatever_order_they_come(order: list[tuple[int, int]], random: Any) -> None:
    def applied(places: list[tuple[int, int]]) -> Any:
        life = Life()
        for on, generation in places:
            said = model(prices=[price(f"{on}.{generation}")], context_window=on * 100 + generation)
            life.take(changes.enrich(life.model, enriched(said, on=on, generation=generation), day(9)))
        assert life.model is not None
        return life.model.facts, life.model.applied, life.rates

    shuffled = [*order, *order]
    random.shuffle(shuffled)
    assert applied(order) == applied(shuffled)


@given(st.lists(st.sampled_from([*Usability]), min_size=1, max_size=8))
def test_usability_changes_are_told_by_what_they_are(course: list[Usability]) -> None:
    life = Life()
    for on, usability in enumerate(course):
        life.sync(on, None, usability=usability)
    kinds = [event.kind for event in life.said]
    expected = [ModelChangeKind.APPEARED]
    for was, now in itertools.pairwise(course):
        if was is not now:
            gone, back = now is Usability.DEPRECATED, was is Usability.DEPRECATED
            kind = ModelChangeKind.REAPPEARED if back else ModelChangeKind.CHANGED
            expected.append(ModelChangeKind.DEPRECATED if gone else kind)
    assert kinds == expected
    assert life.model is not None
    assert (life.model.deprecated_at is not None) == (course[-1] is Usability.DEPRECATED)


def test_a_page_does_not_overrule_an_api() -> None:
    life = Life()
    life.sync(0, [price()], context_window=1_000)
    life.sync(1, [price("2")], context_window=None, display_name="swift-1", capabilities=(), found_on_page=True)
    assert life.model is not None
    assert life.model.facts.context_window == 1_000
    assert life.model.facts.display_name == "Swift-1"
    assert not life.model.facts.found_on_page
    assert life.rates == {("standard", 0, "USD", "global"): price("2").rates}
