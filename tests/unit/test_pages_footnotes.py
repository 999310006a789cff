"""Footnotes below a table: one that may change what is printed refuses it; any other does not."""

from __future__ import annotations

from typing import Final

import pricing_pages as pages
import pytest

READERS: Final = "columns+kinds+transposed"
UNIT: Final = "Prices per 1M tokens."
CHANGING: Final = (
    "Batch API only.",
    "With a yearly commitment.",
    "$6 for prompts above 200K tokens",
    "Price per 1K tokens.",
    "Until December 31, 2030.",
    "Prices in EUR.",
    "Prices are in cents.",
)
HARMLESS: Final = (
    "Our newest model.",
    "Available in the US West region.",
    "Includes thinking tokens.",
    "About $0.04 per image.",
    "Prices in USD per 1M tokens.",
)


def markdown(input_: str, note: str, *, name: str = "Nimbus 4", label: str = "Input", turned: bool = False) -> set[str]:
    """What is priced of $3 and $9."""
    rows = (("Model", name), (label, input_), ("Output", "$9"))
    lines = list(rows) if turned else list(zip(*rows, strict=True))
    table = [f"| {' | '.join(line)} |" for line in lines]
    table.insert(1, "|---" * len(lines[0]) + "|")
    page = "\n".join(["# Pricing", "", UNIT, "", *table, "", note, "", "Not what you look for?", ""])
    return {component for row in pages.read(page, READERS).prices for component in row.rates}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("note", CHANGING)
def test_a_footnote_that_may_change_a_price_refuses_it(note: str, turned: bool) -> None:  # noqa: FBT001 - a parameter
    for mark in ("*", "[1]", "¹", "†"):
        assert markdown(f"$3{mark}", f"{mark} {note}", turned=turned) == {"output"}
        assert markdown("$3", f"{mark} {note}", label=f"Input{mark}", turned=turned) == {"output"}
    assert markdown("$3", f"* {note}", name="Nimbus 4*", turned=turned) == set()


@pytest.mark.parametrize("note", HARMLESS)
def test_a_footnote_that_changes_nothing_is_nothing(note: str) -> None:
    assert markdown("$3*", f"* {note}") == {"input", "output"}


def test_a_remark_that_no_mark_points_to_changes_nothing() -> None:
    assert markdown("$3", f"* {CHANGING[0]}") == {"input", "output"}


def test_a_footnote_about_the_tier_of_a_column_of_that_tier_changes_nothing() -> None:
    note = "* Batch API prices are for requests that are sent as a batch."
    assert markdown("$3", note, label="Batch input*") == {"input", "output"}


@pytest.mark.parametrize("note", CHANGING)
def test_a_raised_number_of_html_points_to_its_footnote(note: str) -> None:
    table = "<table><tr><th>Model<th>Input<th>Output</tr><tr><td>Nimbus 4<td>$3<sup>1</sup><td>$9</tr></table>"
    [row] = pages.read(f"<p>{UNIT}</p>{table}<p><sup>1</sup> {note}</p>", READERS).prices
    assert row.rates == {"output": 9}
    [row] = pages.read(f"<p>{UNIT}</p>{table}<p><sup>1</sup> {HARMLESS[0]}</p>", READERS).prices
    assert row.rates == {"input": 3, "output": 9}


def test_a_raised_number_is_no_part_of_a_name() -> None:
    table = "<table><tr><th>Model<th>Input</tr><tr><td>Nimbus<sup>12</sup> 4 <sup>7</sup><td>$3</tr></table>"
    [row] = pages.read(f"<p>{UNIT}</p>{table}", READERS).prices
    assert row.name == "Nimbus 4"
