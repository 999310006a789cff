"""Every change is one line that says what it was and what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from event_strategies import said_on
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.api import FROM_JSON
from ratecard_cli.change_lines import event as event_of
from ratecard_cli.change_lines import line
from ratecard_cli.consuming import printed
from ratecard_cli.terminal import figure, harmless
from ratecard_registry.change_views import change_view
from ratecard_registry.problems import encode as as_the_api_writes
from ratecard_registry.views import camel
from ratecard_shared.codec import encode
from ratecard_shared.events import (
    ModelChanged,
    ModelChangeKind,
    PriceChangeKind,
    PriceSaid,
    PricingChanged,
    Usability,
)
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DEPRECATED = ModelChanged(
    event_id="e",
    sync_id="s",
    occurred_at=NOW,
    provider="acme",
    model_id="large",
    revision=1,
    kind=ModelChangeKind.DEPRECATED,
    display_name="Large",
    usability=Usability.DEPRECATED,
    changed_fields=("usability",),
)


@given(said_on(PRICING_CHANGED) | said_on(MODEL_CHANGED))
def test_every_change_is_one_line_that_names_the_model(event: PricingChanged | ModelChanged) -> None:
    said = line(event)
    assert f"{event.provider}/{event.model_id}" in said
    assert event.kind in said
    assert harmless(said).isprintable()
    assert "\n" not in harmless(said)


@given(said_on(PRICING_CHANGED))
def test_no_figure_that_stayed_is_said(event: PricingChanged) -> None:
    if event.old and event.new and not event.new.free:
        _, _, changes = line(event).rpartition(": ")
        for component in event.old.rates.keys() & event.new.rates.keys():
            stayed = event.old.rates[component] == event.new.rates[component]
            assert stayed == (f"{camel(component)} {figure(event.old.rates[component])} ->" not in changes)


@given(said_on(PRICING_CHANGED) | said_on(MODEL_CHANGED))
def test_the_api_and_kafka_say_a_change_alike(event: PricingChanged | ModelChanged) -> None:
    topic = MODEL_CHANGED if isinstance(event, ModelChanged) else PRICING_CHANGED
    shown = change_view(topic.name, encode(event), "1-1")
    assert line(event_of(FROM_JSON.decode(as_the_api_writes(shown)))) == line(event)


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=9))
def test_a_figure_is_exact_and_has_no_exponent(amount: Decimal) -> None:
    assert Decimal(figure(amount)) == amount
    assert "e" not in figure(amount).lower()


@given(st.text())
def test_nothing_that_steers_a_terminal_is_printed(text: str) -> None:
    assert harmless(text).isprintable()
    assert len(harmless(text)) == len(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"output": "9", "input": "3.00"}, {"output": "8", "input": "3"}, "standard: output 9 -> 8"),
        (None, {"output": "8", "input": "3"}, "standard: input 3, output 8"),
        ({"input": "3"}, {}, "standard: input 3 -> none"),
        ({"input": "3"}, None, "standard: input 3"),
    ],
)
def test_a_change_says_what_it_was_and_what_it_is(
    old: dict[str, str] | None, new: dict[str, str] | None, said: str
) -> None:
    event = PricingChanged(
        event_id="e",
        sync_id="s",
        occurred_at=NOW,
        provider="acme",
        model_id="large",
        revision=1,
        kind=PriceChangeKind.CHANGED,
        old=a_said(old),
        new=a_said(new),
        effective_date=NOW,
    )
    assert line(event) == f"pricing.changed  acme/large  changed  {said}"


def a_said(rates: dict[str, str] | None) -> PriceSaid | None:
    return None if rates is None else PriceSaid(rates={name: Decimal(rate) for name, rate in rates.items()})


async def test_a_record_without_a_value_or_sense_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    async def records() -> AsyncIterator[Any]:
        for value in (None, b"", b"[]", encode(DEPRECATED)):
            yield SimpleNamespace(topic=MODEL_CHANGED.name, value=value)

    async with printed(records()):
        await asyncio.sleep(0.01)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (f"{line(DEPRECATED)}\n", "")


async def test_printing_that_ends_says_so_and_stops_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    async def records() -> AsyncIterator[Any]:
        yield SimpleNamespace(topic="no.such.topic", value=b"{}")

    async with printed(records()):
        await asyncio.sleep(0.01)
    assert "Changes are no longer printed" in capsys.readouterr().err


def test_an_announcement_says_from_when_and_an_own_price_that_it_is_one() -> None:
    event = PricingChanged(
        event_id="e",
        sync_id="s",
        occurred_at=NOW,
        provider="acme",
        model_id="large",
        revision=1,
        kind=PriceChangeKind.SCHEDULED,
        new=a_said({"cached_input": "2"}),
        effective_date=NOW,
        source="own",
    )
    assert line(event) == "pricing.changed  acme/large  scheduled  standard (own): cachedInput 2 from 2026-09-01 on"


def test_a_model_says_what_changed() -> None:
    assert line(DEPRECATED) == "model.changed    acme/large  deprecated (usability)"
