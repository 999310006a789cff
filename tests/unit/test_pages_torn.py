"""Pages torn in ways that fuzzing and mutants of real pages have found: a named refusal, never a wrong number."""

from __future__ import annotations

import pricing_pages as pages
import pytest
from hypothesis import given
from hypothesis import strategies as st

TABLE = "| Model | Input |\n|---|---|\n| {} | ${} / 1M tokens |\n"
PANES = (
    '# Prices\n\n<div data-value="batch">\n<div class="hidden">Batch</div>\n\n'
    + TABLE.format("nimbus-3", "1.50")
    + '\n</div>\n<div data-value="standard">\n\n'
    + TABLE.format("nimbus-3", "3.00")
    + "\n</div>\n\n"
    + TABLE.format("cirrus-1", "9.00")
)


def test_panes_in_markdown_give_their_tables_a_tier() -> None:
    found = {key[:2] for key in pages.rates(pages.read(PANES, "columns"))}
    assert found == {("nimbus-3", "batch"), ("nimbus-3", "standard"), ("cirrus-1", "standard")}


@given(which=st.integers(0, 2))
def test_a_pane_in_markdown_that_is_not_closed_gives_no_tier_to_what_follows(which: int) -> None:
    parts = PANES.split("</div>")
    torn = "</div>".join(parts[: which + 1]) + "</div>".join(parts[which + 1 :])
    reading = pages.read(torn, "columns")
    assert reading.prices == ()
    assert any("tags before it are not closed" in refusal.reason for refusal in reading.refused)


def test_a_row_with_more_cells_than_models_is_refused() -> None:
    page = (
        "<table><tr><th>Model</th><th>Nimbus 3</th></tr><tr><td>1M output tokens</td><td>$8</td></tr>"
        "<tr><td>1M input tokens</td><td>$2</td><td>$4</td></tr>"
        "<tr><td>1M cached input</td><td>$1</td><td>$4</td></tr></table>"
    )
    reading = pages.read(page, "transposed")
    assert not any("failed on the page" in refusal.reason for refusal in reading.refused)
    assert all("input" not in rates for rates in pages.rates(reading).values())


@pytest.mark.parametrize("hourly", ["$100.00 / hour", "$3 per hour", "$3 an hr"])
def test_a_column_of_hourly_prices_makes_a_table_one_of_training(hourly: str) -> None:
    page = (
        "<p>Prices per 1M tokens.</p><table><tr><th>Model</th><th>Wattage</th><th>Input</th></tr>"
        f"<tr><td>Nimbus 3</td><td>{hourly}</td><td>$2</td></tr></table>"
    )
    assert pages.read(page, "columns").prices == ()


def test_a_name_that_swallowed_its_card_is_no_name() -> None:
    rest = "<div>Our best for everything</div><div>Input</div><div>$2 / MTok</div></div>"
    card = f'<div class="card"><h3>Nimbus 3{{}}{rest}'
    assert [row.name for row in pages.read(card.format("</h3>"), "cards").prices] == ["Nimbus 3"]
    torn = pages.read(card.format(""), "cards")
    assert torn.prices == ()
    assert any("tags are not closed" in refusal.reason for refusal in torn.refused)
