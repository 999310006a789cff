"""Real pages, broken: whatever is dropped, doubled, renamed, torn or re-encoded, no wrong number comes out.

The pages lie in `../shared/real`, which is no part of the project: where it is absent these tests are skipped. What
they state is what is read of them unbroken, which `test_truth.py` compares with truths that were read off by hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest
from page_mutants import MUTATIONS

from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers
from ratecard_shared.prices import PriceRow

REAL: Final = Path(__file__).parents[2].parent / "shared" / "real"
PAGES: Final = sorted(Path(str(path).removesuffix(".truth.json")) for path in REAL.glob("*/pricing-page/*.truth.json"))
BYTES_OF_EACH_KIND: Final = 200_000
MOST_OF_EACH_KIND: Final = 4
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
Fact = tuple[str, str, int, str, str, str, Decimal]

needs_pages = pytest.mark.skipif(not PAGES, reason="../shared/real is not there")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def read(page: Path, body: bytes) -> PageReading:
    provider = load_providers()[page.parts[-3]]
    return read_page(body, url=f"file:{page.name}", provider=provider, fetched_at=NOW)


def facts(rows: tuple[PriceRow, ...]) -> set[Fact]:
    return {(row.name, *row.key, component, amount) for row in rows for component, amount in row.rates.items()}


@lru_cache(maxsize=2)
def stated(page: Path) -> frozenset[Fact]:
    """Return what the page states, unbroken."""
    return frozenset(facts(read(page, page.read_bytes()).prices))


def wrong(page: Path, kind: str, seeds: range) -> Iterator[str]:
    """Give what is read of mutants and is not what the page states, and mutants that pass in silence."""
    text = page.read_bytes().decode()
    for seed in seeds:
        mutant = MUTATIONS[kind](text, random.Random(f"{page.name} {kind} {seed}"))  # noqa: S311  # choices, no secret
        if mutant is None:
            continue
        reading = read(page, mutant.encode())
        yield from (f"{kind} {seed}: {fact}" for fact in facts(reading.prices) - stated(page))
        if not (reading.prices or reading.refused):
            yield f"{kind} {seed}: neither a price nor a refusal"


@needs_pages
@pytest.mark.slow
@each_page
def test_a_broken_page_gives_no_wrong_number(page: Path) -> None:
    seeds = range(max(1, min(MOST_OF_EACH_KIND, BYTES_OF_EACH_KIND // page.stat().st_size)))
    found = [fault for kind in MUTATIONS for fault in wrong(page, kind, seeds)]
    assert found == []


@needs_pages
@each_page
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_an_encoding_that_says_what_it_is_changes_nothing(page: Path, encoding: str) -> None:
    assert facts(read(page, page.read_bytes().decode().encode(encoding)).prices) == stated(page)


@needs_pages
@each_page
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gb18030", "utf-16-le"])
def test_an_encoding_that_says_nothing_gives_no_wrong_number(page: Path, encoding: str) -> None:
    reading = read(page, page.read_bytes().decode().encode(encoding, errors="replace"))
    # A name that lost its letters is another name; its figures are still those of a row of the page.
    known = {fact[1:3] + fact[5:] for fact in stated(page)}
    assert {fact[1:3] + fact[5:] for fact in facts(reading.prices)} <= known
    assert reading.prices or reading.refused
