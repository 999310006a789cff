"""Answers as they were rendered, in process memory: those of one state of the catalogue, the least asked for go first.

A new state forgets all of them, so that nothing older than what is known can be found.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

import msgspec

Header = tuple[bytes, bytes]

MOST_BYTES: Final = 32 * 1024 * 1024
_LARGEST_PART: Final = 4
_OVERHEAD: Final = 1024


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer to a read. `marks` are its headers without those of its body; `etag` is empty if it is an error.

    `route` is the path's template. Only what is `kept` may be given again: it is the same until the catalogue changes.
    """

    status: int
    headers: tuple[Header, ...]
    marks: tuple[Header, ...]
    etag: bytes
    body: bytes
    route: str
    kept: bool


class Memory:
    """Keeps answers up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._most = most_bytes
        self._state: object = None
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self.size = 0

    def get(self, state: object, key: Hashable) -> Answer | None:
        """Return the answer of that very state, if there is one."""
        if state is not self._state:
            return None
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def put(self, state: object, key: Hashable, answer: Answer) -> None:
        """Keep an answer of that state, which is the newest. One that would push out too many others is not kept."""
        if state is not self._state:
            self._answers.clear()
            self._state, self.size = state, 0
        if _size(answer) > self._most // _LARGEST_PART:
            return
        before = self._answers.pop(key, None)
        self.size += _size(answer) - (_size(before) if before else 0)
        self._answers[key] = answer
        while self.size > self._most:
            _, oldest = self._answers.popitem(last=False)
            self.size -= _size(oldest)


def _size(answer: Answer) -> int:
    return len(answer.body) + _OVERHEAD
