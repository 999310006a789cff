"""Markdown (and MDX) as blocks. Positions are those of the source, so evidence is the source's own lines."""

from __future__ import annotations

import bisect
import re
from typing import Final

from ratecard_pages.blocks import LABEL, Blocks, Cell, Heading, Outline, Prose, Table
from ratecard_pages.grid import expand
from ratecard_pages.statements import pane_tier
from ratecard_pages.words import understand

RAW: Final = "raw"
"""The name of the page's bytes as text, in spans."""

_SEPARATOR: Final = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*")
_HEADING: Final = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_BOLD: Final = re.compile(r"(\*\*|__)[^*_|]{1,40}\1:?")
_FENCE: Final = re.compile(r"\s*(```|~~~)")
_CELL_END: Final = re.compile(r"(?<!\\)\|")
_LINK: Final = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!$<>|~^&])")
_EMPHASIS: Final = re.compile(r"(\*{1,3}|_{2,3}|`{1,3})(?=\S)(.+?)(?<=\S)\1")
_DIV: Final = re.compile(
    r"<(/?)(?:div|section|TabItem|Tab)\b((?:[^<>\"'{}`]|\"[^\"]*\"|'[^']*'|\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\})*?)(/?)>"
)
_SPECIAL: Final = re.compile(r"[\[\]<>\\*_`~^&!]")
_MAX_LINE: Final = 4_000


def clean(source: str) -> str:
    """Markdown source of a cell or line as the text that a reader sees."""
    if _SPECIAL.search(source) is None:
        return " ".join(source.split())
    text = re.sub(r"~~.*?~~", " ", source)
    text = re.sub(r"<hr\s*/?>", " ", text)
    for _ in range(3):
        text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = text.replace("\\*", "\ue000")
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    text = _ESCAPE.sub(r"\1", text).replace("\ue000", "*")
    return " ".join(text.replace("^", "").replace("&nbsp;", " ").split())


def markdown_blocks(source: str, tier_attribute: str = "data-value") -> Blocks:
    """Read the source line by line and return its blocks."""
    return _Reader(source, tier_attribute).read()


class _Reader:
    def __init__(self, source: str, tier_attribute: str) -> None:
        self._source = source
        self._lines = _without_torn_end(_lines(source))
        self._unended = self._lines[-1:] if not source.endswith("\n") else []
        self._panes = Panes(source, tier_attribute)
        self._outline = Outline()
        self._tables: list[Table] = []
        self._prose: list[Prose] = []

    def read(self) -> Blocks:
        index, fenced = 0, False
        while index < len(self._lines):
            start, line = self._lines[index]
            if _FENCE.match(line):
                fenced = not fenced
            elif not fenced and len(line) < _MAX_LINE:
                index += self._line(index, start, line)
                continue
            index += 1
        return Blocks(tables=tuple(self._tables), prose=tuple(self._prose), text=self._source)

    def _line(self, index: int, start: int, line: str) -> int:
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            text = clean(heading[2])
            if text:
                self._outline.heading(Heading(level=len(heading[1]), text=text, position=start))
            return 1
        if "|" in line and index + 1 < len(self._lines) and _is_separator(self._lines[index + 1][1]):
            return self._table(index)
        text = clean(line)
        if _BOLD.fullmatch(line.strip()):
            if (tier := understand(text)).tier and not tier.unknown:
                self._outline.label(Heading(level=LABEL, text=text, position=start))
                return 1
            self._outline.leave(LABEL)  # another title in bold letters: what the last one said is over
        if text:
            self._outline.say(text)
            self._prose.append(
                Prose(
                    text=text,
                    headings=self._outline.headings,
                    start=start,
                    end=start + len(line),
                    domain=RAW,
                )
            )
        return 1

    def _table(self, index: int) -> int:
        rows = [_row(*self._lines[index])]
        closed = self._lines[index][1].rstrip().endswith("|")
        taken = 2
        while index + taken < len(self._lines):
            start, line = self._lines[index + taken]
            if "|" not in line or len(line) > _MAX_LINE:
                break
            if index + taken + 1 < len(self._lines) and _is_separator(self._lines[index + taken + 1][1]):
                break
            row = _row(start, line)
            wide = len(row) - len(rows[0])
            cut = (
                closed
                and not line.rstrip().endswith("|")
                and (wide < 0 or (not wide and (start, line) in self._unended))
            )
            rows.append(row[:-1] if cut else row)
            taken += 1
        start = self._lines[index][0]
        context = self._outline.context(self._panes.at(start), torn=self._panes.torn_at(start))
        self._tables.append(Table(rows=expand(rows), header_rows=1, context=context, domain=RAW))
        return taken


