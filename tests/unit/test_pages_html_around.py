"""What HTML says of a table without a heading: struck through, captioned, folded away, in a panel, in bold letters."""

from __future__ import annotations

from typing import Final

import pricing_pages as pages
import pytest

HEAD: Final = "<tr><th>Model</th><th>Input</th><th>Output</th></tr>"
ROW: Final = "<tr><td>Nimbus 4</td><td>$3</td><td>$9</td></tr>"
TABLE: Final = f"<table>{HEAD}{ROW}</table>"


def tiers(body: str) -> list[str]:
    page = f"<h1>Pricing</h1><p>Prices per 1M tokens.</p>{body}"
    return [row.tier for row in pages.read(page, "columns+kinds+transposed").prices]


@pytest.mark.parametrize(
    "body",
    [
        TABLE.replace("<tr><td>", "<tr class='line-through'><td>"),
        TABLE.replace("<td>$", "<td style='text-decoration: line-through'>$"),
        TABLE.replace("<td>$", "<td class=strike>$"),
        f"<table>{HEAD}<tbody style='text-decoration:line-through'>{ROW}</tbody></table>",
        TABLE.replace("<table>", "<table class='line-through'>"),
        f"<del>{TABLE}</del>",
        f"<div class='line-through'>{TABLE}</div>",
    ],
)
def test_what_is_struck_through_is_no_price(body: str) -> None:
    assert tiers(body) == []
    assert tiers(body + TABLE) == ["standard"]


def test_a_struck_row_beside_the_new_one_is_the_old_price() -> None:
    old = ROW.replace("<tr>", "<tr class='line-through'>").replace("$3", "$6")
    [row] = pages.read(f"<p>Prices per 1M tokens.</p><table>{HEAD}{old}{ROW}</table>", "columns").prices
    assert row.rates == {"input": 3, "output": 9}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (TABLE.replace("<table>", "<table><caption>Batch prices</caption>"), ["batch"]),
        (TABLE.replace("<table>", "<table><caption>Table 1. What our models cost</caption>"), ["standard"]),
        (TABLE.replace("<table>", "<table><caption>Old prices</caption>"), []),
        (TABLE.replace("<table>", "<table><caption>Batch jobs (cheaper)</caption>"), []),
        (f"<details><summary>Batch API</summary>{TABLE}</details>", ["batch"]),
        (f"<details><summary>Old prices</summary>{TABLE}</details>", []),
        (f"<details><summary>Old prices</summary></details>{TABLE}", ["standard"]),
        (f"<p><strong>Batch API</strong></p>{TABLE}", ["batch"]),
        (f"<p><b>Batch</b></p>{TABLE}<p><b>Embeddings</b></p>{TABLE.replace('4', '5')}", ["batch", "standard"]),
        (f"<p><strong>Batch</strong> is cheaper.</p>{TABLE}", ["standard"]),
        (f"<div role=tabpanel aria-label=Batch>{TABLE}</div>{TABLE.replace('4', '5')}", ["batch", "standard"]),
    ],
)
def test_a_table_is_what_is_said_around_it(body: str, found: list[str]) -> None:
    assert tiers(body) == found


def test_a_caption_may_give_the_unit() -> None:
    body = TABLE.replace("<table>", "<table><caption>Prices per 1K tokens</caption>")
    [row] = pages.read(body, "columns").prices
    assert row.rates == {"input": 3000, "output": 9000}


def test_a_caption_is_of_its_own_table_alone() -> None:
    body = TABLE.replace("<table>", "<table><caption>Batch prices</caption>")
    assert tiers(body + TABLE.replace("4", "5")) == ["batch", "standard"]
