"""Tariffs that are kept price as if each were made anew, whenever that is, and whatever was asked before."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from priced_usages import dated, in_order, usage
from registry_events import day

from ratecard_registry.cost import CannotPriceError, Tariff, tariff_of
from ratecard_registry.dated import DatedPrice, still_said
from ratecard_registry.stored import OwnKind, OwnPrice
from ratecard_registry.tariffs import Tariffs

DAYS = st.integers(0, 4)
INSTANTS = st.builds(lambda days, seconds: day(days) + timedelta(seconds=seconds), DAYS, st.sampled_from((-1, 0, 1)))
TERMS = st.fixed_dictionaries(
    {},
    optional={"tier": st.just("batch"), "currency": st.sampled_from(("USD", "CNY"))},
)
ASKED = st.tuples(INSTANTS, INSTANTS, st.just({}) | TERMS)


@st.composite
def rows(draw: st.DrawFn) -> DatedPrice:
    """A row of the list, one that was only announced, or the operator's own."""
    begins = draw(DAYS)
    row = dated(
        {"input": Decimal(draw(st.integers(1, 9)))},
        begins=begins,
        ends=draw(st.none() | st.integers(begins, 5)),
        currency=draw(st.sampled_from(("USD", "USD", "CNY"))),
        above_tokens=draw(st.sampled_from((0, 1000))),
    )
    kind = draw(st.sampled_from(("changed", "changed", "scheduled", *OwnKind)))
    own = None
    if isinstance(kind, OwnKind):
        own = OwnPrice(number=row.id, kind=kind, price=row.price, end_date=row.end_date, recorded_at=row.recorded_at)
    return msgspec.structs.replace(row, kind=str(kind), own=own)


def said(ask: Any) -> tuple[dict[int, DatedPrice], tuple[int, ...]] | str:
    try:
        tariff: Tariff = ask()
    except CannotPriceError as error:
        return f"{error.code}: {error.detail}"
    return dict(tariff.rows), tariff.bands


@given(known=st.lists(rows(), min_size=2, max_size=8), asked=st.lists(ASKED, min_size=4, max_size=20))
def test_what_was_kept_prices_as_what_is_made_anew(
    known: list[DatedPrice], asked: list[tuple[datetime, datetime, dict[str, Any]]]
) -> None:
    ordered = in_order(known)
    kept = Tariffs(ordered)
    for now, when, terms in sorted(asked, key=lambda one: one[0]):
        line = usage({"input": 1}, when=when, **terms)
        anew = said(lambda line=line, now=now: tariff_of(line, still_said(ordered, now)))
        assert said(lambda line=line, now=now: kept.of(line, now)) == anew
