"""HTML as blocks. The page is walked once; every text that a reader of the page could see gets its place in one string."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from lxml import etree
from lxml import html as lxml_html

from ratecard_pages.blocks import Blocks, Cell, Context, Heading, Outline, Prose, Span, Table
from ratecard_pages.grid import expand
from ratecard_pages.words import understand

SEEN: Final = "seen"
"""The name of the text that a reader of the page sees, in spans."""

_SKIP: Final = frozenset({"script", "style", "template", "noscript", "svg", "head", "iframe", "object"})
_INLINE: Final = frozenset(
    {"a", "b", "strong", "em", "i", "code", "u", "mark", "font", "small", "sub", "abbr", "kbd", "wbr", "time"}
)
_PARAGRAPHS: Final = frozenset({"p", "li", "small", "blockquote", "figcaption", "caption", "dd", "dt"})
_HEADINGS: Final = {f"h{n}": n for n in range(1, 7)}
_STRUCK: Final = re.compile(r"(?:^|\s)(?:line-through|strike\w*|price-old|old-price)(?:\s|$)")
_HIDDEN_CELL: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def parse(text: str) -> etree._Element | None:
    """The tree that lxml recovers from the text, or None if there is none."""
    cleaned = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        return lxml_html.document_fromstring(cleaned) if cleaned.strip() else None
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """The blocks of a page, the places of the elements that were asked for, and the context of each Astro island by its props."""

    blocks: Blocks
    places: dict[etree._Element, tuple[int, int]]
    islands: dict[str, Context]


def walk_html(
    root: etree._Element, tier_attribute: str = "data-value", marked: Iterable[etree._Element] = ()
) -> Walked:
    """Walk the page once."""
    walker = _Walker(tier_attribute, frozenset(marked))
    walker.walk(root)
    blocks = Blocks(tables=tuple(walker.tables), prose=tuple(walker.prose), text="".join(walker.out))
    return Walked(blocks=blocks, places=walker.places, islands=walker.islands)


def visible_text(element: etree._Element) -> str:
    """The text of an element without scripts, styles and struck-through words, its parts separated by spaces."""
    parts: list[str] = []
    _collect(element, parts)
    return " ".join(" ".join(parts).split())


def _collect(root: etree._Element, parts: list[str]) -> None:
    skip: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start" and skip is None:
            if element.tag in _SKIP or _is_muted(element):
                skip = element
            elif element.text:
                parts.append(element.text)
        elif event == "end":
            skip = None if element is skip else skip
            if skip is None and element is not root and element.tail:
                parts.append(element.tail)


class _Walker:
    def __init__(self, tier_attribute: str, marked: frozenset[etree._Element]) -> None:
        self.places: dict[etree._Element, tuple[int, int]] = {}
        self.islands: dict[str, Context] = {}
        self._marked = marked
        self._opened: dict[etree._Element, int] = {}
        self.out: list[str] = []
        self.at = 0
        self.tables: list[Table] = []
        self.prose: list[Prose] = []
        self._outline = Outline()
        self._panes: list[tuple[etree._Element, str]] = []
        self._tier_attribute = tier_attribute
        self._said: list[str] = []
        self._said_at = 0
        self._table: _TableBuilder | None = None
        self._outer: list[_TableBuilder] = []
        self._heading_at: tuple[etree._Element, int] | None = None
        self._skip: etree._Element | None = None

    def walk(self, root: etree._Element) -> None:
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self._start(element)
            elif event == "end":
                self._end(element)
            elif self._skip is None:
                self._text(element.tail)
        self._flush()

    def _start(self, element: etree._Element) -> None:
        if self._skip is not None:
            return
        tag = element.tag
        if tag in _SKIP:
            self._skip = element
            return
        if element in self._marked:
            self._opened[element] = self.at
        if tag == "astro-island" and element.get("props"):
            self._flush()
            self.islands[element.get("props", "")] = self._outline.context(self._pane)
        pane = element.get(self._tier_attribute)
        if (
            pane
            and len(pane) < 30
            and (tier := understand(pane)).tier
            and not tier.unknown
            and tag not in ("button", "input", "option", "span")
        ):
            self._panes.append((element, tier.tier))
        if tag == "table":
            self._flush()
            self._open_table()
        elif tag in _HEADINGS and self._table is None:
            self._flush()
            self._heading_at = (element, self.at)
        elif self._table is not None:
            self._table.start(element, self.at)
        elif tag not in _INLINE and tag != "span":
            self._flush()
        self._space(tag)
        self._text(element.text)

    def _end(self, element: etree._Element) -> None:
        if self._skip is not None:
            if element is self._skip:
                self._skip = None
                self._text(element.tail)
            return
        tag = element.tag
        if self._heading_at is not None and element is self._heading_at[0]:
            self._close_heading(_HEADINGS[tag])
        elif tag == "table" and self._table is not None:
            self._close_table()
        elif self._table is not None:
            self._table.end(element, self.at)
        elif tag in _PARAGRAPHS or tag == "div":
            self._flush()
        if self._panes and self._panes[-1][0] is element:
            self._panes.pop()
        if element in self._opened:
            self.places[element] = (self._opened.pop(element), self.at)
        self._space(tag)
        self._text(element.tail)

    def _space(self, tag: object) -> None:
        if tag not in _INLINE:
            self._put(" ")

    def _text(self, text: str | None) -> None:
        if text and self._skip is None:
            self._put(text)

    def _put(self, text: str) -> None:
        self.out.append(text)
        if self._table is not None:
            self._table.text(text, self.at)
        elif self._heading_at is None:
            if not self._said:
                self._said_at = self.at
            self._said.append(text)
        self.at += len(text)

    def _flush(self) -> None:
        said = " ".join("".join(self._said).split())
        if said:
            self._outline.say(said)
            self.prose.append(
                Prose(
                    text=said, context=self._outline.context(self._pane), start=self._said_at, end=self.at, domain=SEEN
                )
            )
        self._said = []

    @property
    def _pane(self) -> str | None:
        return self._panes[-1][1] if self._panes else None

    def _close_heading(self, level: int) -> None:
        if self._heading_at is None:
            return
        start = self._heading_at[1]
        self._heading_at = None
        joined = "".join(self.out)[start:] if len(self.out) < 64 else _tail(self.out, self.at - start)
        text = " ".join(joined.replace("\u200b", "").split())
        self._outline.heading(Heading(level=level, text=text, position=start))

    def _open_table(self) -> None:
        if self._table is not None:
            self._outer.append(self._table)
        self._table = _TableBuilder()

    def _close_table(self) -> None:
        built, self._table = self._table, self._outer.pop() if self._outer else None
        if built is not None and built.rows:
            rows = expand(built.rows)
            self.tables.append(
                Table(
                    rows=rows, header_rows=built.header_rows(), context=self._outline.context(self._pane), domain=SEEN
                )
            )


def _tail(parts: list[str], length: int) -> str:
    taken: list[str] = []
    for part in reversed(parts):
        if length <= 0:
            break
        taken.append(part)
        length -= len(part)
    return "".join(reversed(taken))[-(sum(map(len, taken)) + length) :]


class _TableBuilder:
    """Collects the rows of one table: cells with their parts, without struck-through text and superscript marks."""

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []
        self._heads: list[bool] = []
        self._row: list[Cell] | None = None
        self._cell: etree._Element | None = None
        self._start_at = 0
        self._pieces: list[str] = []
        self._mute: etree._Element | None = None
        self._in_head = False

    def start(self, element: etree._Element, at: int) -> None:
        tag = element.tag
        if tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell, self._start_at, self._pieces = element, at, [""]
        elif self._cell is not None:
            if self._mute is None and _is_muted(element):
                self._mute = element
            if tag not in _INLINE and tag != "sup":
                self._pieces.append("")

    def end(self, element: etree._Element, at: int) -> None:
        tag = element.tag
        if tag == "thead":
            self._in_head = False
        elif tag == "tr" and self._row is not None:
            self.rows.append(self._row)
            self._heads.append(self._in_head or (bool(self._row) and all(cell.header for cell in self._row)))
            self._row = None
        elif element is self._cell and self._row is not None:
            self._close_cell(element, at)
        elif element is self._mute:
            self._mute = None
        elif self._cell is not None and tag not in _INLINE and tag != "sup":
            self._pieces.append("")

    def text(self, text: str, _at: int) -> None:
        if self._cell is not None and self._mute is None:
            if not self._pieces:
                self._pieces.append("")
            self._pieces[-1] += text

    def header_rows(self) -> int:
        count = 0
        for is_head in self._heads:
            if not is_head:
                break
            count += 1
        return count

    def _close_cell(self, element: etree._Element, at: int) -> None:
        colspan, rowspan = element.get("colspan", "1").strip(), element.get("rowspan", "1").strip()
        self._cell, self._mute = None, None
        if colspan == "0" or _HIDDEN_CELL.search(element.get("style", "")):
            return  # a placeholder under a merged cell: a browser does not show it
        pieces = tuple(
            clean
            for piece in self._pieces
            if (clean := " ".join(piece.replace("\u200b", "").replace("\ufeff", "").split()))
        )
        if self._row is not None:
            self._row.append(
                Cell(
                    text=" ".join(pieces),
                    pieces=pieces,
                    start=self._start_at,
                    end=at,
                    header=element.tag == "th",
                    colspan=_span(colspan),
                    rowspan=_span(rowspan),
                )
            )


def _span(printed: str) -> int:
    return int(printed) if printed.isdecimal() and 0 < len(printed) < 4 and int(printed) > 0 else 1


def _is_muted(element: etree._Element) -> bool:
    if element.tag in ("s", "del", "strike"):
        return True
    if element.tag == "sup":
        return re.fullmatch(r"[\s\[(]*\d{1,2}[\s\])]*", element.text or "") is not None and len(element) == 0
    style = element.get("style", "")
    return "line-through" in style or _STRUCK.search(element.get("class", "")) is not None


def span_of(cells: list[Cell], domain: str) -> Span:
    return Span(text=domain, start=min(cell.start for cell in cells), end=max(cell.end for cell in cells))
