"""Lists of models: filters, search, order and pages, as pure rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_events import START

from ratecard_registry import views
from ratecard_registry.cursors import Cursors
from ratecard_registry.listing import Page, Sort, Wanted, costs_of, in_order, page, placed
from ratecard_registry.problems import Problem
from ratecard_registry.stored import Price
from ratecard_registry.views import FactsView, ModelView
from ratecard_shared.events import Capability, Usability
from ratecard_shared.prices import PriceState

_FACTS = FactsView(
    id="swift-1",
    provider="acme",
    display_name="Swift 1",
    classification=("chat",),
    context_window=128_000,
    max_output_tokens=None,
    usability=Usability.AVAILABLE,
    capabilities=(Capability(type="chat"),),
    aliases=(),
    shutdown_date=None,
    discovered_at=START,
    updated_at=START,
    deprecated_at=None,
    revision=1,
    found_on_page=False,
    match=None,
)


def row(amount: str | None, output: str | None = None, **fields: Any) -> Price:
    rates = {"input": amount, "output": output}
    known: dict[str, Any] = {"tier": "standard", "above_tokens": 0, "currency": "USD", "region": "global"}
    return Price(
        **known | fields,
        rates={name: Decimal(rate) for name, rate in rates.items() if rate is not None},
        effective_date=START,
    )


def made(name: str = "swift-1", *prices: Price, **facts: Any) -> ModelView:
    fields = {"id": name, "display_name": name, **facts}
    return views.whole(msgspec.structs.replace(_FACTS, **fields), views.pricing_view(prices))


def names(models: Sequence[ModelView]) -> list[str]:
    return [model.id for model in models]


def listed(models: Sequence[ModelView], wanted: Wanted, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Return a page of the list, whose parts are put in order apart: each provider's, as the registry does."""
    parts = [[one for one in models if one.provider == provider] for provider in {one.provider for one in models}]
    return page([in_order(placed(part, wanted)) for part in parts], wanted, limit=limit, cursor=cursor)


def pages(models: Sequence[ModelView], wanted: Wanted, limit: int) -> list[ModelView]:
    seen: list[ModelView] = []
    cursor = None
    while True:
        shown = listed(models, wanted, limit=limit, cursor=cursor)
        seen += shown.data
        assert shown.total == len(models)
        if shown.next_cursor is None:
            return seen
        assert len(shown.data) == limit
        cursor = shown.next_cursor


_amounts = st.none() | st.decimals(0, 100, places=2)
_models = st.builds(
    lambda name, provider, amount, output, window, hours: made(
        name,
        *([row(str(amount), None if output is None else str(output))] if amount is not None else []),
        provider=provider,
        context_window=window,
        updated_at=START + timedelta(hours=hours),
    ),
    st.text("abC-:/é", min_size=1, max_size=3),
    st.sampled_from(["acme", "zenith", "b"]),
    _amounts,
    _amounts,
    st.none() | st.integers(0, 5),
    st.integers(0, 3),
)
_catalogues = st.lists(_models, unique_by=lambda model: (model.provider, model.id), max_size=25)
_sorts = st.sampled_from(get_args(Sort))


@given(_catalogues, _sorts, st.integers(1, 7))
def test_pages_hold_every_model_once_in_order(models: list[ModelView], sort: Sort, limit: int) -> None:
    wanted = Wanted(sort=sort)
    whole = listed(models, wanted, limit=500, cursor=None).data
    assert pages(models, wanted, limit) == list(whole)
    assert sorted(names(whole)) == sorted(names(models))
    value: Callable[[ModelView], Any] = {
        "provider": lambda one: one.provider,
        "id": lambda one: one.id,
        "name": lambda one: one.display_name.casefold(),
        "contextWindow": lambda one: one.context_window,
        "inputCost": lambda one: costs_of(one, "USD").input,
        "outputCost": lambda one: costs_of(one, "USD").output,
        "updated": lambda one: one.updated_at,
    }[sort.removeprefix("-")]
    values = [value(model) for model in whole]
    known = [one for one in values if one is not None]
    assert values[len(known) :] == [None] * (len(values) - len(known)), "unknown is last, whichever way"
    assert known == sorted(known, reverse=sort.startswith("-"))
    for left, right in itertools.pairwise(whole):
        if value(left) == value(right):
            assert (left.provider, left.id) < (right.provider, right.id)


@given(st.data(), _catalogues, _sorts, st.integers(1, 5))
def test_what_existed_throughout_is_seen_once_whatever_comes_and_goes(
    data: st.DataObject, models: list[ModelView], sort: Sort, limit: int
) -> None:
    wanted = Wanted(sort=sort)
    stays = data.draw(st.lists(st.sampled_from(models), unique_by=id)) if models else []
    others = [model for model in models if model not in stays]
    seen: list[ModelView] = []
    cursor = None
    while True:
        there = stays + [model for model in others if data.draw(st.booleans())]
        shown = listed(there, wanted, limit=limit, cursor=cursor)
        seen += shown.data
        cursor = shown.next_cursor
        if cursor is None:
            break
    assert len(seen) == len({(model.provider, model.id) for model in seen})
    assert all(model in seen for model in stays)


_questions = [
    Wanted(),
    Wanted(sort="-provider"),
    Wanted(sort="inputCost"),
    Wanted(q="a"),
    Wanted(providers=("acme",)),
    Wanted(max_input_cost=Decimal(1)),
    Wanted(at=START),
    Wanted(known_at=START),
    Wanted(include_deprecated=True),
    Wanted(currency="CNY"),
]


