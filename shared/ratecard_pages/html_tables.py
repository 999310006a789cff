"""The rows and cells of a HTML table, as they are met, without struck-through words and superscript marks."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from ratecard_pages.blocks import Cell
from ratecard_pages.html_text import INLINE, is_cents, is_muted

_HIDDEN_CELL: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_INVISIBLE: Final = str.maketrans("", "", "\u200b\ufeff")
_SPAN: Final = re.compile(r"[1-9]\d{0,2}")


class TableBuilder:
    """Collects the rows of one table: cells with their parts, without struck-through text and superscript marks."""

    def __init__(self, *, struck: bool = False) -> None:
        """Begin a table; nothing of one that is `struck` through is read."""
        self.rows: list[list[Cell]] = []
        self._heads: list[bool] = []
        self._row: list[Cell] | None = None
        self._cell: etree._Element | None = None
        self._start_at = 0
        self._pieces: list[str] = []
        self._mute: etree._Element | None = None
        self._struck = struck
        self._in_head = False
        self._caption: list[str] | None = None
        self.caption = ""

    def start(self, element: etree._Element, at: int) -> None:
        tag = element.tag
        if self._mute is None and is_muted(element):
            self._mute = element
            if tag == "sup" and self._cell is not None and not self._struck:
                self._pieces[-1] += "".join(filter(str.isdigit, element.text or "")).translate(_RAISED)
        if tag == "caption" and self._cell is None:
            self._caption = []
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell, self._start_at, self._pieces = element, at, [""]
        elif self._cell is not None and _parts(element):
            self._pieces.append("")

    def end(self, element: etree._Element, at: int) -> None:
        tag = element.tag
        if tag == "caption" and self._caption is not None:
            self.caption, self._caption = " ".join("".join(self._caption).split()), None
        elif tag == "thead":
            self._in_head = False
        elif tag == "tr" and self._row is not None:
            self.rows.append(self._row)
            self._heads.append(self._in_head or (bool(self._row) and all(cell.header for cell in self._row)))
            self._row = None
        elif element is self._cell and self._row is not None:
            self._close_cell(element, at)
        elif self._cell is not None and element is not self._mute and _parts(element):
            self._pieces.append("")
        if element is self._mute:
            self._mute = None

    def text(self, text: str, _at: int) -> None:
        if self._cell is not None and self._mute is None and not self._struck:
            if not self._pieces:
                self._pieces.append("")
            self._pieces[-1] += text
        elif self._caption is not None:
            self._caption.append(text)

    @property
    def has_rows(self) -> bool:
        """Whether a whole row of several cells was read, so that a table that begins now is not its layout's."""
        return any(len(row) > 1 for row in self.rows)

    def header_rows(self) -> int:
        count = 0
        for is_head in self._heads:
            if not is_head:
                break
            count += 1
        return count

    def _close_cell(self, element: etree._Element, at: int) -> None:
        colspan, rowspan = element.get("colspan", "1").strip(), element.get("rowspan", "1").strip()
        self._cell = None
        if colspan == "0" or _HIDDEN_CELL.search(element.get("style", "")):
            return  # a placeholder under a merged cell: a browser does not show it
        pieces = tuple(clean for piece in self._pieces if (clean := " ".join(piece.translate(_INVISIBLE).split())))
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


def _parts(element: etree._Element) -> bool:
    """Whether an element's text is apart from what stands before it."""
    return element.tag not in INLINE and (element.tag != "sup" or is_cents(element))


def _span(printed: str) -> int:
    return int(printed) if _SPAN.fullmatch(printed) else 1
