"""Strategy `columns`: rows are models, and a header of one or two rows names the price of each column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ratecard_pages.blocks import Cell, Prose, Span, Table
from ratecard_pages.context import about_embeddings, about_video, layers, out_of_scope
from ratecard_pages.facts import Fact, Found, Scope, refusal, torn
from ratecard_pages.figures import has_money, marks_in, read_cell
from ratecard_pages.footnotes import Notes
from ratecard_pages.meaning import settled
from ratecard_pages.names import Names, read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.row_labels import LABELS, REGION, beside, dated, length, section
from ratecard_pages.units import TOKENS
from ratecard_pages.words import Meaning, fold, understand, unmarked
from ratecard_shared.prices import Refusal

NAME: Final = "columns"
MODEL: Final = re.compile(r"(?:[\w .&·-]{1,40} )?models?(?: names?| ids?)?|模型(?:名称)?|可用模型|模型名")
_NAMED: Final = ("name", "id", "api name", "endpoint", "llm", "engine", "名称")  # of models, where tokens have prices
_OTHER_MODEL: Final = re.compile(
    r"\b(?:teacher|parent|competit\w+|competing|reference|similar|compar\w+|replac\w+|alternative|successor)\b"
)
_INPUT_BAND: Final = re.compile(r"inputs?\s*(?:<|>|≤|≥|up to|over|above|under)")
_MARK: Final = re.compile(r"\s*\(\d\)$")
_HOURLY: Final = re.compile(r"(?:/|\bper|\ban)\s*(?:hours?|hrs?)\b")
"""Training and hosting are priced by the hour: a table with such a column, whatever its header, is about them."""
_MAX_HEADER_ROWS: Final = 2


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """What a column is for: `model`, `price`, `label`, `region`, `refused`, or `other`."""

    role: str
    meaning: Meaning = Meaning()
    text: str = ""


def is_model_header(text: str) -> bool:
    folded = _MARK.sub("", fold(text))
    return MODEL.fullmatch(folded) is not None and _OTHER_MODEL.search(folded) is None


def with_input_band(meaning: Meaning, text: str) -> Meaning:
    """The same, as of input prices where the label says no other component: "Input > 128K"."""
    if meaning.component is not None or meaning.band is None or _INPUT_BAND.match(fold(text)) is None:
        return meaning
    return msgspec.structs.replace(meaning, component="input")


def read_columns(table: Table, scope: Scope, prose: Sequence[Prose] = ()) -> Found:
    """Read a table of this shape; `mine` is false where the table has another one. `prose` is the page's."""
    parts, notes = _parts(table), Notes(table, prose, scope.currency)
    read = [_read_part(part, scope, notes) for part in parts]
    reasons = [found.reason for found in read]
    if not any(reason == "" for reason in reasons):
        return Found(mine=False, reason=next(iter(reasons), "it has no rows"))
    facts = tuple(fact for found in read for fact in found.facts)
    return Found(mine=True, facts=facts, refused=tuple(no for found in read for no in found.refused))


def _parts(table: Table) -> list[Table]:
    """The table, cut where a row in its middle is a header again."""
    starts = [0] + [
        index
        for index, row in enumerate(table.rows)
        if index > max(table.header_rows, 1)
        and all(cell is not None and cell.header for cell in row)
        and _model_column([row]) is not None
    ]
    ends = [*starts[1:], len(table.rows)]
    return [
        msgspec.structs.replace(table, rows=table.rows[start:end], header_rows=table.header_rows if start == 0 else 1)
        for start, end in zip(starts, ends, strict=True)
    ]


def _read_part(table: Table, scope: Scope, notes: Notes) -> Found:
    head, body = header_and_body(table)
    model = _model_column(head)
    if model is None or any(cell is None for row in head for cell in row) or len({len(row) for row in head}) != 1:
        return Found(mine=False, reason="no column is headed as the model's name")
    embeds = about_embeddings(table.context)
    columns = [_column(index, model, head, body, scope, embeds=embeds) for index in range(table.width)]
    if any(column.meaning.training for column in columns) or out_of_scope(table.context):
        return Found(mine=False, reason="it prices training or tools, no model inference")
    if not any(column.role == "price" for column in columns):
        return Found(mine=False, reason="no column is headed as a price")
    reader = _Rows(table, scope, model, columns, notes)
    for row, fault in zip(body, table.faults()[len(head) :], strict=True):
        reader.read(row, fault)
    refused = [
        refusal(column.text, "the column's header is not understood, so its figures are not taken")
        for column in columns
        if column.role == "refused"
    ]
    return Found(mine=True, facts=tuple(reader.facts), refused=tuple(refused + reader.refused))