@pytest.mark.parametrize("asked", _questions[1:])
def test_a_cursor_of_another_question_is_refused(asked: Wanted) -> None:
    models = [made(f"m{number}") for number in range(3)]
    of_another = listed(models, _questions[0], limit=1, cursor=None).next_cursor
    with pytest.raises(Problem, match="belongs to other filters") as refused:
        listed(models, asked, limit=1, cursor=of_another)
    assert refused.value.status_code == 400


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_a_made_up_cursor_is_a_clear_error(text: str) -> None:
    with pytest.raises(Problem, match=r"`cursor` is not|belongs"):
        listed([made()], Wanted(), limit=1, cursor=f"{text}!")


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", 1, None, [], "x", {"a": 1}, "1" * 5000])
@pytest.mark.parametrize("sort", get_args(Sort))
def test_a_forged_place_is_an_error_or_a_place(sort: Sort, value: Any) -> None:
    wanted = Wanted(sort=sort)
    forged = Cursors[Any](wanted, Any).write([value, "acme", "swift-1"])
    models = [made("swift-1", row("1", "2")), made("swift-2", row("3", "4"), context_window=7)]
    with suppress(Problem):
        assert len(listed(models, wanted, limit=1, cursor=forged).data) <= 1


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", True),
        ("  --  ", True),
        ("swift", True),
        ("SWIFT 4O", True),
        ("swift4o", True),
        ("swift-4o", True),
        ("swift_4.o", True),
        ("mini acme", True),
        ("clever", True),
        ("Ｓｗｉｆｔ", True),  # noqa: RUF001  # the point: another width
        ("swift - 4o", True),
        ("90%", True),
        ("%", True),
        ("*", False),
        ("swift ?", False),
        ("😀", False),
        ("\0", False),
        ("swift 5", False),
        ("acmeswift", False),
    ],
)
def test_search_finds_all_words_whatever_case_and_separators(q: str, found: bool) -> None:  # noqa: FBT001  # a case
    model = made("swift-4o:mini", display_name="Swift 4o Mini", aliases=("the-clever/one", "at-90%"))
    assert (Wanted(q=q).by_facts([model]) == [model]) is found


@given(_models, st.data())
def test_any_piece_of_a_name_finds_its_model(model: ModelView, data: st.DataObject) -> None:
    piece = data.draw(st.sampled_from([model.id, model.id.upper(), f"{model.provider} {model.id}"]))
    assert Wanted(q=piece).by_facts([model]) == [model]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(max_input_cost=Decimal(2)), ["cheap", "free"]),
        (Wanted(min_input_cost=Decimal(1)), ["cheap", "dear"]),
        (Wanted(min_input_cost=Decimal(0), max_input_cost=Decimal(0)), ["free"]),
        (Wanted(max_output_cost=Decimal(4)), ["cheap", "free"]),
        (Wanted(max_input_cost=Decimal(9), currency="CNY"), ["yuan"]),
        (Wanted(price_state=PriceState.UNKNOWN), ["unknown"]),
        (Wanted(price_state=PriceState.FREE), ["free"]),
        (Wanted(sort="inputCost"), ["free", "cheap", "dear", "batch", "long", "unknown", "yuan"]),
        (Wanted(sort="-inputCost"), ["dear", "cheap", "free", "batch", "long", "unknown", "yuan"]),
        (Wanted(sort="inputCost", currency="CNY"), ["yuan", "batch", "cheap", "dear", "free", "long", "unknown"]),
    ],
)
def test_prices_are_compared_by_the_standard_base_price_of_one_currency(wanted: Wanted, expected: list[str]) -> None:
    models = [
        made("cheap", row("1", "4"), row("99", above_tokens=1000)),
        made("dear", row("10", "40"), row("1", "2", tier="batch"), row("1", "1", region="eu")),
        made("free", row("0", None, free=True)),
        made("unknown"),
        made("yuan", row("1", "2", currency="CNY")),
        made("batch", row("1", "2", tier="batch")),
        made("long", row("1", "2", above_tokens=1000)),
    ]
    assert names(listed(wanted.by_prices(models), wanted, limit=50, cursor=None).data) == expected


def test_the_costs_at_the_top_say_whose_they_are() -> None:
    yuan = made("yuan", row("8", "16", currency="CNY"))
    assert yuan.input_cost_per_million == 8
    assert yuan.cost_basis
    assert (yuan.cost_basis.tier, yuan.cost_basis.currency) == ("standard", "CNY")
    assert made("unknown").cost_basis is None


def test_filters_on_facts() -> None:
    gone = made("gone", usability=Usability.DEPRECATED, deprecated_at=datetime(2031, 3, 5, tzinfo=UTC))
    seeing = made("seeing", capabilities=(Capability(type="vision"), Capability(type="tools", supported=False)))
    models = [gone, seeing, made("far", provider="zenith", classification=("chat", "coding"), context_window=None)]
    assert names(Wanted().by_facts(models)) == ["seeing", "far"]
    assert names(Wanted(at=START).by_facts(models)) == ["gone", "seeing", "far"]
    assert names(Wanted(capabilities=("vision",)).by_facts(models)) == ["seeing"]
    assert names(Wanted(capabilities=("tools",)).by_facts(models)) == []
    assert names(Wanted(classifications=("chat", "Coding")).by_facts(models)) == ["far"]
    assert names(Wanted(providers=("acme", "nobody")).by_facts(models)) == ["seeing"]
    assert names(Wanted(min_context_window=1).by_facts(models)) == ["seeing"]
    assert names(Wanted(usability="deprecated").by_facts(models)) == ["gone"]
