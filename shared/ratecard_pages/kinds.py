"""Strategy `kinds`: one table per model under its heading, with price kinds as rows and plans or tiers as columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from ratecard_pages.blocks import Cell, Context, Heading, Prose, Span, Table
from ratecard_pages.columns import header_and_body, is_model_header, with_input_band
from ratecard_pages.context import about_video, layers, out_of_scope
from ratecard_pages.facts import Fact, Found, Scope, refusal, torn
from ratecard_pages.figures import has_money, read_cell
from ratecard_pages.footnotes import footnote_facts, refused_by_footnote
from ratecard_pages.meaning import combine, settled, tier
from ratecard_pages.names import Names, dates, read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.row_labels import LABELS, REGION, beside, section
from ratecard_pages.statements import may_change_prices
from ratecard_pages.words import Meaning, fold, understand
from ratecard_shared.prices import GLOBAL, Refusal

NAME: Final = "kinds"
_MOST_PROSE: Final = 200
_LONGEST_VALUE: Final = 40
_FIRST_HEADER: Final = re.compile(
    r"(?:(?:(?:token|price|pricing|usage|cost|charge|billing) )?(?:price|pricing|type|item|unit|feature|token)|"
    r"计费项|类型|项目|子项)?s?"
)
_PRICE_END: Final = re.compile(
    r"\s+(?:image|video|audio|text|input|output|with|price|pricing|embedding)\b.*$", re.IGNORECASE
)
_BULLET: Final = re.compile(r"[-*•·]?\s*(?P<name>[a-z][a-z0-9.]*(?:-[a-z0-9.]+)+)\s*:\s*(?P<prices>.*[$€¥].*)")
_CODE: Final = re.compile(r"[a-z][a-z0-9.]*(?:-[a-z0-9.]+)+")


Sections = Mapping[Heading, Sequence[Prose]]
"""The page's prose below each heading of any level."""


def sections(prose: Iterable[Prose]) -> Sections:
    """The prose of a page by the headings that it stands below."""
    found: dict[Heading, list[Prose]] = defaultdict(list)
    for said in prose:
        for heading in said.headings:
            if len(found[heading]) < _MOST_PROSE:
                found[heading].append(said)
    return found


def read_kinds(table: Table, scope: Scope, prose: Sections = MappingProxyType({})) -> Found:
    """Read a table of this shape; `prose` is the page's, for the footnotes that figures point to."""
    table = _headed(table)
    head, body = header_and_body(table)
    if len(head) != 1 or table.width < 2 or None in head[0] or head[0][0] is None:  # noqa: PLR2004 - a label and a price
        return Found(mine=False, reason="it has no single header row over labels and prices")
    first = head[0][0].text
    if is_model_header(first) or not _FIRST_HEADER.fullmatch(fold(first)):
        return Found(mine=False, reason="its first column is not one of price kinds")
    labels = [understand(row[0].text, scope.page.words) if row and row[0] else Meaning() for row in body]
    columns = [understand(cell.text, scope.page.words) for cell in head[0][1:] if cell is not None]
    if not any(label.component or label.modalities for label in labels) or all(column.unknown for column in columns):
        return Found(mine=False, reason="no row is labelled as a price kind, or no column as a price")
    if (section := out_of_scope(table.context)) is not None:
        return Found(mine=False, reason=f"the section {section!r} prices no model")
    model = model_heading(table.context)
    if isinstance(model, str):
        return Found(mine=True, refused=(refusal(_text(table), model),))
    return _Reader(table, scope, model, prose).read(head[0], body)


def _headed(table: Table) -> Table:
    """The same, with an empty header over rows that are all a label and a price: "Input | $3 per 1M tokens"."""
    first = table.rows[0] if table.rows else ()
    if table.header_rows or len(first) != 2 or first[0] is None or first[0].colspan > 1:  # noqa: PLR2004 - as above
        return table
    if is_model_header(first[0].text) or _FIRST_HEADER.fullmatch(fold(first[0].text)) or first[1] is None:
        return table
    said = understand(first[1].text)
    row = has_money(first[1].text) or LABELS.fullmatch(fold(first[0].text)) is not None
    if not row and (said.units or said.component or said.currency or said.tier or said.plan):
        return table
    empty = msgspec.structs.replace(first[0], text="", pieces=(), rowspan=1)
    return msgspec.structs.replace(table, rows=((empty, empty), *table.rows), header_rows=1)


def model_heading(context: Context) -> Names | str:
    """The model whose section a table stands in: the nearest heading that is no tier, or why there is none."""
    for heading in reversed(context.headings):
        meaning = understand(heading.text)
        if not heading.text or ((meaning.tier or meaning.modalities) and not meaning.unknown):
            continue
        names = read_names((heading.text,))
        said = " ".join(context.prose[context.headings.index(heading) + 1][:3])
        named = re.search(r"\d", heading.text) or _CODE.fullmatch(heading.text.strip()) or _CODE.search(said)
        if names.fault is not None or not named:
            return f"the heading {heading.text[:60]!r} above it names no model"
        return names
    return "no heading above it names a model"


def _text(table: Table) -> str:
    return " | ".join(cell.text for row in table.rows[:4] for cell in row if cell is not None)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row: the model it is about, what its label says, and its text."""

    names: Names
    label: Meaning
    text: str
    span: Span

    @property
    def fault(self) -> str | None:
        """Why the row's figures cannot be taken, if they cannot."""
        if self.names.fault is not None:
            return self.names.fault
        words = self.label.unknown
        return f"its label has words that are not understood: {words[:60]!r}" if words else None


