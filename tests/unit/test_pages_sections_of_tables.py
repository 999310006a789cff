"""Rows and columns of a table that price nothing, and say what the others price: tiers, units, states, sections."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import pricing_pages as pages
import pytest

UNIT: Final = "Prices per 1M tokens."
READERS: Final = "columns+kinds+transposed"
Rows = dict[tuple[str, str, int], dict[str, Decimal]]


def read(*rows: Sequence[str], over: str = UNIT) -> Rows:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    page = "\n".join(["# Pricing", "", over, "", head, "|---" * len(rows[0]) + "|", *body, ""])
    return pages.rates(pages.read(page, READERS))


HEAD: Final = ("Model", "Input", "Output")
LOW: Final = {"input": Decimal(3), "output": Decimal(9)}


@pytest.mark.parametrize(
    ("row", "tier", "above"),
    [("Batch", "batch", 0), ("**Batch API**", "batch", 0), ("Long context (> 200K)", "standard", 200_000)],
)
def test_a_row_with_one_text_says_what_those_after_it_are(row: str, tier: str, above: int) -> None:
    assert read(HEAD, (row, "", ""), ("Nimbus 4", "$3", "$9")) == {("Nimbus 4", tier, above): LOW}


@pytest.mark.parametrize(
    "row",
    [
        "Batch jobs (50% off)",
        "Legacy prices",
        "Fine-tuned",
        "Per 1K tokens",
        "EU",
        "Europe only",
        "Enterprise",
        "Coming soon",
    ],
)
def test_a_row_with_one_text_that_may_make_the_next_prices_others_refuses_them(row: str) -> None:
    found = read(HEAD, ("Nimbus 5", "$3", "$9"), (row, "", ""), ("Nimbus 4", "$3", "$9"))
    assert found == {("Nimbus 5", "standard", 0): LOW}


@pytest.mark.parametrize("row", ["Text models", "Nimbus 6"])
def test_a_row_with_one_text_that_says_nothing_of_prices_does_not(row: str) -> None:
    assert read(HEAD, (row, "", ""), ("Nimbus 4", "$3", "$9")) == {("Nimbus 4", "standard", 0): LOW}


def test_words_that_may_end_a_section_leave_the_rows_after_them_in_doubt() -> None:
    found = read(HEAD, ("Batch", "", ""), ("Nimbus 5", "$3", "$9"), ("Other models", "", ""), ("Nimbus 4", "$3", "$9"))
    assert found == {("Nimbus 5", "batch", 0): LOW}


def test_a_merged_row_of_html_is_a_section_too() -> None:
    row = "<tr><td>{}</td><td>$3</td><td>$9</td></tr>"
    head = "<tr><th>Model</th><th>Input</th><th>Output</th></tr>"
    body = f"{row.format('Nimbus 5')}<tr><td colspan=3>Batch jobs (cheaper)</td></tr>{row.format('Nimbus 4')}"
    reading = pages.read(f"<p>{UNIT}</p><table>{head}{body}</table>", READERS)
    assert [row.name for row in reading.prices] == ["Nimbus 5"]


TURNED: Final = ("Model", "Nimbus 4", "Nimbus 5")
PRICES: Final = (("Input", "$3", "$3"), ("Output", "$9", "$9"))


@pytest.mark.parametrize(
    "row",
    [
        ("Unit", "1K tokens", "1K tokens"),
        ("Currency", "CAD", "CAD"),
        ("Tier", "Tier 1", "Tier 1"),
        ("Status", "Planned", "Planned"),
    ],
)
def test_a_row_over_columns_of_models_may_refuse_them(row: Sequence[str]) -> None:
    assert read(TURNED, row, *PRICES) == {}
    assert read(TURNED, *PRICES, row) == {}


def test_a_row_over_columns_of_models_may_give_their_tier_and_band() -> None:
    found = read(TURNED, ("Tier", "Batch", "Standard"), ("Context", "<= 200K", "> 200K"), *PRICES)
    assert found == {("Nimbus 4", "batch", 0): LOW, ("Nimbus 5", "standard", 200_000): LOW}


def test_rows_about_what_models_can_do_say_nothing_of_their_prices() -> None:
    found = read(
        TURNED, ("Latency", "Fast", "Fastest"), ("Features", "Batch", "Vision"), ("Status", "GA", "GA"), *PRICES
    )
    assert set(found) == {("Nimbus 4", "standard", 0), ("Nimbus 5", "standard", 0)}


def test_sections_hold_where_models_are_columns() -> None:
    half = (("Input", "$1.5", "$1.5"), ("Output", "$4.5", "$4.5"))
    found = read(TURNED, ("Standard", "", ""), *PRICES, ("Batch API", "", ""), *half)
    assert found["Nimbus 4", "standard", 0] == LOW
    assert found["Nimbus 4", "batch", 0] == {"input": Decimal("1.5"), "output": Decimal("4.5")}
    assert set(read(TURNED, ("Batch jobs", "", ""), *PRICES)) == set()


def test_sections_hold_in_a_table_of_one_model() -> None:
    rows = (("", "Price per 1M tokens"), ("Batch", ""), ("Input", "$3"), ("Output", "$9"))
    assert read(*rows, over="## Nimbus 4") == {("Nimbus 4", "batch", 0): LOW}


@pytest.mark.parametrize("over", [TURNED[:2], ("", "Price per 1M tokens")])
def test_a_row_of_input_prices_above_a_band_is_read(over: Sequence[str]) -> None:
    rows = (("Input <= 200K", "$3"), ("Input > 200K", "$6"), ("Output", "$9"))
    found = read(over, *rows, over=UNIT if over[0] else "## Nimbus 4")
    assert found == {("Nimbus 4", "standard", 0): LOW, ("Nimbus 4", "standard", 200_000): {"input": Decimal(6)}}
