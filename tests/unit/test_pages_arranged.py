"""One price list, arranged in every way that pages do: its unit, tier and band said here or there, its table turned.

Whatever the arrangement, what is read is what the page says; what no reader can be sure of is refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
import pricing_pages as pages
from hypothesis import given, settings
from hypothesis import strategies as st

READERS: Final = "columns+kinds+transposed"
UNITS: Final = {
    "per 1M tokens": 1,
    "/ 1M tokens": 1,
    "per million tokens": 1,
    "per 1 million tokens": 1,
    "/MTok": 1,
    "($/1M tokens)": 1,
    "per 1K tokens": 1_000,
    "per 1,000 tokens": 1_000,
}
UNIT_PLACES: Final = ("prose", "heading", "caption", "header", "cell")
TIER_PLACES: Final = ("heading", "bold", "column", "name", "row", "header", "lead-in", "jobs")
BAND_PLACES: Final = ("heading", "column", "name", "row", "header")
COLUMNS: Final = {"input": "Input", "cached_input": "Cached input", "output": "Output"}
Facts = dict[tuple[str, str, int, str], Decimal]


class Arranged(msgspec.Struct, frozen=True, kw_only=True):
    """A price list and the places where it says its unit, its tier (None is the standard one) and its band."""

    models: tuple[tuple[str, Decimal], ...]
    unit: str
    unit_at: str
    tier: str | None
    tier_at: str
    band: bool
    band_at: str
    turned: bool
    marked_up: bool

    def facts(self) -> Facts:
        return {
            (name, self.tier or "standard", 200_000 if self.band else 0, component): amount * factor
            for name, amount in self.models
            for component, factor in (("input", Decimal(1)), ("cached_input", Decimal("0.5")), ("output", Decimal(4)))
        }

    def _tier(self, place: str) -> str:
        return self.tier.capitalize() if self.tier and self.tier_at == place else ""

    def _band(self, place: str) -> str:
        return "> 200K tokens" if self.band and self.band_at == place else ""

    def above(self) -> list[str]:
        """What stands over the table."""
        said = {"prose": f"Prices are in USD {self.unit}.", "caption": f"USD {self.unit}"}
        return [
            "# Pricing",
            f"## Prices {self.unit}" if self.unit_at == "heading" else "",
            said["prose"] if self.unit_at == "prose" else "",
            f"### {self._tier('heading')} API" if self._tier("heading") else "",
            f"### {self._tier('jobs')} jobs (slower)" if self._tier("jobs") else "",
            f"#### Prompts {self._band('heading')}" if self._band("heading") else "",
            f"**{self._tier('bold')}**" if self._tier("bold") else "",
            f"With the {self._tier('lead-in')} API you pay:" if self._tier("lead-in") else "",
            said["caption"] if self.unit_at == "caption" else "",
        ]

    def grid(self) -> list[list[str]]:
        """The table, heads first."""
        lead = [word for word, said in (("Tier", self._tier("column")), ("Context", self._band("column"))) if said]
        heads = [f"{self._tier('header')} {label}".strip() for label in COLUMNS.values()]
        heads = [f"{head} ({self._band('header')})" if self._band("header") else head for head in heads]
        heads = [f"{head} {self.unit}" if self.unit_at == "header" else head for head in heads]
        rows = [["Model", *lead, *heads]]
        section = self._tier("row") or (f"Prompts {self._band('row')}" if self._band("row") else "")
        if section:
            rows.append([section, *[""] * (len(rows[0]) - 1)])
        rows += [self._row(name) for name, _ in self.models]
        return [list(line) for line in zip(*rows, strict=True)] if self.turned and not section else rows

    def _row(self, name: str) -> list[str]:
        shown = f"{name} ({self._tier('name').lower()})" if self._tier("name") else name
        shown = f"{shown} ({self._band('name')})" if self._band("name") else shown
        amounts = [amount / UNITS[self.unit] for (owner, *_), amount in self.facts().items() if owner == name]
        cells = [f"${amount.normalize():f}" + (f" {self.unit}" if self.unit_at == "cell" else "") for amount in amounts]
        return [shown, *filter(None, (self._tier("column"), self._band("column"))), *cells]

    def page(self) -> str:
        said, grid = list(filter(None, self.above())), self.grid()
        if not self.marked_up:
            lines = [f"| {' | '.join(row)} |" for row in grid]
            return "\n\n".join(said) + "\n\n" + "\n".join([lines[0], "|---" * len(grid[0]) + "|", *lines[1:], ""])
        head, *body = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in grid]
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        table = f"<table><thead><tr>{head.replace('td>', 'th>')}</tr></thead>{rows}</table>"
        return f"<html><body>{''.join(map(_element, said))}{table}</body></html>"


def _element(line: str) -> str:
    if (heading := re.fullmatch(r"(#+) (.*)", line)) is not None:
        return f"<h{len(heading[1])}>{html.escape(heading[2])}</h{len(heading[1])}>"
    bold = re.fullmatch(r"\*\*(.*)\*\*", line)
    return f"<p><b>{bold[1]}</b></p>" if bold else f"<p>{html.escape(line)}</p>"


AMOUNTS: Final = st.sampled_from([Decimal(text) for text in ("0.1", "0.25", "1", "3", "15")])
MODELS: Final = st.lists(
    st.tuples(st.sampled_from(["Nimbus 4", "Nimbus 4 Mini", "Cirrus 2.5", "Zephyr 3"]), AMOUNTS),
    min_size=1,
    max_size=4,
    unique_by=lambda model: model[0],
).map(tuple)


def lists(tiers: Sequence[str | None], bands: Sequence[bool]) -> st.SearchStrategy[Arranged]:
    return st.builds(
        Arranged,
        models=MODELS,
        unit=st.sampled_from(list(UNITS)),
        unit_at=st.sampled_from(UNIT_PLACES),
        tier=st.sampled_from(tiers),
        tier_at=st.sampled_from(TIER_PLACES),
        band=st.sampled_from(bands),
        band_at=st.sampled_from(BAND_PLACES),
        turned=st.booleans(),
        marked_up=st.booleans(),
    ).filter(lambda one: not (one.tier and one.tier_at == "row" and one.band and one.band_at == "row"))


def read(arranged: Arranged) -> Facts:
    found = pages.read(arranged.page(), READERS).prices
    return {(row.name, row.tier, row.above_tokens, name): amount for row in found for name, amount in row.rates.items()}


@settings(max_examples=400)
@given(lists([None, "batch", "flex", "priority"], [False, True]))
def test_nothing_else_is_read_than_what_the_page_says(arranged: Arranged) -> None:
    assert read(arranged).items() <= arranged.facts().items(), arranged.page()


@settings(max_examples=200)
@given(lists([None], [False]))
def test_all_that_a_page_says_of_ordinary_prices_is_read(arranged: Arranged) -> None:
    assert read(arranged) == arranged.facts(), arranged.page()


@settings(max_examples=200)
@given(lists(["batch", "flex", "priority"], [False, True]))
def test_a_tier_and_a_band_that_are_said_plainly_are_read(arranged: Arranged) -> None:
    doubtful = arranged.tier_at in ("lead-in", "jobs")
    assert read(arranged) == ({} if doubtful else arranged.facts()), arranged.page()
