"""Dates in names. One is kept as far as it is written: `0709` has no year, `2508` no day."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_YEAR = r"(?P<year>20[2-3]\d)"
_SHORT = r"(?P<short>2[2-9]|3[0-5])"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12]\d|3[01])"
_PATTERNS: Final = tuple(
    re.compile(rf"(?<![\d.a-z])v?{body}(?![\d.a-z])")
    for body in (
        f"{_YEAR}-{_MONTH}-{_DAY}",
        f"{_YEAR}{_MONTH}{_DAY}",
        f"{_MONTH}-{_YEAR}",
        f"{_YEAR}-{_MONTH}",
        f"{_MONTH}-{_DAY}",
        rf"{_SHORT}\.?{_MONTH}",
        f"{_MONTH}{_DAY}",
    )
)


class SnapshotDate(msgspec.Struct, frozen=True, kw_only=True):
    """A date as far as a name writes it."""

    year: int | None = None
    month: int
    day: int | None = None

    def agrees(self, other: SnapshotDate) -> bool:
        """Return whether both can be the same day: what both write is equal."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)

    def __str__(self) -> str:
        parts = (self.year, f"{self.month:02}", None if self.day is None else f"{self.day:02}")
        return "-".join(str(part) for part in parts if part is not None)


def take_dates(text: str) -> tuple[str, tuple[SnapshotDate, ...]]:
    """Return lower-case `text` without its dates, and the dates in the order of their patterns."""
    dates = []
    for pattern in _PATTERNS:
        dates += [_date(found.groupdict()) for found in pattern.finditer(text)]
        text = pattern.sub(" ", text)
    return text, tuple(dates)


def agree(mine: tuple[SnapshotDate, ...], theirs: tuple[SnapshotDate, ...]) -> bool:
    """Return whether two names carry the same dates, as far as each writes them."""
    return len(mine) == len(theirs) and all(one.agrees(other) for one, other in zip(mine, theirs, strict=True))


def _date(groups: dict[str, str | None]) -> SnapshotDate:
    year, short, day = groups.get("year"), groups.get("short"), groups.get("day")
    return SnapshotDate(
        year=int(year) if year else 2000 + int(short) if short else None,
        month=int(groups["month"] or 0),
        day=int(day) if day else None,
    )
