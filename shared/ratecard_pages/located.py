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
MAX_VALUES: Final = 2_000_000

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
    stack: list[Node] = []
    keys: list[str | None] = []
    key: str | None = None
    at = start
    for _ in range(MAX_VALUES):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        mark = match[4]
        if mark in (",", ":"):
            continue
        if mark in ("]", "}"):
            if not stack:
                return None
            node = stack.pop()
            node.end = at
            key = keys.pop()
        elif mark:
            node = Node(start=match.start(4), fields={} if mark == "{" else None, items=[] if mark == "[" else None)
        else:
            if stack and stack[-1].fields is not None and match[1] and _is_key(text, at) and key is None:
                key = _string(match[1])
                if key is None:
                    return None
                continue
            scalar = _scalar(match)
            if scalar is None:
                return None
            node = scalar
        if mark in ("[", "{"):
            if stack and not _attach(stack[-1], key, node):
                return None
            stack.append(node)
            keys.append(None)
            key = None
            continue
        if mark is None and stack and not _attach(stack[-1], key, node):
            return None
        key = None
        if not stack:
            return node
    return None


def walk(root: Node) -> Iterator[Node]:
    """Every node from the root down, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        children = list(node.fields.values()) if node.fields is not None else node.items or []
        waiting.extend(reversed(children))


def _attach(parent: Node, key: str | None, child: Node) -> bool:
    if parent.fields is not None:
        if key is None:
            return False
        parent.fields[key] = child
    elif parent.items is not None:
        parent.items.append(child)
    return True


def _is_key(text: str, at: int) -> bool:
    return re.compile(r"\s*:").match(text, at) is not None


def _string(printed: str) -> str | None:
    try:
        value = json.loads(printed, strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _scalar(match: re.Match[str]) -> Node | None:
    if match[1]:
        value = _string(match[1])
        return None if value is None else Node(start=match.start(1), end=match.end(1), value=value, printed=value)
    if match[2]:
        number = Decimal(match[2])
        return Node(start=match.start(2), end=match.end(2), value=number, printed=match[2])
    return Node(start=match.start(3), end=match.end(3), value=_WORDS[match[3]], printed=match[3])