def header_and_body(table: Table) -> tuple[list[Sequence[Cell | None]], list[Sequence[Cell | None]]]:
    """The head rows, which are the first row where the page marks none, and the others."""
    count = table.header_rows or 1
    if count > _MAX_HEADER_ROWS:
        return [], list(table.rows)
    return list(table.rows[:count]), list(table.rows[count:])


def _head_text(head: Sequence[Sequence[Cell | None]], index: int) -> str:
    cells = [row[index] for row in head if index < len(row)]
    return " ".join(dict.fromkeys(cell.text for cell in cells if cell is not None and cell.text))


def _model_column(head: Sequence[Sequence[Cell | None]]) -> int | None:
    width = max((len(row) for row in head), default=0)
    heads = [_head_text(head, index) for index in range(width)]
    found = [index for index, text in enumerate(heads) if is_model_header(text)]
    if not found and {"input", "output"} <= {understand(text).component for text in heads}:
        found = [index for index, text in enumerate(heads) if fold(text) in _NAMED]
    return min(found, key=lambda index: "base" in fold(_head_text(head, index)), default=None)


def _column(
    index: int,
    model: int,
    head: Sequence[Sequence[Cell | None]],
    body: Sequence[Sequence[Cell | None]],
    scope: Scope,
    *,
    embeds: bool,
) -> Column:
    if index == model:
        return Column(role="model")
    text = unmarked(_head_text(head, index))
    if REGION.fullmatch(fold(text)):
        return Column(role="region", text=text)
    if LABELS.fullmatch(fold(text)) and fold(text) not in scope.page.words:
        return Column(role="label", text=text)
    cells = [cell.text for row in body if index < len(row) and (cell := row[index]) is not None]
    meaning = _with_component(understand(text, scope.page.words), text, cells, embeds=embeds)
    money = any(has_money(cell) for cell in cells)
    if meaning.unknown:
        training = meaning.training or any(_HOURLY.search(fold(cell)) for cell in cells if has_money(cell))
        return Column(role="refused" if money else "other", text=text, meaning=Meaning(training=training))
    if not money and _are_lengths(cells, text):
        return Column(role="label", text=text)
    tiered = (meaning.tier or meaning.plan) and any(read_cell(cell).figures for cell in cells)
    priced = meaning.component is not None or meaning.units or tiered or money
    return Column(role="price" if priced and text else "refused" if money else "other", meaning=meaning, text=text)


def _are_lengths(cells: Sequence[str], header: str) -> bool:
    """Whether a column says for how many tokens its rows' prices are: "0 < tokens ≤ 32K"."""
    said = [length(cell, header) for cell in cells if not read_cell(cell).empty]
    return bool(said) and None not in said


def _with_component(meaning: Meaning, text: str, cells: Sequence[str], *, embeds: bool) -> Meaning:
    """A header "Input > 128K" is of input prices, and so is "Price" over embeddings, which have no other tokens.

    Unless its cells say themselves what they price.
    """
    if meaning.component is not None or meaning.unknown:
        return meaning
    embeds = embeds and all(unit.kind == TOKENS for unit in meaning.units)
    priced = embeds and meaning.band is None and any(has_money(cell) for cell in cells)
    if any(understand(figure.words).component for cell in cells for figure in read_cell(cell).figures):
        return meaning
    return with_input_band(msgspec.structs.replace(meaning, component="input") if priced else meaning, text)


