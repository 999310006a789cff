"""Sources of components and data: panes of another name, sections about something else, figures in another unit."""

from __future__ import annotations

import json
from typing import Final

import pytest
from pricing_pages import NOW

from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers

ROWS: Final = '<Table rows={[\n  ["nim-9", 2.5, 0.25, 15],\n]} />'


def read(body: str, provider: str = "openai") -> PageReading:
    return read_page(body.encode(), url="file:page", provider=load_providers()[provider], fetched_at=NOW)


def pane(value: str) -> str:
    return f'# Pricing\n\n<div data-value="{value}">\n{ROWS}\n</div>\n'


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        ("standard", "standard"),
        ("batch", "batch"),
        ("batch-api", "batch"),
        ("priority-processing", "priority"),
        ("batch-jobs", "batch-jobs"),
        ("enterprise", "enterprise"),
        ("archive", "archive"),
        ("tab-1", "standard"),
    ],
)
def test_a_pane_of_another_name_is_no_standard_one(value: str, tier: str) -> None:
    [row] = read(pane(value)).prices
    assert row.tier == tier
    html = f"<div data-value='{value}'><table><tr><th>Model<th>Input</tr><tr><td>nim-9<td>$2</tr></table></div>"
    [row] = read(f"<html><p>Prices per 1M tokens.</p>{html}</html>").prices
    assert row.tier == tier


@pytest.mark.parametrize("over", ["## Fine-tuning", "## Legacy pricing", "## Tools"])
def test_rows_in_a_section_about_something_else_are_refused(over: str) -> None:
    reading = read(f"# Pricing\n\n{over}\n\n{ROWS}\n")
    assert reading.prices == ()
    assert reading.refused


def test_rows_in_a_section_of_a_tier_are_of_it() -> None:
    assert [row.tier for row in read(f"# Pricing\n\n## Batch\n\n{ROWS}\n\n## Text\n").prices] == ["batch"]
    assert [row.tier for row in read(f"# Pricing\n\n## Batch\n\n## Text\n\n{ROWS}\n").prices] == ["standard"]


def flight(**figures: str) -> str:
    model = {"name": "grok-9", "promptTextTokenPrice": "20000", "completionTextTokenPrice": "100000"} | figures
    return f"<html><script>self.__next_f.push([1,{json.dumps('1a:' + json.dumps([model]))}])</script></html>"


def test_data_in_another_unit_than_the_provider_file_s_is_refused() -> None:
    [row] = read(flight(), "xai").prices
    assert row.rates == {"input": 2, "output": 10}
    for figures in (
        {"promptTextTokenPrice": "2.00", "completionTextTokenPrice": "10.00"},
        {"promptTextTokenPrice": "2"},
    ):
        assert read(flight(**figures), "xai").prices == ()


@pytest.mark.parametrize("amount", ["$0.0000025", "$0.0009"])
def test_a_price_below_all_measure_has_another_unit(amount: str) -> None:
    table = f"| Model | Input | Output |\n|---|---|---|\n| nim-9 | {amount} | {amount} |\n"
    assert read(f"# Pricing\n\nPrices per 1M tokens.\n\n{table}").prices == ()
