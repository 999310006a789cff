"""What a price list of another tool says, an entry per model, tier, band and time. Values, and how numbers are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

_MOST_DIGITS: Final = 40
_LONGEST_TEXT: Final = 2000


class ListError(ValueError):
    """A file that is not of its format. `faults` say where and what; nothing of it is taken."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Say what is wrong."""
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class CannotTakeError(ValueError):
    """An entry that is well formed and says what Ratecard cannot keep honestly."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A price from its first day until the day it no longer held. No first day: since ever; no last: as of the list."""

    vendor: str
    id: str
    tier: str
    above_tokens: int
    rates: dict[str, Decimal]
    begins: date | None
    ends: date | None
    text: str


class LeftAside(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not taken, and why."""

    vendor: str
    id: str
    reason: str


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """All that a file says, in order."""

    entries: tuple[Entry, ...]
    left_aside: tuple[LeftAside, ...]


def amount(value: Any) -> Decimal:
    """Return a rate. Raises ValueError for what is no number from zero on, CannotTakeError for zero."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - it is the file's fault
    found = Decimal(value)
    if not found.is_finite() or found < 0:
        raise ValueError(f"{value} is no price")
    if abs(found.adjusted()) > _MOST_DIGITS or len(found.as_tuple().digits) > _MOST_DIGITS:
        raise ValueError(f"{str(value)[:60]} is out of any range")
    if found == 0:
        raise CannotTakeError("a rate is zero, and the list does not say that it is free")
    return found


def day(value: Any) -> date | None:
    """Return a day, None for none. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no day")  # noqa: TRY004 - it is the file's fault
    return date.fromisoformat(value)


def text_of(value: Any) -> str:
    """Return an entry as its file has it, or the beginning of it."""
    return msgspec.json.Encoder(decimal_format="number").encode(value).decode().replace("\\u0000", "")[:_LONGEST_TEXT]
