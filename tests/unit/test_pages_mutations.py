"""Broken pages: whatever is dropped, doubled, renamed, torn or re-encoded, a price is right or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pricing_pages as pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Mutation = Callable[[str, Draw], str]
_CELL = re.compile(r"<td>.*?</td>")
_HEAD = re.compile(r"<th[^>]*>.*?</th>")
_ROW = re.compile(r"<tr>(?:<td>.*?</td>)+</tr>")
_FIGURE = re.compile(r"\$(\d+)\.(\d+)")


def _one(draw: Draw, pattern: re.Pattern[str], page: str) -> re.Match[str] | None:
    found = list(pattern.finditer(page))
    chosen: re.Match[str] | None = draw(st.sampled_from(found)) if found else None
    return chosen


def _replace(draw: Draw, page: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> str:
    match = _one(draw, pattern, page)
    return page if match is None else page[: match.start()] + change(match[0]) + page[match.end() :]


def drop_row(page: str, draw: Draw) -> str:
    return _replace(draw, page, _ROW, lambda _: "")


def drop_cell(page: str, draw: Draw) -> str:
    return _replace(draw, page, _CELL, lambda _: "")


def double_cell(page: str, draw: Draw) -> str:
    return _replace(draw, page, _CELL, lambda cell: cell * 2)


def drop_header(page: str, draw: Draw) -> str:
    return _replace(draw, page, _HEAD, lambda _: "")


def rename_header(page: str, draw: Draw) -> str:
    return _replace(draw, page, _HEAD, lambda _: f"<th>{RENAMED}</th>")


def double_row(page: str, draw: Draw) -> str:
    return _replace(draw, page, _ROW, lambda row: row * 2)


def double_row_with_another_price(page: str, draw: Draw) -> str:
    return _replace(draw, page, _ROW, lambda row: row + _FIGURE.sub(r"$9\g<1>.\2", row))


def widen_cell(page: str, draw: Draw) -> str:
    return _replace(draw, page, _CELL, lambda cell: cell.replace("<td>", '<td colspan="2">'))


def lengthen_cell(page: str, draw: Draw) -> str:
    return _replace(draw, page, _CELL, lambda cell: cell.replace("<td>", '<td rowspan="2">'))


def other_currency(page: str, draw: Draw) -> str:
    return _replace(draw, page, _FIGURE, lambda figure: figure.replace("$", "€"))


def decimal_comma(page: str, draw: Draw) -> str:
    return _replace(draw, page, _FIGURE, lambda figure: figure.replace(".", ","))


def negative(page: str, draw: Draw) -> str:
    return _replace(draw, page, _FIGURE, lambda figure: f"-{figure}")


def cell_per_thousand(page: str, draw: Draw) -> str:
    return _replace(draw, page, _FIGURE, lambda figure: f"{figure} / 1K tokens")


def empty_cell(page: str, draw: Draw) -> str:
    return _replace(draw, page, _CELL, lambda _: "<td></td>")


def unclose(page: str, draw: Draw) -> str:
    return _replace(draw, page, re.compile(r"</(?:td|tr|th|table|thead|tbody|h2|h3|div|span|p)>"), lambda _: "")


def unclose_all(page: str, draw: Draw) -> str:
    return page.replace(draw(st.sampled_from(["</td>", "</tr>", "</th>", "</tbody>", "</p>", "</div>"])), "")


def cut_off(page: str, draw: Draw) -> str:
    return page[: draw(st.integers(0, len(page)))]


def drop_heading(page: str, draw: Draw) -> str:
    return _replace(draw, page, re.compile(r"<h2>.*?</h2>"), lambda _: "")


MUTATIONS: dict[str, Mutation] = {
    made.__name__: made
    for made in (
        drop_row, drop_cell, double_cell, drop_header, rename_header, double_row, double_row_with_another_price,
        widen_cell, lengthen_cell, other_currency, decimal_comma, negative, cell_per_thousand, empty_cell, unclose,
        unclose_all, cut_off, drop_heading,
    )
}  # fmt: skip
RENAMED = "Wattage"
HTML = ["a HTML table", "a table with two header rows", "a transposed table", "a table per model", "cards"]


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
@given(data=st.data(), models=pages.price_lists(), shape=st.sampled_from(HTML))
@settings(max_examples=60)
def test_a_broken_page_gives_right_prices_or_a_named_refusal(
    data: st.DataObject, models: list[pages.Priced], shape: str, mutation: str
) -> None:
    write, strategy = pages.SHAPES[shape]
    page = MUTATIONS[mutation](write(models), data.draw)
    reading = pages.read(page, strategy)
    whole = pages.expected(models)
    for key, rates in pages.rates(reading).items():
        if key[0] != RENAMED:  # a transposed table's header holds the names: another name is another model
            assert rates.items() <= whole[key].items()
    assert reading.prices or reading.refused


@given(models=pages.price_lists(), encoding=st.sampled_from(["utf-16", "utf-16-le", "latin-1", "utf-8-sig", "cp1252"]))
def test_another_encoding_gives_right_prices_or_a_named_refusal(models: list[pages.Priced], encoding: str) -> None:
    page = pages.html_columns(models).encode(encoding)
    reading = pages.read(page, "columns")
    whole = pages.expected(models)
    assert all(rates.items() <= whole.get(key, {}).items() for key, rates in pages.rates(reading).items())
    assert reading.prices or reading.refused


@given(models=pages.price_lists())
def test_two_columns_that_change_places_with_their_headers_change_nothing(models: list[pages.Priced]) -> None:
    page = pages.html_columns(models)
    swapped = re.sub(
        r"(<t[dh]>[^<]*</t[dh]>)(<t[dh]>[^<]*</t[dh]>)(<t[dh]>[^<]*</t[dh]>)(<t[dh]>[^<]*</t[dh]>)</tr>",
        r"\1\4\3\2</tr>",
        page,
    )
    assert swapped != page
    assert pages.rates(pages.read(swapped, "columns")) == pages.expected(models)


def _tiers(models: list[pages.Priced], batch_unit: str) -> str:
    half = [
        pages.Priced(name=m.name, input=m.input / 2, cached_input=m.cached_input / 2, output=m.output / 2)
        for m in models
    ]
    standard, batch = (re.search(r"<table>.*</table>", pages.html_columns(some)) for some in (models, half))
    assert standard is not None
    assert batch is not None
    return (
        f"<h2>Models</h2><h3>Standard</h3><p>Prices per 1M tokens.</p>{standard[0]}"
        f"<h3>Batch</h3><p>Prices per {batch_unit} tokens.</p>{batch[0]}"
    )


@given(models=pages.price_lists())
def test_a_unit_that_differs_between_a_models_tables_is_refused(models: list[pages.Priced]) -> None:
    whole = pages.expected(models)
    right = pages.rates(pages.read(_tiers(models, "1M"), "columns"))
    assert {key: rates for key, rates in right.items() if key[1] == "standard"} == whole
    assert {key[1] for key in right} == {"standard", "batch"}
    slipped = pages.read(_tiers(models, "1K"), "columns")
    assert slipped.refused
    for key, rates in pages.rates(slipped).items():
        assert rates == right[key]


def test_what_two_tables_state_differently_is_taken_from_neither() -> None:
    models = [pages.Priced(name="Nimbus 3", input=Decimal(2), cached_input=Decimal("0.5"), output=Decimal(8))]
    page = pages.html_columns(models)
    reading = pages.read(page + page.replace("$2<", "$3<"), "columns")
    assert reading.prices == ()
    assert any("states input as 2 and as 3" in refusal.reason for refusal in reading.refused)
