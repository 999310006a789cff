"""Cursors of pages: where a page ended, bound to the question that it answered. Pure.

A cursor names the last item by what it is sorted by, not by a count, so that what comes and goes before it moves
nothing. Whoever sends one made up gets a clear error.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

import msgspec

from ratecard_registry.problems import Problem

After = TypeVar("After")
_LETTERS: Final = 12


class Cursors(Generic[After]):
    """Writes and reads the cursors of one question. `kind` is the type of what tells where a page ended."""

    def __init__(self, question: Any, kind: Any) -> None:
        """Take the question: everything that decides which items there are, and in which order."""
        self._of = hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:_LETTERS]
        self._decoder = msgspec.json.Decoder(tuple[str, kind])

    def write(self, after: After) -> str:
        """Return the cursor of the page that ended with this."""
        return base64.urlsafe_b64encode(msgspec.json.encode((self._of, after))).decode().rstrip("=")

    def read(self, text: str) -> After:
        """Return where the page before ended. Raises Problem."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            (of,) = msgspec.json.decode(raw, type=list)[:1]
            if of != self._of:
                raise Problem(400, _OTHER)
            _, after = self._decoder.decode(raw)
            _must_be_comparable(after)
        except (binascii.Error, ValueError, msgspec.MsgspecError, ArithmeticError) as error:
            raise Problem(400, _NONE) from error
        return after  # type: ignore[no-any-return]  # the decoder has looked


def _must_be_comparable(after: Any) -> None:
    for part in after:
        if isinstance(part, Decimal) and not part.is_finite():
            raise ValueError(part)
        if isinstance(part, datetime):
            part.astimezone(UTC)


_OTHER: Final = "`cursor` belongs to other filters, times or another sort: send it with those, or leave it out."
_NONE: Final = "`cursor` is not a `nextCursor` that a page gave: leave it out to start over."
