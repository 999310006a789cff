"""A history shows every price with its dates, and marks what is no plain price of the provider's list."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.answers import Model, Rate
from ratecard_cli.courses import blocks, show_courses
from ratecard_cli.history import Entry, Own, by_key, charged, show_history
from ratecard_shared.prices import PriceState

NOW = datetime(2031, 6, 1, tzinfo=UTC)
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=6)
Capsys = pytest.CaptureFixture[str]


def at(month: int) -> datetime:
    return datetime(2031, month, 1, tzinfo=UTC)


def an_entry(number: int, start: int, end: int | None = None, cost: str | None = "2", **more: Any) -> Entry:
    return Entry(
        **{
            "id": number,
            "input_cost_per_million": None if cost is None else Decimal(cost),
            "output_cost_per_million": None,
            "tier": "standard",
            "context_limit": 0,
            "currency": "USD",
            "region": "global",
            "free": False,
            "effective_date": at(start),
            "end_date": at(end) if end else None,
            **more,
        }
    )


def a_model(**more: Any) -> Model:
    plain = {"provider": "acme", "id": "m", "display_name": "M", "usability": "available"}
    return Model(**{**plain, "price_state": PriceState.PRICED, **more})


def shown(capsys: Capsys, *entries: Entry, model: Model | None = None) -> list[list[str]]:
    show_history(model or a_model(), entries, NOW)
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


@given(st.lists(st.none() | AMOUNTS, max_size=30))
def test_blocks_rise_with_the_amounts_and_are_blank_where_none_is_known(amounts: list[Decimal | None]) -> None:
    drawn = blocks(amounts)
    assert len(drawn) == len(amounts)
    pairs = sorted((amount, block) for amount, block in zip(amounts, drawn, strict=True) if amount is not None)
    assert [block for _, block in pairs] == sorted(block for _, block in pairs)
    assert all(block == " " for amount, block in zip(amounts, drawn, strict=True) if amount is None)
    known = {amount for amount, _ in pairs}
    if len(known) > 1:
        assert {pairs[0][1], pairs[-1][1]} == {"▁", "█"}


def test_each_price_has_its_dates_and_a_time_without_one_is_unknown(capsys: Capsys) -> None:
    rates = {"cached_input": Rate(amount=Decimal("0.2"), unit="million tokens")}
    lines = shown(capsys, an_entry(1, 1, 2, "2.50", rates=rates), an_entry(2, 3, 4, "1"))
    assert [" ".join(line) for line in lines] == [
        "2031-01-01 00:00 2031-02-01 00:00 standard 2.5 - cached_input 0.2 -",
        "2031-02-01 00:00 2031-03-01 00:00 standard TBD TBD - unknown",
        "2031-03-01 00:00 2031-04-01 00:00 standard 1 - - -",
        "2031-04-01 00:00 - standard TBD TBD - unknown",
    ]


def test_what_is_no_plain_price_of_the_list_is_marked(capsys: Capsys) -> None:
    entries = (
        an_entry(1, 1, 2, source="imported"),
        an_entry(2, 2, 12, cost=None, free=True),
        an_entry(-1, 3, 4, "1", source="own", own=Own(number=1, kind="negotiated")),
        an_entry(3, 12),
    )
    stale = a_model(stale_since=at(5), price_state=PriceState.STALE)
    imported, free, own, announced = shown(capsys, *entries, model=stale)
    assert imported[-1] == "imported"
    assert free[5:] == ["free", "free", "-", "stale", "since", "2031-05-01", "00:00"]
    assert own[-2:] == ["own", "(negotiated)"]
    assert announced[-1] == "announced"


def test_a_model_without_any_price_was_never_known(capsys: Capsys) -> None:
    show_history(a_model(), [], NOW)
    assert capsys.readouterr().out == "Its price was never known (TBD).\n"


def test_an_own_price_is_charged_before_the_lists_and_an_agreement_before_a_correction() -> None:
    listed = an_entry(9, 1)
    correction = an_entry(-8, 2, source="own", own=Own(number=8, kind="correction"))
    agreed = an_entry(-7, 3, 4, source="own", own=Own(number=7, kind="negotiated"))
    prices = (listed, correction, agreed)
    assert [charged(prices, at(month)) for month in (1, 2, 3, 4)] == [listed, correction, agreed, correction]
    assert charged(prices, datetime(2030, 1, 1, tzinfo=UTC)) is None


def test_the_course_tells_free_and_unknown_from_a_price(capsys: Capsys) -> None:
    entries = (an_entry(1, 1, 2, "3"), an_entry(2, 2, 4, cost=None, free=True), an_entry(3, 1, 3, "5", tier="batch"))
    show_courses(entries, NOW, every_tier=False)
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line.split()[:2] == ["standard", "input"]
    assert line.split()[-3:] == ["free", "TBD", "2031-04-01"]
    show_courses(entries, NOW, every_tier=True)
    assert capsys.readouterr().out.count("\n") == 3


def test_what_never_changed_has_no_course(capsys: Capsys) -> None:
    show_courses([an_entry(1, 1, 2), an_entry(2, 2), an_entry(3, 12, cost="1")], NOW, every_tier=True)
    assert capsys.readouterr().out == ""


@given(st.lists(st.sampled_from(["standard", "batch", "flex"]), max_size=10))
def test_the_standard_tier_comes_first(tiers: list[str]) -> None:
    groups = by_key(an_entry(number, 1, tier=tier) for number, tier in enumerate(tiers))
    assert [group[0].tier for group in groups] == sorted(set(tiers), key=lambda tier: (tier != "standard", tier))
