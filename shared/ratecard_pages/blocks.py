"""A page as a sequence of blocks, the same for HTML and markdown: headings, prose, tables with their context.

Positions are offsets in the text that evidence is cut from, so that every price can show the piece of the page it
was read from.
"""

from __future__ import annotations

from typing import Final

import msgspec

LABEL: Final = 7
"""The level of a label that is no heading of its page: below all of them."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of `text`, one of the texts of a page, from `start` to `end`."""

    text: str
    start: int
    end: int


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A table cell, without struck-through words and superscript marks. `pieces` are the separate parts of `text`."""

    text: str
    pieces: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    header: bool = False
    colspan: int = 1
    rowspan: int = 1


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A heading, by level, and the ids in code marks that follow it."""

    level: int
    text: str
    position: int = 0


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a table: its headings from the outermost in, the prose since each of them, its tier pane.

    `torn` says that tags are not closed, so that nobody can tell what stands within what.
    """

    headings: tuple[Heading, ...] = ()
    prose: tuple[tuple[str, ...], ...] = ()
    pane: str | None = None
    torn: bool = False

    @property
    def path(self) -> str:
        """The headings in one line, for traces and refusals."""
        return " / ".join(heading.text for heading in self.headings if heading.text)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with every cell in its column; `header_rows` rows are heads."""

    rows: tuple[tuple[Cell | None, ...], ...]
    header_rows: int
    context: Context
    domain: str
    source: str = "table"

    @property
    def width(self) -> int:
        """How many columns the header has."""
        head = self.rows[: self.header_rows or 1]
        return max((len(row) for row in head), default=0)

    def faults(self) -> list[str | None]:
        """Why each row cannot be read, if it cannot: it has not one cell for every column of the header.

        A cell that spans several rows moves what follows in all of them, so they fall together.
        """
        width = self.width
        own = [_misfit(row, width) for row in self.rows]
        moved = {
            id(cell)
            for row, fault in zip(self.rows, own, strict=True)
            for cell in row
            if fault is not None and cell is not None and cell.rowspan > 1
        }
        shared = "a cell that spans it and other rows does not fit into the table"
        return [
            fault or (shared if any(id(cell) in moved for cell in row) else None)
            for row, fault in zip(self.rows, own, strict=True)
        ]


def _misfit(row: tuple[Cell | None, ...], width: int) -> str | None:
    cells = sum(1 for cell in row if cell is not None)
    if len(row) == width == cells:
        return None
    return f"the row has {cells} cells where the header has {width}"


class Prose(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph or list item, with its place and the headings over it."""

    text: str
    headings: tuple[Heading, ...]
    start: int
    end: int
    domain: str


class Blocks(msgspec.Struct, frozen=True, kw_only=True):
    """All blocks of a page in order, and the text that their positions are offsets in."""

    tables: tuple[Table, ...]
    prose: tuple[Prose, ...]
    text: str


class Outline:
    """Keeps the context while a page is walked: a heading ends the sections at its level and below."""

    def __init__(self) -> None:
        self.headings: tuple[Heading, ...] = ()
        self._headings: list[Heading] = []
        self._prose: list[list[str]] = [[]]
        self._used = False

    def heading(self, heading: Heading) -> None:
        self.leave(heading.level)
        self._headings.append(heading)
        self._prose.append([])
        self.headings = tuple(self._headings)

    def label(self, heading: Heading) -> None:
        """A tier in bold letters over a table. Those right behind each other are a row of tabs: one label of all."""
        last = self._headings[-1] if self._headings else None
        if last is not None and last.level == LABEL and not (self._used or self._prose[-1]):
            heading = Heading(level=LABEL, text=f"{last.text} / {heading.text}", position=last.position)
        self.heading(heading)
        self._used = False

    def leave(self, level: int) -> None:
        """End the sections at a level and below: what they stood in is closed."""
        while self._headings and self._headings[-1].level >= level:
            self._headings.pop()
            self._prose.pop()
        self.headings = tuple(self._headings)

    def say(self, text: str) -> None:
        if text.strip():
            self._prose[-1].append(text.strip())

    def context(self, pane: str | None = None, *, torn: bool = False) -> Context:
        self._used = True
        return Context(
            headings=self.headings, prose=tuple(tuple(part[-8:]) for part in self._prose), pane=pane, torn=torn
        )
