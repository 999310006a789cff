"""The strategies by name, and how several read one page: every table goes to the first that has its shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec
from lxml import etree

from ratecard_pages import arrays, cards, columns, context_bands, kinds, records, transposed
from ratecard_pages.agreement import agreeing
from ratecard_pages.blocks import Context, Table
from ratecard_pages.context import token_statements
from ratecard_pages.document import HTML, MARKDOWN, Document
from ratecard_pages.embedded import Data, find_data, find_islands
from ratecard_pages.facts import Fact, Found, Scope, Trace, of_table, one_unit, refusal, torn
from ratecard_pages.figures import has_money
from ratecard_pages.html_blocks import SEEN, Walked, parse, walk_html
from ratecard_pages.html_shapes import as_tables
from ratecard_pages.markdown_blocks import RAW, markdown_blocks
from ratecard_shared.prices import Refusal

NAMES: Final = frozenset(
    {columns.NAME, kinds.NAME, transposed.NAME, context_bands.NAME, cards.NAME, arrays.NAME, records.NAME}
)
"""Every strategy that a provider file may name."""


Piece = tuple[Found, str, str]
"""What was found, by which strategy, and where."""


Reader = Callable[[Table], Found]


class PageSource:
    """A page in all the forms that strategies ask for, each made once and only when asked."""

    def __init__(self, document: Document, scope: Scope, root: etree._Element | None = None) -> None:
        self.document, self.scope, self._root = document, scope, root

    @cached_property
    def root(self) -> etree._Element | None:
        if self.document.kind != HTML:
            return None
        if self._root is None or self.scope.page.grid is not None:  # a grid changes its tree
            return parse(self.document.text)
        return self._root

    @cached_property
    def cards(self) -> list[etree._Element]:
        spec = self.scope.page.cards
        return list(self.root.cssselect(spec.card)) if self.root is not None and spec is not None else []

    @cached_property
    def walked(self) -> Walked:
        if self.root is None:
            blocks = markdown_blocks(
                self.document.text if self.document.kind == MARKDOWN else "", self.scope.page.tier_attribute
            )
            return Walked(blocks=blocks, places={}, islands={})
        if self.scope.page.grid is not None:
            as_tables(self.root, self.scope.page.grid.row)
        unbalanced = self.document.text.count("<div") > self.document.text.count("</div")
        return walk_html(self.root, self.scope.page.tier_attribute, self.cards, unbalanced=unbalanced)

    @property
    def may_have_tables(self) -> bool:
        """Whether it is worth walking the page for tables."""
        return self.root is None or self.scope.page.grid is not None or next(self.root.iter("table"), None) is not None

    @cached_property
    def sections(self) -> kinds.Sections:
        return kinds.sections(self.walked.blocks.prose)

    @cached_property
    def data(self) -> list[Data]:
        return list(find_data(self.document.text, self.document.kind))

    @cached_property
    def islands(self) -> list[Data]:
        return list(find_islands(self.document.text, "rows"))

    @cached_property
    def texts(self) -> dict[str, str]:
        return {RAW: self.document.text, SEEN: self.walked.blocks.text if self.document.kind == HTML else ""}


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one configured strategy (which may join several, as in `columns+arrays`) made of a page."""

    facts: tuple[Fact, ...]
    refused: tuple[Refusal, ...]
    trace: tuple[Trace, ...]


def attempt(strategy: str, source: PageSource) -> Attempt:
    """Read the page with a configured strategy."""
    names = strategy.split("+")
    facts: list[Fact] = []
    refused: list[Refusal] = []
    trace: list[Trace] = []
    for found, name, where in _pieces(names, source):
        facts += found.facts
        refused += found.refused
        result = (
            f"{len(found.facts)} figures, {len(found.refused)} refused" if found.mine else f"not read: {found.reason}"
        )
        trace.append(Trace(strategy=name, where=where, result=result))
    return Attempt(facts=tuple(facts), refused=tuple(refused), trace=tuple(trace))


def _pieces(names: Sequence[str], source: PageSource) -> Iterator[Piece]:
    pieces = [*_tables(names, source), *(_arrays(source) if arrays.NAME in names else ())]
    if pieces:
        stated = token_statements(said.text for said in source.walked.blocks.prose)
        checked = agreeing([found for found, _, _ in pieces], stated)
        yield from ((found, name, where) for found, (_, name, where) in zip(checked, pieces, strict=True))
    if records.NAME in names:
        yield records.read_records(source.data, source.scope), records.NAME, "data in the page"
    if cards.NAME in names and source.scope.page.cards is not None:
        spec = source.scope.page.cards
        yield cards.read_cards(source.cards, source.walked.places, spec, source.scope), cards.NAME, "cards"


def _tables(names: Sequence[str], source: PageSource) -> Iterator[Piece]:
    """Every table, read by the first of the named strategies that it has the shape of."""
    scope = source.scope
    known: list[Fact] = []
    by_name: dict[str, Reader] = {
        columns.NAME: lambda table: columns.read_columns(table, scope, source.walked.blocks.prose),
        kinds.NAME: lambda table: kinds.read_kinds(table, scope, source.sections),
        transposed.NAME: lambda table: transposed.read_transposed(table, scope, source.walked.blocks.prose),
        context_bands.NAME: lambda table: context_bands.read_bands(table, scope, known),
    }
    readers = {name: by_name[name] for name in names if name in by_name}
    if not readers or not source.may_have_tables:
        return
    for table in source.walked.blocks.tables:
        found, name = _read_table(table, readers)
        known += found.facts
        yield found, name, _where(table)


def _where(table: Table) -> str:
    head = " | ".join(cell.text for cell in table.rows[0] if cell is not None)
    return f"table {head[:80]!r} in {table.context.path[-80:]!r}"


def _read_table(table: Table, readers: Mapping[str, Reader]) -> tuple[Found, str]:
    reasons = []
    if table.context.torn:
        readers, reasons = {}, ["its place is not certain, because tags before it are not closed"]
    for name, reader in readers.items():
        found = reader(table)
        if found.mine:
            return one_unit(of_table(found, table), "the table"), name
        reasons.append(f"{name}: {found.reason}")
    reason = "; ".join(reasons)
    text = " | ".join(cell.text for row in table.rows[:3] for cell in row if cell is not None)
    priced = any(cell is not None and has_money(cell.text) for row in table.rows for cell in row)
    refuse = torn if table.context.torn else refusal
    refused = (refuse(text, f"the table is not read: {reason}"),) if priced else ()
    return Found(mine=False, reason=reason, refused=refused), "+".join(readers)


def _arrays(source: PageSource) -> Iterator[Piece]:
    if source.document.kind == MARKDOWN:
        yield (
            arrays.read_mdx(source.document.text, source.scope, source.walked.blocks.prose),
            arrays.NAME,
            "arrays in the source",
        )
        return
    for data in source.islands:
        context = source.walked.islands.get(data.text, Context())
        found = arrays.read_island(data, source.scope, context)
        yield found, arrays.NAME, f"island props {data.text[:60]!r}"