def _lines(source: str) -> list[tuple[int, str]]:
    lines, at = [], 0
    for line in source.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    return lines


def _without_torn_end(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """A last line that neither ends nor closes a row may have been cut off within a figure."""
    last = lines[-1][1].rstrip() if lines else ""
    return lines[:-1] if last and not last.endswith(("|", ">", ".")) else lines


def _is_separator(line: str) -> bool:
    return len(line) < _MAX_LINE and "|" in line and "-" in line and _SEPARATOR.fullmatch(line) is not None


def _row(start: int, line: str) -> list[Cell]:
    bounds = [m.start() for m in _CELL_END.finditer(line)]
    edges = [-1, *bounds, len(line)]
    parts = [(edges[i] + 1, edges[i + 1]) for i in range(len(edges) - 1)]
    if parts and not line[slice(*parts[0])].strip() and line.lstrip().startswith("|"):
        parts = parts[1:]
    if parts and not line[slice(*parts[-1])].strip() and line.rstrip().endswith("|"):
        parts = parts[:-1]
    return [_cell(start, line, *part) for part in parts]


def _cell(start: int, line: str, begin: int, end: int) -> Cell:
    pieces = tuple(text for piece in re.split(r"<br\s*/?>", line[begin:end]) if (text := clean(piece)))
    return Cell(text=" ".join(pieces), pieces=pieces, start=start + begin, end=start + end)


class Headings:
    """The headings of a source by their places, for what is no block of it."""

    def __init__(self, source: str) -> None:
        """Find them all."""
        outline = Outline()
        self._starts: list[int] = [0]
        self._over: list[tuple[Heading, ...]] = [()]
        for start, line in _lines(source):
            found = _HEADING.fullmatch(line) if line.lstrip().startswith("#") and len(line) < _MAX_LINE else None
            if found is not None and (text := clean(found[2])):
                outline.heading(Heading(level=len(found[1]), text=text, position=start))
                self._starts.append(start)
                self._over.append(outline.headings)

    def at(self, position: int) -> tuple[Heading, ...]:
        """The headings over a position of the source."""
        return self._over[bisect.bisect_right(self._starts, position) - 1]


class Panes:
    """Where elements with a tier in their attribute begin and end: the tier at a position is the innermost one's.

    Where not every element is closed, nobody can tell which tier holds from the first of them on.
    """

    def __init__(self, source: str, tier_attribute: str) -> None:
        self._starts: list[int] = [0]
        self._tiers: list[str | None] = [None]
        self._value = re.compile(rf"\b{re.escape(tier_attribute)}=[\"'{{]*([\w -]{{1,30}})")
        stack: list[str | None] = [None]
        opened = 0
        for match in _DIV.finditer(source):
            opened += -1 if match[1] else 0 if match[3] else 1
            if match[1] and len(stack) > 1:
                stack.pop()
                self._change(match.end(), stack[-1])
            elif not match[1] and not match[3]:
                stack.append(self._tier(match[2]) or stack[-1])
                self._change(match.end(), stack[-1])
        first = next((start for start, tier in zip(self._starts, self._tiers, strict=True) if tier is not None), None)
        self._torn_from = first if opened else None

    def at(self, position: int) -> str | None:
        """The tier at a position of the source."""
        return self._tiers[bisect.bisect_right(self._starts, position) - 1]

    def torn_at(self, position: int) -> bool:
        """Whether the tier at a position is in doubt, because elements are not closed."""
        return self._torn_from is not None and position >= self._torn_from

    def _change(self, position: int, tier: str | None) -> None:
        self._starts.append(position)
        self._tiers.append(tier)

    def _tier(self, attributes: str) -> str | None:
        named = self._value.search(attributes)
        return pane_tier(named[1]) if named else None
