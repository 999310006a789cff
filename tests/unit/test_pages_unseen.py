"""Pages of shapes that no real page here has: as providers looked at other dates, with made-up names and figures.

Each lies in `tests/pages`, named for the provider file that reads it, beside what it states. All of it has to be read,
and of a broken one nothing else.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from page_mutants import MUTATIONS

from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers

FOLDER: Final = Path(__file__).parents[1] / "pages"
PAGES: Final = sorted(path for path in FOLDER.iterdir() if path.suffix != ".json")
PROVIDERS: Final = load_providers()
NOW: Final = datetime(2031, 1, 1, tzinfo=UTC)
MUTANTS_OF_EACH_KIND: Final = 6
Facts = set[tuple[str, str, int, str, Decimal]]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def read(page: Path, body: bytes) -> PageReading:
    provider = max((name for name in PROVIDERS if page.name.startswith(f"{name}_")), key=len)
    return read_page(body, url=f"file:{page.name}", provider=PROVIDERS[provider], fetched_at=NOW)


def facts(reading: PageReading) -> Facts:
    return {
        (row.name, row.tier, row.above_tokens, component, amount)
        for row in reading.prices
        for component, amount in row.rates.items()
    }


def stated(page: Path) -> Facts:
    rows: list[Any] = msgspec.json.decode(page.with_suffix(".json").read_bytes())
    return {
        (row["name"], row.get("tier", "standard"), row.get("aboveTokens", 0), component, Decimal(amount))
        for row in rows
        for component, amount in row["rates"].items()
    }


@each_page
def test_a_page_of_another_date_is_read_whole(page: Path) -> None:
    assert facts(read(page, page.read_bytes())) == stated(page)


def renamed(fact: tuple[str, str, int, str, Decimal], true: Facts) -> bool:
    """Whether the mutation's own word stands where a model's name stood, with the model's price."""
    return fact[0] == "Wattage" and fact[1:] in {other[1:] for other in true}


@pytest.mark.slow
@each_page
def test_of_a_broken_one_nothing_else_is_read(page: Path) -> None:
    text, true = page.read_text(), stated(page)
    found = []
    for kind, mutation in MUTATIONS.items():
        for seed in range(MUTANTS_OF_EACH_KIND):
            mutant = mutation(text, random.Random(f"{page.name} {kind} {seed}"))  # noqa: S311  # choices, no secret
            if mutant is None:
                continue
            reading = read(page, mutant.encode())
            found += [f"{kind} {seed}: {fact}" for fact in facts(reading) - true if not renamed(fact, true)]
            if not (reading.prices or reading.refused):
                found.append(f"{kind} {seed}: neither a price nor a refusal")
    assert found == []
