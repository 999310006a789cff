"""Data that a page carries beside what it shows: JSON bodies and scripts, Next.js flight data, Astro island props.

Escaped text is unescaped with a map back, so that evidence is cut from the page as it is.
"""

from __future__ import annotations

import bisect
import html
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from ratecard_pages.located import MAX_VALUES, Node, read_json, walk

_FLIGHT: Final = re.compile(r'__next_f[^(]{0,40}\.push\(\[1,\s*"((?:[^"\\]|\\.)*)"\]\)', re.DOTALL)
_ROW: Final = re.compile(r"^[0-9a-f]{1,6}:(?=[\[{])", re.MULTILINE)
_SCRIPT: Final = re.compile(r"<script\b([^<>]*)>", re.IGNORECASE)
_ASSIGNED: Final = re.compile(r"(?:=\s*|\()(?=[\[{]\s*[\"\[{])")
_ISLAND: Final = re.compile(r'<astro-island\b[^<>]*?\bprops="([^"]*)"')
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_MAX_ASSIGNMENTS: Final = 20


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """A value found in a page, the unescaped text it stands in, and how that text lies in the page."""

    node: Node
    text: str
    breaks: tuple[int, ...]
    offsets: tuple[int, ...]
    source: str

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The place in the page of a piece of the unescaped text."""
        return self._raw(start), self._raw(end - 1) + self._length(end - 1)

    def _raw(self, at: int) -> int:
        index = bisect.bisect_right(self.breaks, at) - 1
        return self.offsets[index] + (at - self.breaks[index])

    def _length(self, at: int) -> int:
        index = bisect.bisect_right(self.breaks, at)
        following = self.offsets[index] if index < len(self.breaks) and self.breaks[index] == at + 1 else None
        return following - self._raw(at) if following is not None else 1


def find_data(text: str, kind: str) -> Iterator[Data]:
    """Every JSON value that a page carries, in the order of the page."""
    left = MAX_VALUES
    for found in _all_data(text, kind):
        left -= sum(1 for _ in walk(found.node))
        yield found
        if left < 0:
            return


def _all_data(text: str, kind: str) -> Iterator[Data]:
    if kind == "json":
        node = read_json(text, 1 if text.startswith("\ufeff") else 0)
        if node is not None:
            yield _plain(node, text, "json")
        return
    yield from find_islands(text)
    yield from _flight(text)
    yield from _scripts(text)


def _plain(node: Node, text: str, source: str) -> Data:
    return Data(node=node, text=text, breaks=(0,), offsets=(0,), source=source)


def find_islands(text: str, having: str = "") -> Iterator[Data]:
    """The props of every Astro island whose source has the text `having`."""
    for match in _ISLAND.finditer(text):
        if having not in match[1]:
            continue
        decoded, breaks, offsets = _unescape(match[1], match.start(1), _ENTITY, html.unescape)
        node = read_json(decoded)
        if node is not None:
            yield Data(node=node, text=decoded, breaks=breaks, offsets=offsets, source="astro island")


def _flight(text: str) -> Iterator[Data]:
    parts: list[str] = []
    breaks: list[int] = []
    offsets: list[int] = []
    length = 0
    for match in _FLIGHT.finditer(text):
        decoded, some_breaks, some_offsets = _unescape(match[1], match.start(1), _ESCAPE, _character)
        breaks += [length + at for at in some_breaks]
        offsets += some_offsets
        parts.append(decoded)
        length += len(decoded)
    whole = "".join(parts)
    for row in _ROW.finditer(whole):
        node = read_json(whole, row.end())
        if node is not None:
            yield Data(node=node, text=whole, breaks=tuple(breaks), offsets=tuple(offsets), source="flight data")


def _scripts(text: str) -> Iterator[Data]:
    at = 0
    while (opened := _SCRIPT.search(text, at)) is not None:
        end = text.find("</script", opened.end())
        if end < 0:
            return
        at = end
        if "__next_f" in text[opened.end() : opened.end() + 200]:
            continue
        for start in _starts(opened[1], text, opened.end(), end):
            node = read_json(text, start)
            if node is not None and node.end <= end:
                yield _plain(node, text, "script")


def _starts(attributes: str, text: str, start: int, end: int) -> list[int]:
    """Where JSON may begin in a script: at once if it is a JSON script, else after the first few assignments."""
    if "json" in attributes:
        return [start]
    return [match.end() for match in islice(_ASSIGNED.finditer(text, start, end), _MAX_ASSIGNMENTS)]


def _unescape(
    raw: str, at: int, pattern: re.Pattern[str], decode: object
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """The unescaped text, and for each of its stretches where it begins there and in the page."""
    parts: list[str] = []
    breaks, offsets = [0], [at]
    length, last = 0, 0
    for match in pattern.finditer(raw):
        plain = raw[last : match.start()]
        character = decode(match[0])  # type: ignore[operator]
        parts += [plain, character]
        length += len(plain)
        breaks += [length, length + len(character)]
        offsets += [at + match.start(), at + match.end()]
        length += len(character)
        last = match.end()
    parts.append(raw[last:])
    return "".join(parts), tuple(breaks), tuple(offsets)


def _character(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape[1:]
