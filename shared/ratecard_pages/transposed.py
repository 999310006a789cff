"""Strategy `transposed`: models are columns, price kinds are rows, often below rows that price nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from ratecard_pages.blocks import Cell, Prose, Span, Table
from ratecard_pages.columns import is_model_header, with_input_band
from ratecard_pages.context import layers, out_of_scope
from ratecard_pages.facts import Fact, Found, Scope, refusal, torn
from ratecard_pages.figures import has_money, marks_in, read_cell
from ratecard_pages.footnotes import Notes
from ratecard_pages.meaning import Refused, combine, settled
from ratecard_pages.names import Names, read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.row_labels import LABELS, beside, section
from ratecard_pages.words import Meaning, fold, understand, unmarked
from ratecard_shared.prices import Refusal

NAME: Final = "transposed"
_NO_MODEL: Final = re.compile(
    r"(?:tiers?|plans?|levels?|phases?|steps?|usage|volume|q[1-4]|h[12]|years?|from|since|until|"
    r"jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b.*|.*\b(?:tier|plan|users?|seats?|tokens?)\b.*"
)
_CORNER: Final = re.compile(r"|features?|specifications?|pricing")
_STATE: Final = re.compile(r"status|state|availability|context|(?:prompt|input) length")
_PRICES: Final = re.compile(r"(?:api |model |token )?(?:pric(?:e|es|ing)|costs?|rates)\W*")
"""The label of a row whose figures have to say themselves what they price."""
_NOT_PRICED: Final = re.compile(r"length|limit|window|max|长度|限制|上限", re.IGNORECASE)


def read_transposed(table: Table, scope: Scope, prose: Sequence[Prose] = ()) -> Found:
    """Read a table of this shape: its first row is headed "model" and names one model per column.

    `prose` is the page's.
    """
    top = table.rows[0] if table.rows else ()
    labels = _label_width(top)
    if not labels or len(top) <= labels:
        return Found(mine=False, reason="its first row does not name models")
    if (section := out_of_scope(table.context)) is not None:
        return Found(mine=False, reason=f"the section {section!r} prices no model")
    names = [read_names(cell.pieces if cell else ()) for cell in top[labels:]]
    reader = _Reader(table, scope, labels, names, Notes(table, prose, scope.currency))
    for row, fault in zip(table.rows[1:], table.faults()[1:], strict=True):
        reader.row(row, fault)
    if not reader.facts and not reader.refused:
        return Found(mine=False, reason="no row is labelled as a price")
    return Found(mine=True, facts=tuple(reader.facts), refused=tuple(reader.refused))


def _label_width(top: Sequence[Cell | None]) -> int:
    """How many columns the labels take: those of the first cell, if it says "model", alone or once more in each."""
    first = top[0].text if top and top[0] is not None else None
    if first is None:
        return 0
    if is_model_header(first):
        return sum(1 for _ in takewhile(lambda cell: cell is not None and cell.text in (first, ""), top))
    return 1 if _CORNER.fullmatch(fold(first)) and all(map(_is_model, top[1:])) else 0


def _is_model(cell: Cell | None) -> bool:
    """Whether a header that no "model" stands over can be nothing but a model's name."""
    text = cell.text if cell is not None else ""
    named = re.search(r"\d", text) is not None and _NO_MODEL.fullmatch(fold(text)) is None
    return named and understand(text).unknown != "" and read_names((text,)).fault is None


class _Reader:
    def __init__(self, table: Table, scope: Scope, labels: int, names: Sequence[Names], notes: Notes) -> None:
        self.facts: list[Fact] = []
        self.refused: list[Refusal] = []
        self._table, self._scope, self._labels, self._names = table, scope, labels, names
        self._notes = notes
        self._context = settled(layers(table.context))
        self._section = Meaning()
        self._columns = [Meaning()] * len(names)
        for line in table.rows[1:]:
            self._beside(line)

    def _beside(self, row: Sequence[Cell | None]) -> None:
        """Keep what a row that prices nothing says of its columns: their unit, tier, currency, state."""
        label = next((cell.text for cell in row[: self._labels] if cell is not None and cell.text), "")
        labels = LABELS.fullmatch(fold(label)) is not None
        if not labels and _STATE.fullmatch(fold(label)) is None:
            return
        said = [beside(cell.text, label, labels=labels) if cell else Meaning() for cell in row[self._labels :]]
        try:
            joined = [combine(pair) for pair in zip(self._columns, said, strict=True)]
        except (Refused, ValueError):
            joined = [Meaning(unknown=label)] * len(self._names)
        self._columns = joined

    def row(self, row: Sequence[Cell | None], fault: str | None) -> None:
        heads = [cell for cell in dict.fromkeys(row[: self._labels]) if cell is not None and cell.text]
        meanings = [self._understood(cell.text) for cell in heads]
        label = " ".join(cell.text for cell in heads)
        text = " | ".join(dict.fromkeys(cell.text for cell in row if cell is not None))
        if (said_of_next := section([cell for cell in row if cell is not None], self._section)) is not None:
            self._section = said_of_next
            return
        says = any(meaning.component or meaning.order for meaning in meanings)
        if not (says or _PRICES.fullmatch(fold(unmarked(label)))) or _NOT_PRICED.search(label):
            return
        if fault is None and len(row) - self._labels != len(self._names):
            fault = "it has other columns than the row of the models"
        if fault is not None:
            self.refused.append(torn(text, fault))
            return
        for cell, names, column in zip(row[self._labels :], self._names, self._columns, strict=True):
            if cell is not None:
                self._cell(cell, names, [self._section, column, *meanings], row, text)

    def _understood(self, label: str) -> Meaning:
        return with_input_band(understand(unmarked(label), self._scope.page.words), label)

    def _cell(
        self, cell: Cell, names: Names, meanings: Sequence[Meaning], row: Sequence[Cell | None], text: str
    ) -> None:
        value = read_cell(cell.text)
        if value.is_text or value.empty:
            return
        if names.fault is not None:
            if has_money(cell.text):
                self.refused.append(refusal(text, names.fault))
            return
        head = self._table.rows[0][row.index(cell)]
        marks = marks_in(f"{cell.text} {row[0].text if row[0] else ''} {head.text if head else ''}")
        tiers = any(meaning.tier for meaning in meanings)
        if (note := self._notes.doubt(marks, of_a_tier=tiers)) is not None:
            self.refused.append(refusal(text, f"its footnote may make it another price: {note[:80]!r}"))
            return
        placed = [other for other in row if other is not None]
        own = [other for other in placed if other.rowspan == 1] or placed
        span = Span(text=self._table.domain, start=min(c.start for c in own), end=max(c.end for c in own))
        facts, refused = price_cell(
            value, [*self._context, *meanings], names, self._scope, span=span, strategy=NAME, text=text
        )
        self.facts += facts
        self.refused += refused
