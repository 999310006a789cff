"""What the words around a table change about it: another time, another purpose, a caption with nothing but a unit."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pricing_pages as pages
import pytest
from msgspec.structs import replace

from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Pricing, Records
from ratecard_providers.spec import Provider

ROWS = "<tr><th>Model</th><th>Input</th><th>Output</th></tr><tr><td>nimbus-3</td><td>$2</td><td>$8</td></tr>"


def _page(heading: str, said: str = "Prices in USD per 1M tokens.", rows: str = ROWS) -> PageReading:
    body = f"<h1>Pricing</h1><h2>{heading}</h2><p>{said}</p><table>{rows}</table>"
    return pages.read(body, "columns")


@pytest.mark.parametrize(
    "words", ["starting September 1, 2026", "(effective from 1 September 2026)", "from 2026-09-01"]
)
def test_a_heading_with_a_date_says_from_when_its_prices_hold(words: str) -> None:
    [row] = _page(f"Pricing {words}").prices
    assert (row.effective_from, row.effective_until) == (date(2026, 9, 1), None)


def test_a_heading_with_an_end_says_until_when_its_prices_hold() -> None:
    [row] = _page("Pricing until August 31, 2026").prices
    assert (row.effective_from, row.effective_until) == (None, date(2026, 8, 31))


@pytest.mark.parametrize(
    "heading",
    [
        "Previous pricing",
        "Upcoming prices",
        "Worked example: a support desk",
        "Pricing examples",
        "Compared with other providers",
        "Data residency",
    ],
)
def test_a_section_about_other_prices_gives_none(heading: str) -> None:
    reading = _page(heading)
    assert not reading.prices
    assert reading.refused


@pytest.mark.parametrize("heading", ["Text models", "Legacy models", "Model comparison", "Compare models"])
def test_a_section_about_models_gives_theirs(heading: str) -> None:
    assert len(_page(heading).prices) == 1


@pytest.mark.parametrize("said", ["USD per 1M tokens", "Per 1M tokens (USD)", "$ / million tokens"])
def test_a_caption_may_say_nothing_but_a_unit_and_a_currency(said: str) -> None:
    [row] = _page("Text models", said).prices
    assert f"{row.rates['input']:f}" == "2"


@pytest.mark.parametrize("said", ["Up to 1M tokens", "1M tokens of context", "Ask us about USD per 1M tokens"])
def test_words_that_say_more_are_no_caption(said: str) -> None:
    assert not _page("Text models", said).prices


def test_a_header_with_a_band_may_have_its_component_before_it() -> None:
    rows = (
        "<tr><th>Model</th><th>Input &lt;= 128K</th><th>Input &gt; 128K</th><th>Output</th></tr>"
        "<tr><td>nimbus-3</td><td>$2</td><td>$4</td><td>$8</td></tr>"
    )
    read = {row.above_tokens or 0: set(row.rates) for row in _page("Text models", rows=rows).prices}
    assert read == {0: {"input", "output"}, 128_000: {"input"}}


def test_cells_that_say_what_they_price_are_not_given_a_component() -> None:
    rows = "<tr><th>Model</th><th>Input &lt;= 128K</th></tr><tr><td>nimbus-3</td><td>Input: $2<br>Output: $8</td></tr>"
    [row] = _page("Text models", rows=rows).prices
    assert set(row.rates) == {"input", "output"}


def test_a_column_of_times_gives_the_tier() -> None:
    rows = (
        "<tr><th>Model</th><th>Time</th><th>Input</th><th>Output</th></tr>"
        "<tr><td rowspan='2'>nimbus-3</td><td>Peak (UTC 00:30-16:30)</td><td>$2</td><td>$8</td></tr>"
        "<tr><td>Off-peak (UTC 16:30-00:30)</td><td>$1</td><td>$4</td></tr>"
    )
    assert {row.tier for row in _page("Text models", rows=rows).prices} == {"standard", "off-peak"}


def test_a_discounted_price_without_hours_is_no_off_peak_price() -> None:
    rows = (
        "<tr><th>Model</th><th>Discounted price (input)</th><th>Output</th></tr>"
        "<tr><td>nimbus-3</td><td>$2</td><td>$8</td></tr>"
    )
    assert {row.tier for row in _page("Text models", rows=rows).prices} == {"standard"}


@pytest.mark.parametrize("printed", ["20000", "$n20000"])
def test_a_big_integer_of_flight_data_is_its_number(printed: str) -> None:
    given = pages.provider("columns").pricing
    assert given is not None
    spec = Records(where=("name", "in"), name="name", rates={"input": "in"})
    page = replace(given.pages[0], strategies=("records",), records=(spec,))
    reading = read_page(
        json.dumps({"models": [{"name": "nimbus-3", "in": printed}]}).encode(),
        url=pages.URL,
        provider=Provider(id="acme", name="Acme", pricing=Pricing(pages=(page,))),
        fetched_at=pages.NOW,
    )
    assert [f"{row.rates['input']:f}" for row in reading.prices] == ["20000"]


def test_small_print_below_the_line_is_never_glued_to_a_figure() -> None:
    reading = _page("Text models", rows=ROWS.replace("$2<", "$2<sub>5</sub><"))
    assert [row.rates for row in reading.prices] == [{"output": Decimal(8)}]
    assert "'5'" in reading.refused[0].reason
