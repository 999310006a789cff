"""Costs: exact, never made up, the same in whatever order, and by the band and the time that hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from priced_usages import amounts, components, cost_of, counts, dated, in_order, priced, prompt_of, usage
from registry_events import day

from ratecard_registry.cost import CHARGED_AS, POWERS, CannotPriceError, Quantity, tidy
from ratecard_registry.dated import DatedPrice
from ratecard_registry.views import camel
from ratecard_shared.prices import UNITS

Priced = tuple[DatedPrice, dict[str, Quantity]]


def refused(rows: list[DatedPrice], quantities: Mapping[str, Quantity], **fields: Any) -> str:
    with pytest.raises(CannotPriceError) as caught:
        cost_of(usage(quantities, **fields), rows)
    return caught.value.code


@given(case=priced())
def test_a_cost_is_the_exact_sum_of_its_components(case: Priced) -> None:
    row, quantities = case
    exact = sum(
        Fraction(row.price.rates[name]) * Fraction(count) / 10 ** POWERS[UNITS[name]]
        for name, count in quantities.items()
    )
    assert Fraction(cost_of(usage(quantities), [row]).total) == exact


@given(case=priced(), more=st.dictionaries(components, counts, max_size=3))
def test_costs_of_disjoint_usages_add_up(case: Priced, more: dict[str, int]) -> None:
    row, quantities = case
    other = {name: count for name, count in more.items() if name in row.price.rates}
    both = {name: quantities.get(name, 0) + other.get(name, 0) for name in quantities.keys() | other.keys()}
    first, second = (cost_of(usage(part), [row]).total for part in (quantities, other))
    assert Fraction(cost_of(usage(both), [row]).total) == Fraction(first) + Fraction(second)


@given(case=priced(), seed=st.randoms(use_true_random=False))
def test_the_order_of_components_and_rows_does_not_matter(case: Priced, seed: Any) -> None:
    row, quantities = case
    rows = [row, dated({"input": Decimal(1)}, tier="batch"), dated({"input": Decimal(2)}, above_tokens=10**15)]
    items = list(quantities.items())
    expected = cost_of(usage(quantities), rows).total
    seed.shuffle(items)
    seed.shuffle(rows)
    assert cost_of(usage(dict(items)), in_order(rows)).total == expected


@given(bands=st.lists(st.integers(1, 10**6), unique=True, max_size=4), case=priced())
def test_the_highest_band_that_the_prompt_is_strictly_above_prices_all_of_it(bands: list[int], case: Priced) -> None:
    row, quantities = case
    rows = [dated(row.price.rates, above_tokens=above) for above in (0, *bands)]
    cost = cost_of(usage(quantities), rows)
    prompt = prompt_of(quantities)
    assert cost.band.prompt_tokens == prompt
    assert cost.band.above_tokens == max([0, *(above for above in bands if prompt > above)])
    assert cost.row.price.above_tokens == cost.band.above_tokens
    assert cost.band.bands == tuple(sorted((0, *bands)))


@pytest.mark.parametrize(("cached", "expected"), [(199_000, 0), (199_001, 200_000)])
def test_a_band_counts_cached_and_written_tokens_and_begins_above_its_number(cached: int, expected: int) -> None:
    rates = {name: Decimal(1) for name in ("input", "cached_input", "cache_write_5m", "output")}
    rows = [dated(rates), dated(rates, above_tokens=200_000)]
    used: dict[str, Quantity] = {"input": 500, "cached_input": cached, "cache_write_5m": 500, "output": 900_000}
    assert cost_of(usage(used), rows).band.above_tokens == expected


def test_a_prompt_below_the_only_band_has_no_price() -> None:
    assert refused([dated({"input": Decimal(1)}, above_tokens=1000)], {"input": 1000}) == "no_band"


@given(case=priced(), name=components, count=st.integers(1, 10**9))
def test_a_component_without_a_rate_is_refused_and_never_free(case: Priced, name: str, count: int) -> None:
    row, quantities = case
    assume(name not in row.price.rates and CHARGED_AS.get(name) not in row.price.rates)
    assert refused([row], quantities | {name: count}) == "no_rate"
    assert cost_of(usage(quantities | {name: 0}), [row]).total == cost_of(usage(quantities), [row]).total


@given(quantities=st.dictionaries(components, counts), zero=st.booleans())
def test_free_is_zero(quantities: dict[str, Quantity], zero: bool) -> None:  # noqa: FBT001  # drawn
    row = dated(dict.fromkeys(UNITS, Decimal(0)) if zero else {}, free=True)
    cost = cost_of(usage(quantities), [row])
    assert cost.total == 0
    assert len(cost.charges) == sum(map(bool, quantities.values()))


@pytest.mark.parametrize(("name", "general"), CHARGED_AS.items())
def test_what_is_charged_as_something_else_says_so(name: str, general: str) -> None:
    (charge,) = cost_of(usage({name: 10}), [dated({general: Decimal(3)})]).charges
    assert (charge.component, charge.charged_as, charge.amount) == (camel(name), camel(general), Decimal(3))
    (charge,) = cost_of(usage({name: 10}), [dated({general: Decimal(3), name: Decimal(5)})]).charges
    assert (charge.charged_as, charge.amount) == (camel(name), Decimal(5))


@given(
    lasts=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), amounts), min_size=1, max_size=6),
    hours=st.integers(-48, 24 * 60),
)
def test_the_price_is_the_one_in_force_then(lasts: list[tuple[int, int, Decimal]], hours: int) -> None:
    rows, begins = [], 0
    for pause, length, amount in lasts:
        rows.append(dated({"input": amount}, begins=begins + pause, ends=begins + pause + length))
        begins += pause + length
    when = day(0) + timedelta(hours=hours)
    holding = [row for row in rows if row.price.effective_date <= when < (row.end_date or when)]
    if not holding:
        assert refused(rows, {"input": 1}, when=when) == "no_price"
    else:
        assert cost_of(usage({"input": 1}, when=when), rows).row is holding[0]


def test_a_price_begins_at_its_time_and_ends_before_the_end() -> None:
    old, new = dated({"input": Decimal(1)}, ends=1), dated({"input": Decimal(2)}, begins=1)
    just_before = day(1) - timedelta(microseconds=1)
    assert cost_of(usage({"input": 10**6}, when=just_before), [old, new]).total == 1
    assert cost_of(usage({"input": 10**6}, when=day(1)), [old, new]).total == 2
    assert refused([old], {"input": 1}, when=day(1)) == "no_price"


def test_tiers_regions_and_currencies_are_not_mixed() -> None:
    rate = {"input": Decimal(1)}
    rows = [dated(rate), dated(rate, tier="batch"), dated(rate, region="us"), dated(rate, currency="EUR", region="eu")]
    assert cost_of(usage({"input": 1}, tier="batch"), rows).row is rows[1]
    assert cost_of(usage({"input": 1}), rows).row is rows[0]
    assert cost_of(usage({"input": 1}, region="us"), rows).row is rows[2]
    assert cost_of(usage({"input": 1}, currency="EUR"), rows).row is rows[3]
    assert refused(rows, {"input": 1}, tier="flex") == "no_tier"
    assert refused(rows, {"input": 1}, region="mars") == "no_region"
    assert refused(rows, {"input": 1}, currency="CNY") == "no_currency"
    assert refused([dated(rate, region="us"), dated(rate, region="eu")], {"input": 1}) == "ambiguous_price"
    assert cost_of(usage({"input": 1}), [dated(rate, region="cn", currency="CNY")]).row.price.currency == "CNY"


def test_every_unit_has_a_size() -> None:
    assert POWERS.keys() == set(UNITS.values())


@given(amount=st.decimals(min_value=0, max_value=10**12, places=12))
def test_tidying_changes_no_amount(amount: Decimal) -> None:
    assert tidy(amount) == amount
    assert int(tidy(amount).as_tuple().exponent) <= 0
