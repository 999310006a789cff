"""What holds for every page: completeness, evidence, fallback order, a named refusal for what has no prices."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from itertools import product

import pricing_pages as pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratecard_pages import read_page
from ratecard_pages.report import report
from ratecard_providers.spec import Provider

SHAPES = sorted(pages.SHAPES)
lists = pages.price_lists()


@given(models=lists, shape=st.sampled_from(SHAPES))
@settings(max_examples=200)
def test_property_06_every_model_of_a_table_has_its_input_and_output_price(
    models: list[pages.Priced], shape: str
) -> None:
    write, strategy = pages.SHAPES[shape]
    reading = pages.read(write(models), strategy)
    assert pages.rates(reading) == pages.expected(models)


@given(body=st.one_of(st.text(max_size=400), st.binary(max_size=400)), strategy=st.sampled_from(SHAPES))
@settings(max_examples=200)
def test_property_10_a_page_without_the_expected_structure_fails_with_a_named_refusal(
    body: str | bytes, strategy: str
) -> None:
    reading = pages.read(body if isinstance(body, bytes) else body.encode(errors="replace"), pages.SHAPES[strategy][1])
    assert reading.prices == ()
    assert reading.strategy is None
    assert reading.refused
    assert all(refusal.reason for refusal in reading.refused)


@given(
    models=lists,
    header=st.sampled_from(["Input", "Output", "Cached input"]),
    word=st.sampled_from(["Wattage", "Foo", ""]),
)
def test_property_10_a_column_that_the_header_does_not_name_is_refused(
    models: list[pages.Priced], header: str, word: str
) -> None:
    page = pages.html_columns(models).replace(f"<th>{header}</th>", f"<th>{word}</th>")
    reading = pages.read(page, "columns")
    lost = header.lower().replace(" ", "_")
    assert reading.refused
    assert all(lost not in rates for rates in pages.rates(reading).values())


@given(
    models=lists,
    shape=st.sampled_from(SHAPES),
    order=st.permutations(["columns", "kinds", "transposed", "cards", "records", "arrays"]),
)
@settings(max_examples=150)
def test_property_27_strategies_are_tried_in_their_order_until_one_succeeds(
    models: list[pages.Priced], shape: str, order: list[str]
) -> None:
    write, fitting = pages.SHAPES[shape]
    reading = pages.read(write(models), *order)
    assert reading.strategy == fitting
    tried = list(dict.fromkeys(line.strategy for line in reading.trace))
    assert fitting in tried
    assert set(tried) <= set(order[: order.index(fitting) + 1])


def _squash(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _texts(page: str) -> list[str]:
    """The page's own text: as it is, and as a reader sees it."""
    seen = html.unescape(re.sub(r"<[^>]*>", "", page))
    return [_squash(page), _squash(seen)]


@given(models=lists, shape=st.sampled_from(SHAPES))
@settings(max_examples=150)
def test_the_evidence_is_text_of_the_page_and_holds_every_printed_figure(
    models: list[pages.Priced], shape: str
) -> None:
    write, strategy = pages.SHAPES[shape]
    page = write(models)
    reading = pages.read(page, strategy)
    texts = _texts(page)
    for row in reading.prices:
        assert row.evidence is not None
        assert any(_squash(row.evidence.text) in text for text in texts)
        for amount in row.rates.values():
            assert any(printed in row.evidence.text for printed in _printed(amount))


def _printed(amount: Decimal) -> set[str]:
    """How one of the shapes prints an amount."""
    plain = f"{amount.normalize():f}"
    return {plain, f"{amount}", f"{amount / 1000:f}", str(int(amount * 10_000)), str(float(amount))}


@given(body=st.binary(max_size=2_000))
@settings(max_examples=200)
def test_no_bytes_make_a_reader_raise(body: bytes) -> None:
    for name in SHAPES:
        reading = pages.read(body, pages.SHAPES[name][1])
        assert not any("failed on the page" in refusal.reason for refusal in reading.refused)


_PIECES = (
    "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>Model</th>", "<th>Input</th>", "$1.50", "| a-1 | $2 |\n",
    "|---|---|\n", "| Model | Input |\n", '<td rowspan="999" colspan="999">', "<h2>", "Prices per 1M tokens.",
    '{"name":"a-1","promptPrice":"1"', "self.__next_f.push([1,", '<astro-island props="{&quot;rows&quot;:', "]",
    "\\", "\x00", '["a-1", 1, 2, 3],', "prompts > 200k tokens", "(", "\ufffd", "\ud800",
    '<div data-value="batch">', "~~", "`", "€3",
)  # fmt: skip


@given(pieces=st.lists(st.sampled_from(_PIECES), max_size=60))
@settings(max_examples=200)
def test_no_mixture_of_page_pieces_makes_a_reader_raise_or_pass_silently(pieces: list[str]) -> None:
    body = "".join(pieces).encode(errors="surrogatepass")
    for _, strategy in pages.SHAPES.values():
        reading = pages.read(body, strategy)
        assert not any("failed on the page" in refusal.reason for refusal in reading.refused)
        assert reading.prices or reading.refused


@given(models=lists, shape=st.sampled_from(SHAPES), cut=st.floats(0, 1))
def test_a_page_that_was_cut_off_gives_no_wrong_price(models: list[pages.Priced], shape: str, cut: float) -> None:
    write, strategy = pages.SHAPES[shape]
    page = write(models)
    reading = pages.read(page[: int(len(page) * cut)], strategy)
    whole = pages.expected(models)
    for key, rates in pages.rates(reading).items():
        assert rates.items() <= whole[key].items()
    assert reading.prices or reading.refused


@pytest.mark.parametrize(("shape", "suffix"), list(product(SHAPES, ["page.json", "page.md", "page.html"])))
def test_neither_name_nor_address_of_a_page_fools_the_reader(shape: str, suffix: str) -> None:
    write, strategy = pages.SHAPES[shape]
    models = [pages.Priced(name="Nimbus 3 Mini", input=Decimal(2), cached_input=Decimal("0.5"), output=Decimal(8))]
    reading = read_page(
        write(models).encode(), url=f"file:///tmp/{suffix}", provider=pages.provider(strategy), fetched_at=pages.NOW
    )
    assert pages.rates(reading) == pages.expected(models)


def test_the_report_prints_decimal_strings_and_no_band_as_null() -> None:
    models = [pages.Priced(name="Nimbus 3", input=Decimal("2.50"), cached_input=Decimal(0), output=Decimal(10))]
    reading = pages.read(pages.html_columns(models), "columns")
    printed = report(reading, pages.provider("columns"), pages.URL, "ab12")
    assert printed["source"] == {"url": pages.URL, "sha256": "ab12", "strategy": "columns"}
    [price] = printed["prices"]
    assert price["aboveTokens"] is None
    assert price["rates"] == {"input": "2.5", "cached_input": "0", "output": "10"}


def test_a_provider_without_pricing_pages_is_a_named_refusal() -> None:
    nobody = Provider(id="nobody", name="Nobody")
    reading = read_page(b"<html></html>", url=pages.URL, provider=nobody, fetched_at=pages.NOW)
    assert reading.prices == ()
    assert "no pricing pages" in reading.refused[0].reason


def test_a_strategy_that_is_none_is_said_so() -> None:
    reading = pages.read("<p>$1</p>", "tea-leaves")
    assert any("no strategy 'tea-leaves'" in refusal.reason for refusal in reading.refused)
