"""JSON with places: every value knows where it stands in its text, so that evidence can be cut from the page.

Reads as far as the first value goes and ignores what follows. Numbers stay as printed. Nothing here recurses, so depth
costs no stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

_TOKEN: Final = re.compile(
    r'\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([\[\]{}:,]))', re.DOTALL
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_COLON: Final = re.compile(r"\s*:")
MAX_VALUES: Final = 400_000

Scalar = str | Decimal | bool | None


class Node(msgspec.Struct, kw_only=True):
    """A value and its place. `fields` for an object, `items` for an array, `value` for the rest."""

    start: int
    end: int = -1
    value: Scalar = None
    fields: dict[str, Node] | None = None
    items: list[Node] | None = None
    printed: str = ""

    def get(self, path: str) -> Node | None:
        """The node at a dotted path of keys, or None."""
        node: Node | None = self
        for key in path.split("."):
            node = node.fields.get(key) if node is not None and node.fields is not None else None
        return node


def read_json(text: str, start: int = 0) -> Node | None:
    """The JSON value that begins at `start`, or None if none is complete there."""
    return _Parser(text, start).read()


class _Parser:
    def __init__(self, text: str, start: int) -> None:
        self._text, self._at = text, start
        self._open: list[Node] = []
        self._key: str | None = None

    def read(self) -> Node | None:
        for _ in range(MAX_VALUES):
            match = _TOKEN.match(self._text, self._at)
            if match is None:
                return None
            self._at = match.end()
            try:
                whole = self._take(match)
            except ValueError:
                return None
            if whole is not None:
                return whole
        return None

    def _take(self, match: re.Match[str]) -> Node | None:
        """Use one token; the whole value once its last one is used."""
        mark = match[4]
        if mark in (",", ":"):
            return None
        if mark in ("]", "}"):
            return self._close()
        if mark:
            self._begin(match.start(4), mark)
            return None
        if match[1] and self._expects_key() and _COLON.match(self._text, self._at) is not None:
            self._key = _string(match[1])
            return None
        node = _scalar(match)
        self._attach(node)
        return None if self._open else node

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].fields is not None and self._key is None

    def _begin(self, start: int, mark: str) -> None:
        node = Node(start=start, fields={} if mark == "{" else None, items=[] if mark == "[" else None)
        self._attach(node)
        self._open.append(node)

    def _close(self) -> Node | None:
        if not self._open:
            raise ValueError("nothing is open")
        node = self._open.pop()
        node.end = self._at
        return None if self._open else node

    def _attach(self, child: Node) -> None:
        if not self._open:
            return
        parent = self._open[-1]
        if parent.items is not None:
            parent.items.append(child)
        elif parent.fields is not None and self._key is not None:
            parent.fields[self._key] = child
            self._key = None
        else:
            raise ValueError("a value without a key")


def walk(root: Node) -> Iterator[Node]:
    """Every node from the root down, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        children = list(node.fields.values()) if node.fields is not None else node.items or []
        waiting.extend(reversed(children))


def _string(printed: str) -> str:
    if "\\" not in printed:
        return printed[1:-1]
    value = json.loads(printed, strict=False)
    return value if isinstance(value, str) else ""


def _scalar(match: re.Match[str]) -> Node:
    if match[1]:
        value = _string(match[1])
        return Node(start=match.start(1), end=match.end(1), value=value, printed=value)
    if match[2]:
        return Node(start=match.start(2), end=match.end(2), value=Decimal(match[2]), printed=match[2])
    return Node(start=match.start(3), end=match.end(3), value=_WORDS[match[3]], printed=match[3])
