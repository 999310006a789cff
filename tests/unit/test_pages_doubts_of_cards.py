"""Cards and data whose prices may be others than today's ordinary ones: what is not certain is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

import pricing_pages as pages
import pytest

from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Cards, Page, Pricing, Records
from ratecard_providers.spec import Provider

CARDS: Final = Page(url="x", strategies=("cards",), cards=Cards(card=".card", name="h3"))
DATA: Final = Page(
    url="x", strategies=("records",), records=(Records(where=("name", "in"), rates={"input": "in", "output": "out"}),)
)
LINES: Final = "<div><b>Input</b><i>$3 / MTok</i></div><div><b>Output</b><i>$9 / MTok</i></div>"
MODEL: Final = {"name": "nimbus-4", "in": 3, "out": 9}
PRICE: Final = {"input": 3, "output": 9}


def read(body: str, page: Page) -> PageReading:
    provider = Provider(id="acme", name="Acme", pricing=Pricing(pages=(page,)))
    return read_page(body.encode(), url="x", provider=provider, fetched_at=pages.NOW)


def card(inside: str = "", above: str = "") -> PageReading:
    body = f"<h1>Pricing</h1>{above}<div class=card><h3>Nimbus 4</h3>{inside}<div>{LINES}</div></div>"
    return read(body, CARDS)


@pytest.mark.parametrize(
    "label",
    [
        "Batch jobs (50% off)",
        "Old price",
        "Enterprise",
        "Coming soon",
        "Prices in CAD",
        "Prompts over 200K tokens, each",
    ],
)
def test_a_label_on_a_card_that_may_make_its_prices_others_refuses_them(label: str) -> None:
    assert card(f"<h4>{label}</h4>").prices == ()


@pytest.mark.parametrize(
    "label", ["Best for batch jobs", "Our fastest", "Up to 1M tokens of context", "Enterprise-grade"]
)
def test_a_label_on_a_card_that_says_nothing_of_prices_does_not(label: str) -> None:
    [row] = card(f"<p>{label}</p>").prices
    assert (row.tier, row.above_tokens) == ("standard", 0)
    assert row.rates == PRICE


@pytest.mark.parametrize(
    "above", ["<h2>Batch jobs</h2>", "<h2>Fine-tuning</h2>", "<p>All prices are in Canadian dollars.</p>"]
)
def test_words_above_a_card_that_may_make_its_prices_others_refuse_them(above: str) -> None:
    assert card(above=above).prices == ()


def test_a_heading_above_a_card_may_give_its_tier_and_date() -> None:
    [row] = card(above="<h2>Batch</h2>").prices
    assert row.tier == "batch"
    [row] = card(above="<h2>From October 1, 2031</h2>").prices
    assert row.effective_from == date(2031, 10, 1)
    [row] = card("<p>until October 1, 2031</p>").prices
    assert row.effective_until == date(2031, 10, 1)


def test_a_heading_on_one_card_says_nothing_of_the_next() -> None:
    one = f"<div class=card><h3>Nimbus 4</h3>{LINES}<h4>Batch</h4><p>On request</p></div>"
    found = read(f"<h1>Pricing</h1>{one}{one.replace('4', '5', 1)}", CARDS)
    assert {row.tier for row in found.prices} == {"standard"}
    assert found.prices


@pytest.mark.parametrize(
    "data",
    [
        {"history": [MODEL]},
        {"priceHistory": [MODEL]},
        {"archive": {"models": [MODEL]}},
        {"models": [MODEL | {"currency": "EUR"}]},
    ],
)
def test_data_of_another_time_or_currency_is_refused(data: Any) -> None:
    found = read(json.dumps(data), DATA)
    assert found.prices == ()
    assert found.refused


def test_data_in_the_expected_currency_is_read() -> None:
    [row] = read(json.dumps({"models": [MODEL | {"currency": "usd"}]}), DATA).prices
    assert row.rates == PRICE
