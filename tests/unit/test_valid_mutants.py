"""Pages that are valid in themselves but wrong: with the true page as history nothing wrong comes into force.

Two value columns or two names are swapped, by bytes, and the mutant is read by the real reader in sync after sync.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

import pytest
from believed import Believed, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_events import PAGE, START

from ratecard_pages import read_page
from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_shared.prices import PriceRow

ACME = Provider(
    id="acme", name="Acme", pricing=Pricing(pages=(Page(url=PAGE, strategies=("columns",), unit="1M tokens"),))
)
HEAD = ("Model", "Input", "Cached input", "Output")
NAMES = ("Swift 1", "Swift 2", "Swift 2 mini", "Glide 4", "Glide 4 Pro")
# An output beyond a hundred times its input is refused by the reader: such a page is no history of anything.
AMOUNTS = st.decimals(min_value="0.75", max_value="60", places=2)
Row = tuple[str, ...]


@st.composite
def price_lists(draw: st.DrawFn) -> list[Row]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, unique=True))
    made: list[Row] = []
    for name in names:
        cached, full, output = sorted(draw(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS)))
        shown = draw(st.booleans())
        made.append((name, f"${full}", f"${cached}" if shown else "-", f"${output}"))
    return made


def page(rows: Sequence[Row], head: Row = HEAD) -> bytes:
    lines = [head, *rows]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    return f"<html><body><h1>Prices</h1><table>{table}</table></body></html>".encode()


def read(body: bytes) -> tuple[PriceRow, ...]:
    return read_page(body, url=PAGE, provider=ACME, fetched_at=START).prices


def believed_after(true: Sequence[Row], mutant: Sequence[Row], *, syncs: int = 4) -> Believed:
    believed = Believed(ACME)
    believed.read(read(page(true)))
    assert believed.in_force(), "the page was not read"
    for _ in range(syncs):
        believed.read(read(page(mutant)))
    return believed


@given(true=price_lists(), data=st.data())
@settings(deadline=None)
def test_two_names_swapped(true: list[Row], data: st.DataObject) -> None:
    one, other = data.draw(st.permutations(range(len(true))))[:2]
    mutant = list(true)
    mutant[one], mutant[other] = (true[other][0], *true[one][1:]), (true[one][0], *true[other][1:])
    believed = believed_after(true, mutant)
    truth = believed_after(true, true, syncs=0).in_force()
    assert wrong(believed, truth) == {}
    assert believed.in_force().keys() == truth.keys()


@given(true=price_lists(), columns=st.sampled_from(list(itertools.combinations((1, 2, 3), 2))))
@settings(deadline=None)
def test_two_value_columns_swapped(true: list[Row], columns: tuple[int, int]) -> None:
    one, other = columns
    order = [other if n == one else one if n == other else n for n in range(len(HEAD))]
    mutant = [tuple(row[n] for n in order) for row in true]
    assert wrong(believed_after(true, mutant), believed_after(true, true, syncs=0).in_force()) == {}


@given(true=price_lists(), data=st.data())
@settings(deadline=None)
def test_names_in_any_other_order(true: list[Row], data: st.DataObject) -> None:
    names = data.draw(st.permutations([row[0] for row in true]))
    mutant = [(name, *row[1:]) for name, row in zip(names, true, strict=True)]
    assert wrong(believed_after(true, mutant), believed_after(true, true, syncs=0).in_force()) == {}


@given(true=price_lists())
@settings(deadline=None, max_examples=25)
def test_a_true_page_is_believed_again_after_a_mutant(true: list[Row]) -> None:
    mutant = [(*row[:1], *row[:0:-1]) for row in true]
    believed = believed_after(true, mutant)
    believed.read(read(page(true)))
    assert wrong(believed, believed_after(true, true, syncs=0).in_force()) == {}
    assert not believed.desk.entries


@pytest.mark.parametrize("factor", ["0.5", "0.8", "1.25"])
def test_the_same_cut_for_all_is_believed_at_once(factor: str) -> None:
    true = [("Swift 1", "$8", "$4", "$16"), ("Swift 2", "$4", "$2", "$8"), ("Glide 4", "$2", "$1", "$4")]
    cut = [(name, *(f"${Decimal(cell[1:]) * Decimal(factor):f}" for cell in cells)) for name, *cells in true]
    believed = believed_after(true, cut, syncs=1)
    assert wrong(believed, believed_after(cut, cut, syncs=0).in_force()) == {}