class _Rows:
    def __init__(self, table: Table, scope: Scope, model: int, columns: Sequence[Column], notes: Notes) -> None:
        self.facts: list[Fact] = []
        self.refused: list[Refusal] = []
        self._table, self._scope, self._model, self._columns = table, scope, model, columns
        self._notes = notes
        self._context = settled(layers(table.context))
        self._section = Meaning()
        self._above: tuple[Names, int] | None = None
        self._video = about_video(table.context)

    def read(self, row: Sequence[Cell | None], fault: str | None) -> None:
        cells = [cell for cell in row if cell is not None]
        text = " | ".join(dict.fromkeys(cell.text for cell in cells))
        if not any(cell.text for cell in cells):
            return
        if fault is not None:
            self.refused.append(torn(text, fault))
            return
        if self._is_separator(cells):
            return
        self._read_model_row(row, text)

    def _is_separator(self, cells: Sequence[Cell]) -> bool:
        """A row that prices nothing but says what the next ones are: "Image generation models | Per image output"."""
        if (said_of_next := section(cells, self._section)) is not None:
            self._section = said_of_next
            return True
        prices = [cell for cell, column in zip(cells, self._columns, strict=True) if column.role == "price"]
        if any(not read_cell(cell.text).is_text for cell in prices if cell.text):
            return False
        if not any(cell.text for cell in prices):
            return False
        said = [understand(cell.text) for cell in dict.fromkeys(cells) if cell.text]
        units = [meaning for meaning in said if meaning.units and not meaning.unknown]
        tiers = [meaning for meaning in said if meaning.tier and not meaning.unknown]
        if not units and not tiers:
            return False
        self._section = Meaning(
            units=units[0].units if units else (),
            tier=tiers[0].tier if tiers else None,
            currency=units[0].currency if units else None,
        )
        return True

    def _read_model_row(self, row: Sequence[Cell | None], text: str) -> None:
        cell = row[self._model]
        names = self._continued(row) or read_names(cell.pieces if cell else ())
        if names.fault is not None:
            self._refuse_if_priced(row, text, names.fault)
            return
        names, labels = self._labels(row, names)
        placed = [other for other in row if other is not None]
        own = [other for other in placed if other.rowspan == 1] or placed
        start = min(c.start for c in own) if cell is None or cell.text or self._above is None else self._above[1]
        span = Span(text=self._table.domain, start=start, end=max(c.end for c in own))
        self._above = names, start
        facts: list[Fact] = []
        for index, column in enumerate(self._columns):
            value = row[index]
            if column.role == "price" and value is not None:
                marks = marks_in(f"{cell.text if cell else ''} {column.text} {value.text}")
                tiers = (column.meaning.tier, self._section.tier, names.tier)
                if (note := self._notes.doubt(marks, of_a_tier=any(tiers))) is not None:
                    self.refused.append(refusal(text, f"its footnote may make it another price: {note[:80]!r}"))
                    continue
                facts += self._price(value, [column.meaning, self._section, *labels], names, text, span)
        real = [fact for fact in facts if not fact.estimate]
        self.facts += real or facts

    def _continued(self, row: Sequence[Cell | None]) -> Names | None:
        """The model of the row above, where a row without a name says of each figure itself what it prices.

        One that its columns' headers explain has lost its name, and may be another model's.
        """
        cell = row[self._model]
        if self._above is None or cell is None or cell.text:
            return None
        priced = [
            (column, figure)
            for column, value in zip(self._columns, row, strict=True)
            if value is not None and column.role == "price"
            for figure in read_cell(value.text).figures
        ]
        explained = all(
            column.meaning.component is None and understand(figure.words).component for column, figure in priced
        )
        return self._above[0] if priced and explained else None

    def _labels(self, row: Sequence[Cell | None], names: Names) -> tuple[Names, list[Meaning]]:
        found: list[Meaning] = []
        for index, column in enumerate(self._columns):
            cell = row[index]
            if cell is None or not cell.text or column.role not in ("label", "other", "region"):
                continue
            if column.role == "region":
                names = msgspec.structs.replace(names, region=cell.text)
                continue
            names = dated(names, cell.text, column.text)
            found.append(beside(cell.text, column.text, labels=column.role == "label"))
        return names, found

    def _price(self, cell: Cell, over: Sequence[Meaning], names: Names, text: str, span: Span) -> list[Fact]:
        value = read_cell(cell.text)
        if value.is_text:
            if any(ch.isdigit() for ch in cell.text):
                self.refused.append(refusal(text, f"the cell {cell.text[:60]!r} is not understood"))
            return []
        facts, refused = price_cell(
            value,
            [*self._context, *over],
            names,
            self._scope,
            span=span,
            strategy=NAME,
            text=text,
            about_video=self._video,
        )
        self.refused += refused
        return facts

    def _refuse_if_priced(self, row: Sequence[Cell | None], text: str, reason: str) -> None:
        if any(cell is not None and has_money(cell.text) for cell in row):
            self.refused.append(refusal(text, reason))