class _Reader:
    def __init__(self, table: Table, scope: Scope, model: Names, prose: Sections) -> None:
        self._table, self._scope, self._model = table, scope, model
        self._context = settled(layers(table.context))
        self._video = about_video(table.context)
        self._prose = _of_section(table, prose)
        self._section_row = Meaning()
        self._facts: list[Fact] = []
        self._refused: list[Refusal] = []

    def read(self, head: Sequence[Cell | None], body: Sequence[Sequence[Cell | None]]) -> Found:
        columns = [
            understand(cell.text, self._scope.page.words) if cell else Meaning(unknown="nothing") for cell in head
        ]
        for index, column in enumerate(columns):
            if index and column.unknown:
                cell = head[index]
                self._refused.append(refusal(cell.text if cell else "", "the column's header is not understood"))
        for row in body:
            self._beside(row)
        for row, fault in zip(body, self._table.faults()[1:], strict=True):
            self._row(row, columns, fault)
        for said in self._prose:
            if said.headings == self._table.context.headings:
                self._bullet(said, columns)
        return Found(mine=True, facts=tuple(self._facts), refused=tuple(self._refused), section=self._section())

    def _beside(self, row: Sequence[Cell | None]) -> None:
        """Keep what a row that prices nothing says of all others: their tier, unit, currency."""
        label, *values = [cell.text for cell in row if cell is not None] or [""]
        if len(values) != 1 or not values[0] or (priced := read_cell(values[0])).figures or priced.free:
            return
        self._context.append(self._of_row(label, values[0]))

    def _of_row(self, label: str, value: str) -> Meaning:
        since, until = dates(value)
        if since or until:
            return Meaning(since=since, until=until)
        said = beside(value, label, labels=LABELS.fullmatch(fold(label)) is not None)
        if said != Meaning() or len(value) > _LONGEST_VALUE:
            return said
        another = REGION.fullmatch(fold(label)) is not None and fold(value) != GLOBAL
        if another or may_change_prices(f"{label}: {value}", self._scope.currency, of_a_tier=False):
            return Meaning(unknown=f"{label} {value}")
        return said

    def _section(self) -> tuple[int, str]:
        heading = next(
            h for h in reversed(self._table.context.headings) if read_names((h.text,)).names == self._model.names
        )
        return heading.position, tier(combine(self._context))

    def _row(self, row: Sequence[Cell | None], columns: Sequence[Meaning], fault: str | None) -> None:
        cells = [cell for cell in row if cell is not None]
        if (said_of_next := section(cells, self._section_row)) is not None:
            self._section_row = said_of_next
            return
        text = f"{' '.join(self._model.names)}: {' | '.join(cell.text for cell in cells)}"
        if fault is not None:
            self._refused.append(torn(text, fault))
            return
        names, label = self._label(cells[0].text)
        span = Span(text=self._table.domain, start=cells[0].start, end=cells[-1].end)
        line = _Line(names=names, label=label, text=text, span=span)
        for cell, column in zip(cells[1:], columns[1:], strict=True):
            if not column.unknown:
                self._cell(cell, column, line)

    def _bullet(self, said: Prose, columns: Sequence[Meaning]) -> None:
        """A model priced in a list item of the section, in the unit of its table: "some-id: Input $1, Output: $2"."""
        found = _BULLET.fullmatch(said.text)
        units = [column for column in columns if column.units and not column.unknown]
        if found is None or len(units) != 1:
            return
        names = read_names((found["name"],))
        facts, refused = price_cell(
            read_cell(found["prices"]),
            [*self._context, Meaning(units=units[0].units, currency=units[0].currency)],
            names,
            self._scope,
            span=Span(text=said.domain, start=said.start, end=said.end),
            strategy=NAME,
            text=said.text,
        )
        self._facts += facts if not refused else []
        self._refused += refused

    def _label(self, text: str) -> tuple[Names, Meaning]:
        """The meaning of a row's label; a label that begins with the model's name may name a variant of it."""
        base = self._model.names[0]
        if folded_starts(text, base):
            variant = _PRICE_END.sub("", text).strip()
            rest = text[len(variant) :]
            if variant and rest:
                return read_names((variant,)), understand(rest, self._scope.page.words)
        return self._model, with_input_band(understand(text, self._scope.page.words), text)

    def _cell(self, cell: Cell, column: Meaning, line: _Line) -> None:
        value = read_cell(cell.text)
        if value.is_text or value.empty:
            return
        if (fault := line.fault) is not None:
            if has_money(cell.text):
                self._refused.append(refusal(line.text, fault))
            return
        over = [*self._context, self._section_row, column, line.label]
        kept = refused_by_footnote(value, over, self._prose)
        self._refused += [refusal(line.text, reason) for reason in kept.reasons]
        facts, refused = price_cell(
            kept.cell,
            over,
            line.names,
            self._scope,
            span=line.span,
            strategy=NAME,
            text=line.text,
            about_video=self._video or "video" in line.label.modalities,
        )
        self._facts += facts + footnote_facts(facts, value, self._prose, self._scope)
        self._refused += refused


def folded_starts(text: str, name: str) -> bool:
    return fold(text).startswith(fold(name) + " ")


def _of_section(table: Table, prose: Sections) -> Sequence[Prose]:
    """The prose in the section of the table's model: below the same heading of that level."""
    ours = [
        heading
        for heading in table.context.headings
        if understand(heading.text).tier is None or understand(heading.text).unknown
    ]
    return prose.get(ours[-1], ()) if ours else ()
