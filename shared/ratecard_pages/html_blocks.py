"""HTML as blocks. The page is walked once, and every text that its reader could see gets a place in one string."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from lxml import etree
from lxml import html as lxml_html

from ratecard_pages.blocks import LABEL, Blocks, Context, Heading, Outline, Prose, Table
from ratecard_pages.context import captioned
from ratecard_pages.grid import expand
from ratecard_pages.html_shapes import with_tables
from ratecard_pages.html_tables import TableBuilder
from ratecard_pages.html_text import INLINE, SKIP, is_muted
from ratecard_pages.statements import pane_tier
from ratecard_pages.words import understand

_LONGEST_PANE: Final = 30
SEEN: Final = "seen"
"""The name of the text that a reader of the page sees, in spans."""

_PARAGRAPHS: Final = frozenset({"p", "li", "small", "blockquote", "figcaption", "caption", "dd", "dt"})
_SECTIONS: Final = frozenset({"astro-island", "section", "article", "main", "h1", "h2", "h3", "footer"})
_BLOCKS: Final = frozenset({"div", "p", "ul", "ol", "section"})
_LOWEST: Final = 6
_HEADINGS: Final = {**{f"h{n}": n for n in range(1, 7)}, "summary": _LOWEST}
_BOLD: Final = frozenset({"b", "strong"})


def parse(text: str) -> etree._Element | None:
    """The tree that lxml recovers from the text, or None if there is none."""
    # what follows </html> is shown by a browser and dropped by the parser
    cleaned = text.replace("</html>", "").replace("</HTML>", "")
    if cleaned.lstrip()[:5] == "<?xml":
        cleaned = cleaned[cleaned.find(">") + 1 :]
    try:
        return with_tables(lxml_html.document_fromstring(cleaned), cleaned) if cleaned.strip() else None
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an element's text stands in the page's, and what stands above it."""

    start: int
    end: int
    context: Context


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """The blocks of a page, the places of the elements asked for, and the context of each Astro island by its props."""

    blocks: Blocks
    places: dict[etree._Element, Place]
    islands: dict[str, Context]


def walk_html(
    root: etree._Element,
    tier_attribute: str = "data-value",
    marked: Iterable[etree._Element] = (),
    *,
    unbalanced: bool = False,
) -> Walked:
    """Walk the page once. `unbalanced` pages have elements that are never closed."""
    walker = _Walker(tier_attribute, frozenset(marked), unbalanced=unbalanced)
    walker.walk(root)
    blocks = Blocks(tables=tuple(walker.tables), prose=tuple(walker.prose), text="".join(walker.out))
    return Walked(blocks=blocks, places=walker.places, islands=walker.islands)


