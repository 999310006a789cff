"""What the words around a table change about it: another time, another purpose, a caption with nothing but a unit."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pricing_pages as pages
import pytest
from msgspec.structs import replace

from ratecard_pages import PageReading, read_page
from ratecard_providers.pricing import Cards, Page, Pricing, Records
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


def test_cards_and_data_about_other_prices_give_none() -> None:
    def card(figure: int) -> str:
        return f"<div class=card><h3>nimbus-3</h3><p>Input <b>${figure} / 1M tokens</b></p></div>"

    page = f"<h1>Pricing</h1><h2>Previous pricing</h2>{card(9)}<h2>Pricing</h2>{card(2)}"
    cards = Pricing(pages=(Page(url="x", strategies=("cards",), cards=Cards(card=".card", name="h3")),))
    reading = read_page(
        page.encode(), url="x", provider=Provider(id="a", name="A"), fetched_at=pages.NOW, pricing=cards
    )
    assert [row.rates for row in reading.prices] == [{"input": 2}]
    assert reading.refused
    data = {"models": [{"name": "nimbus-3", "in": 2}], "previousPrices": [{"name": "nimbus-3", "in": 9}]}
    spec = Records(where=("name", "in"), rates={"input": "in"})
    given = Pricing(pages=(Page(url="x", strategies=("records",), records=(spec,), unit="1M tokens"),))
    body = json.dumps(data).encode()
    reading = read_page(body, url="x", provider=Provider(id="a", name="A"), fetched_at=pages.NOW, pricing=given)
    assert [row.rates for row in reading.prices] == [{"input": 2}]
    assert "previousPrices" in reading.refused[0].reason


@pytest.mark.parametrize(
    "said",
    [
        "The prices below take effect on October 1, 2026.",
        "These rates apply from October 1, 2026, in USD per 1M tokens.",
        "Prices effective October 1, 2026",
        "New prices, starting October 1, 2026:",
    ],
)
def test_a_sentence_over_a_table_says_from_when_all_of_it_holds(said: str) -> None:
    rows = ROWS.replace("<th>Input", "<th>Input per 1M tokens").replace("<th>Output", "<th>Output per 1M tokens")
    [row] = _page("Text models", said, rows).prices
    assert row.effective_from == date(2026, 10, 1)


@pytest.mark.parametrize("said", ["nimbus-2 retires from October 1, 2026.", "Prices changed last year."])
def test_a_sentence_about_something_else_dates_nothing(said: str) -> None:
    rows = ROWS.replace("<th>Input", "<th>Input per 1M tokens").replace("<th>Output", "<th>Output per 1M tokens")
    [row] = _page("Text models", said, rows).prices
    assert row.effective_from is None


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


@pytest.mark.parametrize("said", ["Prices are in US dollars per 1M tokens.", "Costs in USD, per million tokens"])
def test_figures_without_a_sign_are_in_the_currency_that_the_prose_names(said: str) -> None:
    [row] = _page("Text models", said, ROWS.replace("$", "")).prices
    assert row.currency == "USD"
    assert row.rates == {"input": 2, "output": 8}


@pytest.mark.parametrize(
    "said",
    [
        "Prices per 1M tokens.",
        "Prices per 1M tokens, in USD or in EUR (EUR on request).",
        "Prices are in EUR per 1M tokens.",
        "Spend limits are in USD.",
    ],
)
def test_figures_without_a_sign_whose_currency_is_not_said_are_refused(said: str) -> None:
    assert not _page("Text models", said, ROWS.replace("$", "")).prices


def test_a_number_without_a_sign_that_may_be_one_of_tokens_is_refused() -> None:
    rows = ROWS.replace("$2", "128,000").replace("$8", "16000")
    assert not _page("Limits", "Prices are in USD per 1M tokens.", rows).prices


def test_figures_in_the_order_of_their_header_are_told_apart_by_it() -> None:
    head = "<tr><th>Model</th><th>Input / Output per MTok</th></tr>"
    [row] = _page("Text models", rows=f"{head}<tr><td>nimbus-3</td><td>$2 / $8</td></tr>").prices
    assert row.rates == {"input": 2, "output": 8}
    for cell in ("$2", "$2 / $4 / $8", "$2 / $8 per 1K tokens", "$2 audio / $8"):
        reading = _page("Text models", rows=f"{head}<tr><td>nimbus-3</td><td>{cell}</td></tr>")
        assert not reading.prices, cell
        assert reading.refused


def test_a_row_without_a_name_is_its_model_s_only_where_its_figures_say_what_they_are() -> None:
    head = "<tr><th>Model</th><th>Pricing</th></tr><tr><td>nimbus-3</td><td>$2 / 1M input tokens</td></tr>"
    [row] = _page("Text models", rows=f"{head}<tr><td></td><td>$8 / 1M output tokens</td></tr>").prices
    assert row.rates == {"input": 2, "output": 8}
    nameless = ROWS + "<tr><td></td><td>$3</td><td>$9</td></tr>"
    [row] = _page("Text models", rows=nameless).prices
    assert row.rates == {"input": 2, "output": 8}


@pytest.mark.parametrize("corner", ["Feature", ""])
def test_models_may_be_columns_beside_a_list_of_features(corner: str) -> None:
    head = f"<p>Prices per 1M tokens.</p><table><tr><th>{corner}</th><th>%s</th><th>%s</th></tr>"
    page = f"{head}<tr><td>Input / Output</td><td>$2 / $8</td><td>$1 / $4</td></tr></table>"
    read = pages.read(page % ("Nimbus 3", "Nimbus 3 Mini"), "transposed")
    assert {row.name: row.rates["output"] for row in read.prices} == {"Nimbus 3": 8, "Nimbus 3 Mini": 4}
    for heads in (("Tier 1", "Tier 2"), ("Q1 2026", "Q2 2026"), ("Standard", "Batch"), ("Up to 1M tokens", "Nimbus 3")):
        assert not pages.read(page % heads, "transposed").prices


def test_tiers_in_bold_over_tables_are_theirs_and_a_row_of_tabs_is_nobody_s() -> None:
    def table(figure: int) -> str:
        return f"| Model | Input | Output |\n|---|---|---|\n| nimbus-3 | ${figure} | ${figure * 4} |\n\n"

    head = "# Pricing\n\nPrices per 1M tokens.\n\n"
    apart = pages.read(f"{head}**Standard**\n\n{table(2)}**Batch**\n\n{table(1)}", "columns")
    assert {row.tier: row.rates["input"] for row in apart.prices} == {"standard": 2, "batch": 1}
    for tabs in ("**Standard**\n\n**Batch**\n\n", "**Standard**\n**Batch**\n**Flex**\n\n"):
        reading = pages.read(f"{head}{tabs}{table(2)}", "columns")
        assert not reading.prices
        assert reading.refused


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
    spec = Records(where=("name", "in"), name="name", rates={"input": "in"}, scale=Decimal("0.0001"))
    page = replace(given.pages[0], strategies=("records",), records=(spec,))
    reading = read_page(
        json.dumps({"models": [{"name": "nimbus-3", "in": printed}]}).encode(),
        url=pages.URL,
        provider=Provider(id="acme", name="Acme", pricing=Pricing(pages=(page,))),
        fetched_at=pages.NOW,
    )
    assert [f"{row.rates['input']:f}" for row in reading.prices] == ["2.0000"]


def test_small_print_below_the_line_is_never_glued_to_a_figure() -> None:
    reading = _page("Text models", rows=ROWS.replace("$2<", "$2<sub>5</sub><"))
    assert [row.rates for row in reading.prices] == [{"output": Decimal(8)}]
    assert "'5'" in reading.refused[0].reason
