"""Answers as they were rendered, in process memory: each with what it is based on. The least asked for go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

import msgspec

from ratecard_registry import metrics
from ratecard_registry.versions import Basis

Header = tuple[bytes, bytes]

MOST_BYTES: Final = 48 * 1024 * 1024
_LARGEST_PART: Final = 4
_OVERHEAD: Final = 1024


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer to a read. `marks` are its headers without those of its body; `etag` is empty if it is an error.

    `route` is the path's template. Only what is `kept` may be given again: it is the same until the catalogue changes,
    or that of it which it is `about`.
    """

    status: int
    headers: tuple[Header, ...]
    marks: tuple[Header, ...]
    etag: bytes
    body: bytes
    route: str
    kept: bool
    about: str | None = None


class Memory:
    """Keeps answers up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._most = most_bytes
        self._answers: OrderedDict[Hashable, tuple[Basis, Answer]] = OrderedDict()
        self._told = metrics.KEPT.labels("answers")
        self.size = 0

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self.size = 0

    def get(self, key: Hashable) -> tuple[Basis, Answer] | None:
        """Return the answer that was kept last, and what it was based on."""
        kept = self._answers.get(key)
        if kept is not None:
            self._answers.move_to_end(key)
        return kept

    def put(self, key: Hashable, basis: Basis, answer: Answer) -> None:
        """Keep an answer instead of the one before. One that would push out too many others is not kept."""
        before = self._answers.pop(key, None)
        self.size -= _size(before[1]) if before else 0
        if _size(answer) > self._most // _LARGEST_PART:
            return
        self.size += _size(answer)
        self._answers[key] = (basis, answer)
        while self.size > self._most:
            _, (_, oldest) = self._answers.popitem(last=False)
            self.size -= _size(oldest)
        self._told.set(self.size)


def _size(answer: Answer) -> int:
    return len(answer.body) + _OVERHEAD