class _Walker:
    def __init__(self, tier_attribute: str, marked: frozenset[etree._Element], *, unbalanced: bool) -> None:
        self.places: dict[etree._Element, Place] = {}
        self.islands: dict[str, Context] = {}
        self._marked = marked
        self._opened: dict[etree._Element, tuple[int, Context]] = {}
        self.out: list[str] = []
        self.at = 0
        self.tables: list[Table] = []
        self.prose: list[Prose] = []
        self._outline = Outline()
        self._panes: list[tuple[etree._Element, str]] = []
        self._tier_attribute = tier_attribute
        self._said: list[str] = []
        self._said_at = 0
        self._table: TableBuilder | None = None
        self._outer: list[TableBuilder] = []
        self._heading_at: tuple[etree._Element, int] | None = None
        self._head: list[str] = []
        self._torn = False
        self._blank = False
        self._unbalanced = unbalanced
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
        if tag in SKIP:
            self._skip = element
            return
        self._note_place(element, tag)
        if tag == "table":
            self._flush()
            self._open_table(element)
        elif tag in _HEADINGS and self._table is None:
            self._flush()
            self._torn = self._torn or (self._unbalanced and bool(self._panes))
            self._heading_at, self._head = (element, self.at), []
        elif self._table is not None:
            self._table.start(element, self.at)
        elif tag not in INLINE and tag != "span":
            # a paragraph behind words of a heading is no part of it: the heading was never closed
            self._torn = self._torn or (self._heading_at is not None and tag in _BLOCKS and self._heading_text != "")
            self._flush()
        self._space(tag)
        self._text(element.text)

    def _note_place(self, element: etree._Element, tag: str) -> None:
        """Remember where the element begins, if it says what holds for the tables in it or after it."""
        if self._marked and element in self._marked:
            self._opened[element] = (self.at, self._outline.context())
        if tag in _SECTIONS and self._table is not None and self._table.has_rows:
            self._torn = True  # a table that goes on into the next section was never closed
        if tag == "astro-island" and element.get("props"):
            self._flush()
            self.islands[element.get("props", "")] = self._outline.context(self._pane, torn=self._torn)
        pane = element.get(self._tier_attribute) or (
            element.get("aria-label") if element.get("role") == "tabpanel" else None
        )
        if (
            pane
            and len(pane) < _LONGEST_PANE
            and (tier := pane_tier(pane)) is not None
            and tag not in ("button", "input", "option", "span")
        ):
            self._panes.append((element, tier))

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
            self._flush(bold=_is_bold(element))
        elif tag == "details":
            self._flush()
            self._outline.leave(_LOWEST)
        if self._panes and self._panes[-1][0] is element:
            self._panes.pop()
        if self._opened and element in self._opened:
            start, context = self._opened.pop(element)
            self.places[element] = Place(start=start, end=self.at, context=context)
        self._space(tag)
        self._text(element.tail)

    def _space(self, tag: object) -> None:
        if tag not in INLINE:
            self._put(" ")

    def _text(self, text: str | None) -> None:
        if text and self._skip is None:
            self._put(text)

    def _put(self, text: str) -> None:
        if self._blank and text.isspace():
            return
        self._blank = text[-1].isspace()
        self.out.append(text)
        if self._table is not None:
            self._table.text(text, self.at)
        elif self._heading_at is not None:
            self._head.append(text)
        else:
            if not self._said:
                self._said_at = self.at
            self._said.append(text)
        self.at += len(text)

    def _flush(self, *, bold: bool = False) -> None:
        said = " ".join("".join(self._said).split())
        names_a_tier = bold and (meaning := understand(said)).tier is not None and not meaning.unknown
        if said and bold and not names_a_tier:
            self._outline.leave(LABEL)  # another title in bold letters: what the last one said is over
        if names_a_tier:
            self._outline.label(Heading(level=LABEL, text=said, position=self._said_at))
        elif said:
            self._outline.say(said)
            self.prose.append(
                Prose(text=said, headings=self._outline.headings, start=self._said_at, end=self.at, domain=SEEN)
            )
        self._said = []

    @property
    def _pane(self) -> str | None:
        return self._panes[-1][1] if self._panes else None

    @property
    def _heading_text(self) -> str:
        return " ".join("".join(self._head).replace("\u200b", "").split())

    def _close_heading(self, level: int) -> None:
        if self._heading_at is None:
            return
        start = self._heading_at[1]
        self._heading_at = None
        self._outline.heading(Heading(level=level, text=self._heading_text, position=start))

    def _open_table(self, element: etree._Element) -> None:
        self._torn = self._torn or self._heading_at is not None
        if self._table is not None:
            self._outer.append(self._table)
            self._torn = self._torn or self._table.has_rows
        self._table = TableBuilder(struck=any(is_muted(one) for one in [element, *element.iterancestors()]))

    def _close_table(self) -> None:
        built, self._table = self._table, self._outer.pop() if self._outer else None
        if built is not None and built.rows:
            rows = expand(built.rows)
            self.tables.append(
                Table(
                    rows=rows,
                    header_rows=built.header_rows(),
                    context=captioned(self._outline.context(self._pane, torn=self._torn), built.caption),
                    domain=SEEN,
                )
            )


def _is_bold(element: etree._Element) -> bool:
    """Whether all of a paragraph is in bold letters."""
    return (
        len(element) == 1
        and element[0].tag in _BOLD
        and not (element.text or "").strip()
        and not (element[0].tail or "").strip()
    )
