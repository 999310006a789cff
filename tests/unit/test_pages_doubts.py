"""Pages that a person would not misread and a program could: what is not certain is refused, never taken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pricing_pages as pages
import pytest

from ratecard_pages import PageReading

UNIT = "Prices per 1M tokens."


def table(*rows: tuple[str, ...], head: tuple[str, ...] = ("Model", "Input", "Output"), said: str = UNIT) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(["# Pricing", "", said, "", *lines, ""])


def read(*rows: tuple[str, ...], head: tuple[str, ...] = ("Model", "Input", "Output"), said: str = UNIT) -> PageReading:
    return pages.read(table(*rows, head=head, said=said), "columns+kinds+transposed")


def of_cell(cell: str) -> dict[str, dict[str, Decimal]]:
    """What is read of an input price beside an output price of $9, by tier."""
    return {row.tier: dict(row.rates) for row in read(("Nimbus 4", cell, "$9")).prices}


@pytest.mark.parametrize("cell", ["$3 or $6", "$3 or $6 with support", "300¢", "$3¢", "$3 %"])
def test_a_cell_that_says_more_than_an_amount_is_refused(cell: str) -> None:
    assert of_cell(cell) == {"standard": {"output": 9}}


def test_an_amount_that_says_itself_again_in_another_unit_is_read() -> None:
    assert of_cell("$3 per 1M tokens or $0.01 per image") == {"standard": {"input": 3, "output": 9}}


@pytest.mark.parametrize("cell", ["$3 (batch $1.50)", "$3 ($1.50 batch)", "$3 (batch: $1.50)"])
def test_words_in_a_bracket_are_about_the_figure_in_it(cell: str) -> None:
    assert of_cell(cell) == {"standard": {"input": 3, "output": 9}, "batch": {"input": Decimal("1.5")}}


def test_words_in_a_bracket_are_about_no_figure_behind_it() -> None:
    assert of_cell("$3 (batch $1.50), $6 > 200K tokens")["batch"] == {"input": Decimal("1.5")}


@pytest.mark.parametrize("cell", ["$2<sup>50</sup>", "$2.<sup>50</sup>", "<b>$2</b><sup>50</sup>"])
def test_cents_in_small_print_are_no_footnote(cell: str) -> None:
    html = f"<p>{UNIT}</p><table><tr><th>Model<th>Input<th>Output</tr><tr><td>Nimbus 4<td>{cell}<td>$9</tr></table>"
    [row] = pages.read(html, "columns").prices
    assert row.rates == {"output": 9}


def test_of_a_batch_price_dearer_than_the_standard_one_neither_is_believed() -> None:
    head = ("Model", "Input", "Batch input")
    assert read(("Nimbus 4", "$2", "$4"), head=head).prices == ()


def test_of_a_long_context_price_below_the_other_neither_is_believed() -> None:
    head = ("Model", "Input <= 200K", "Input > 200K")
    assert read(("Nimbus 4", "$4", "$2"), head=head).prices == ()


@pytest.mark.parametrize("said", ["Prices per token.", "Prices are in USD per 1K tokens."])
def test_a_price_beyond_all_measure_has_another_unit(said: str) -> None:
    assert read(("Nimbus 4", "$30", "$60"), said=said).prices == ()


ROW = ("Nimbus 4", "$3", "$9")


@pytest.mark.parametrize(
    "said",
    [
        "Prices are per 10 million tokens.",
        "Prices are per ten million tokens.",
        "Prices per 100K tokens.",
        "Prices per 0.1M tokens, in USD",
        "Prices are per 1K tokens for text and per 1M characters for speech.",
        "All prices are in Canadian dollars per 1M tokens.",
        "All prices per 1M tokens, in SGD.",
        "Prices per 1M tokens are in cents.",
        "Prices are in thousands of dollars per 1M tokens.",
        "These prices per 1M tokens are no longer valid.",
        "Example prices per 1M tokens:",
        "Prices per 1M tokens before the change of October.",
        "Prices per 1M tokens for customers with a commitment.",
        "Prices per 1M tokens in region eu-west-1.",
        "Prices for cached input per 1M tokens",
        "Long context prices per 1M tokens",
    ],
)
def test_a_statement_of_the_unit_that_says_more_than_is_understood_refuses_its_table(said: str) -> None:
    outer = f"{UNIT}\n\n## Text models\n\n{said}"
    assert read(ROW, said=outer).prices == ()


@pytest.mark.parametrize(
    "said",
    [
        "Prices per 1M tokens unless noted.",
        "Our simple prices, per 1M tokens.",
        "Prices per 1M tokens. Batch requests cost 50% less.",
        "Prices per 1M tokens, unless you use the Batch API.",
        "Prices per 1M tokens (for example, 750,000 words).",
        "Prices are per 1 million tokens, in all regions.",
        "Our models are priced per token. All prices are in USD per 1M tokens.",
        "Usage is billed per token.\n\nPrices per 1M tokens.",
        "Prices per 1M tokens.\n\nUsage is billed per token.",
    ],
)
def test_a_statement_that_says_nothing_else_of_its_prices_is_taken(said: str) -> None:
    assert [row.rates for row in read(ROW, said=said).prices] == [{"input": 3, "output": 9}]


@pytest.mark.parametrize(
    ("said", "tier", "above"),
    [
        ("Batch API prices, per 1M tokens.", "batch", 0),
        ("Prices per 1M tokens for prompts above 200K tokens.", "standard", 200_000),
        ("Prices per 1M tokens for prompts up to 200K tokens.", "standard", 0),
    ],
)
def test_a_statement_that_is_understood_whole_is_taken_whole(said: str, tier: str, above: int) -> None:
    assert [(row.tier, row.above_tokens) for row in read(ROW, said=said).prices] == [(tier, above)]


@pytest.mark.parametrize(
    "over",
    [
        "With the Batch API you pay:",
        "With the Batch API you pay:\n\nUSD per 1M tokens",
        "## Batch API (half the price)",
        "## Batch and flex",
        "## Batch jobs\n\n### Text models",
        "## Off-peak hours",
        "## Legacy pricing",
        "## Pricing history",
        "## Prices before September",
        "## Committed use",
        "## Nimbus vs Cirrus",
        "## Long context",
        "## Prices per 1K tokens",
        "## Prices in EUR",
    ],
)
def test_words_over_a_table_that_may_make_its_prices_others_refuse_it(over: str) -> None:
    assert read(ROW, said=f"{UNIT}\n\n{over}").prices == ()


@pytest.mark.parametrize(
    "over", ["## Standard, batch and flex", "## Text models", "You can batch requests.", "## Fast models"]
)
def test_words_that_say_nothing_of_a_table_s_prices_do_not(over: str) -> None:
    assert [row.tier for row in read(ROW, said=f"{UNIT}\n\n{over}").prices] == ["standard"]


def test_a_column_that_says_its_tier_needs_no_heading_that_does() -> None:
    head = ("Model", "Batch input", "Batch output")
    assert [row.tier for row in read(ROW, head=head, said=f"{UNIT}\n\n## Save with batch jobs").prices] == ["batch"]


@pytest.mark.parametrize(("heading", "above"), [("Prompts > 200K tokens", 200_000), ("Prompts up to 200K tokens", 0)])
def test_a_heading_may_give_the_context_band(heading: str, above: int) -> None:
    [row] = read(ROW, said=f"{UNIT}\n\n## {heading}").prices
    assert row.above_tokens == above
    assert row.rates == {"input": 3, "output": 9}


def test_a_heading_may_give_the_unit() -> None:
    [row] = read(("Nimbus 4", "$0.003", "$0.009"), said="## Prices per 1K tokens").prices
    assert row.rates == {"input": 3, "output": 9}


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Tier", "Tier 1"),
        ("Mode", "Thinking"),
        ("Currency", "CAD"),
        ("Currency", "EUR"),
        ("Unit", "100K tokens"),
        ("Unit", "1K tokens"),
        ("Service", "Batch API"),
        ("Notes", "batch only"),
        ("Status", "Coming soon"),
    ],
)
def test_a_cell_beside_the_name_that_may_make_the_prices_others_refuses_them(header: str, cell: str) -> None:
    assert read(("Nimbus 4", cell, "$3", "$9"), head=("Model", header, "Input", "Output")).prices == ()


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Features", "Vision, batch, tools"), ("Type", "Chat"), ("Notes", "Our best"), ("Status", "GA"), ("Tier", "-")],
)
def test_a_cell_beside_the_name_that_says_nothing_of_prices_does_not(header: str, cell: str) -> None:
    [row] = read(("Nimbus 4", cell, "$3", "$9"), head=("Model", header, "Input", "Output")).prices
    assert (row.tier, dict(row.rates)) == ("standard", {"input": Decimal(3), "output": Decimal(9)})


def test_a_cell_beside_the_name_may_say_from_when_the_prices_hold() -> None:
    head = ("Model", "Availability", "Input", "Output")
    [row] = read(("Nimbus 4", "from October 1, 2031", "$3", "$9"), head=head).prices
    assert row.effective_from == date(2031, 10, 1)


def test_regions_may_stand_in_a_column_of_countries() -> None:
    head = ("Model", "Country", "Input", "Output")
    rows = read(("Nimbus 4", "Canada", "$3", "$9"), ("Nimbus 4", "France", "$4", "$9"), head=head).prices
    assert {(row.region, row.rates["input"]) for row in rows} == {("Canada", Decimal(3)), ("France", Decimal(4))}


@pytest.mark.parametrize("header", ["Competitor model", "Similar models", "Reference model"])
def test_a_column_of_other_models_than_those_priced_names_none(header: str) -> None:
    assert read(ROW, head=(header, "Input", "Output")).prices == ()
    [row] = read(("Cirrus 9", *ROW), head=(header, "Model", "Input", "Output")).prices
    assert row.name == "Nimbus 4"


@pytest.mark.parametrize("mark", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u200e"])
def test_a_character_that_nobody_sees_is_not_there(mark: str) -> None:
    head = ("Model", f"In{mark}put", "Output")
    [row] = read((f"Nim{mark}bus 4{mark}", f"$1{mark}0", f"$9{mark}0"), head=head).prices
    assert (row.name, dict(row.rates)) == ("Nimbus 4", {"input": Decimal(10), "output": Decimal(90)})


@pytest.mark.parametrize(
    "name",
    [
        "Nimbus 4 (legacy pricing)",
        "Nimbus 4 (new price)",
        "Nimbus 4 (old rate)",
        "Example: Nimbus 4",
        "vs. Nimbus 4",
        "Savings over Nimbus 4",
    ],
)
def test_a_name_with_a_remark_about_its_price_is_none(name: str) -> None:
    assert read((name, "$3", "$9")).prices == ()


def test_a_tier_in_bold_letters_holds_until_the_next_title() -> None:
    rows = "| Model | Input |\n|---|---|\n| {} | $3 |\n"
    page = f"# Pricing\n\n{UNIT}\n\n**Batch**\n\n{rows.format('Nimbus 4')}\n**Embeddings**\n\n{rows.format('Nimbus 5')}"
    assert [row.tier for row in pages.read(page, "columns").prices] == ["batch", "standard"]
