"""Real pages whose names or columns were swapped: with the true page as history nothing wrong comes into force.

The pages lie in `../shared/real`, which is no part of the project: where it is absent these tests are skipped.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from believed import Believed, wrong
from lxml import html as lxml_html
from msgspec.structs import replace
from registry_events import START

from ratecard_pages import read_page
from ratecard_providers.load import load_providers
from ratecard_shared.prices import PriceRow

REAL: Final = Path(__file__).parents[2].parent / "shared" / "real"
TRUTHS: Final = sorted(REAL.glob("*/pricing-page/*.truth.json"))
PAGES: Final = [path.with_name(path.name.removesuffix(".truth.json")) for path in TRUTHS]
PROVIDERS: Final = load_providers()
MOST: Final = 12
pytestmark = pytest.mark.skipif(not TRUTHS, reason="../shared/real is not there")


def read(page: Path, body: bytes) -> tuple[PriceRow, ...]:
    provider = PROVIDERS[page.parent.parent.name]
    return read_page(body, url=f"file:{page.name}", provider=provider, fetched_at=START).prices


def unbelieved(page: Path, mutants: Iterator[Sequence[PriceRow]]) -> list[str]:
    """Return what is wrong in force after each mutant was read in four syncs, with the true page as history."""
    true = read(page, page.read_bytes())
    found = []
    for number, mutant in enumerate(itertools.islice(mutants, MOST)):
        believed = Believed(PROVIDERS[page.parent.parent.name])
        believed.read(true)
        truth = believed.in_force()
        for _ in range(4):
            believed.read(mutant)
        found += [f"mutant {number}: {place} {seen}" for place, seen in wrong(believed, truth).items()]
    return found


def swapped_names(rows: Sequence[PriceRow]) -> Iterator[Sequence[PriceRow]]:
    names = sorted({row.name for row in rows})
    pairs = list(itertools.combinations(names, 2))
    random.Random(7).shuffle(pairs)  # noqa: S311  # the same pairs each time
    for one, other in pairs:
        swap = {one: other, other: one}
        yield [replace(row, name=swap.get(row.name, row.name)) for row in rows]


def swapped_rates(rows: Sequence[PriceRow]) -> Iterator[Sequence[PriceRow]]:
    names = sorted({name for row in rows for name in row.rates})
    for one, other in itertools.combinations(names, 2):
        swap = {one: other, other: one}
        yield [replace(row, rates={swap.get(name, name): amount for name, amount in row.rates.items()}) for row in rows]


def swapped_columns(page: Path) -> Iterator[Sequence[PriceRow]]:
    """Give the page with two columns of one table swapped below their headers."""
    body = page.read_bytes()
    tree = lxml_html.fromstring(body)
    for number, table in enumerate(tree.iter("table")):
        width = max((len(line.findall("td")) for line in table.iter("tr")), default=0)
        for one, other in itertools.combinations(range(1, width), 2):
            mutant = lxml_html.fromstring(body)
            changed = list(mutant.iter("table"))[number]
            for line in changed.iter("tr"):
                cells = line.findall("td")
                if len(cells) == width:
                    first, second = cells[one], cells[other]
                    place = line.index(second)
                    line.replace(first, second)
                    line.insert(place, first)
            yield read(page, lxml_html.tostring(mutant, encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_two_names_swapped_on_a_real_page(page: Path) -> None:
    assert unbelieved(page, swapped_names(read(page, page.read_bytes()))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_two_components_swapped_on_a_real_page(page: Path) -> None:
    assert unbelieved(page, swapped_rates(read(page, page.read_bytes()))) == []


@pytest.mark.parametrize("page", [path for path in PAGES if path.suffix == ".html"], ids=lambda path: path.name)
def test_two_columns_swapped_on_a_real_page(page: Path) -> None:
    assert unbelieved(page, swapped_columns(page)) == []
