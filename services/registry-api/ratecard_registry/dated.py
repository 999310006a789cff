"""A price with the time in which it was charged, and which of a model's prices were in force at a time. Pure.

Of one tier, band, currency and region at most one is in force: the list's that began last, unless it
has ended; above it the operator's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ratecard_registry.stored import Key, OwnPrice, Price

Place = tuple[str, str]
"""Provider and model id."""

_AHEAD: Final = timedelta(minutes=5)
"""By how much whoever asks may have a faster clock."""

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)


class DatedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history as it was believed. `id` is the row's; an open row has no `end_date`.

    `stale_since` is set while its source cannot be read, or says another price that is held back: then it is the last
    known good one. An `own` price is the operator's, and `instead_of` what would be charged without it.
    """

    id: int
    provider: str
    model_id: str
    price: Price
    end_date: datetime | None = None
    recorded_at: datetime
    kind: str
    stale_since: datetime | None = None
    own: OwnPrice | None = None
    instead_of: DatedPrice | None = None

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """Its place among the rows of its key: of the list's, the greatest that has begun is right."""
        return (self.price.effective_date, self.recorded_at, self.id)

    def doubted(self, when: datetime) -> bool:
        """Tell whether at that time it was no more than the last known good one."""
        return self.stale_since is not None and self.stale_since <= when


def is_forecast(when: datetime, now: datetime) -> bool:
    """Tell whether a price of that time is only what will be charged as far as is known, announcements included."""
    return when > now + _AHEAD


def in_force(rows: Iterable[DatedPrice], when: datetime) -> list[DatedPrice]:
    """Return the prices in force at that time. `rows` come in their `order`."""
    begun: dict[Key, DatedPrice] = {}
    own: list[tuple[tuple[bool, int], DatedPrice]] = []
    for row in rows:
        if row.own is not None:
            own += [(row.own.rank, row)] if row.own.covers(when) else []
        elif row.price.effective_date <= when:
            begun[row.price.key] = row
    found = {key: row for key, row in begun.items() if row.end_date is None or when < row.end_date}
    for _, row in sorted(own, key=lambda one: one[0]):
        found[row.price.key] = msgspec.structs.replace(row, instead_of=found.get(row.price.key))
    return list(found.values())


def still_said(rows: Iterable[DatedPrice], now: datetime) -> list[DatedPrice]:
    """Leave out announcements whose day has come: whether they came into force is a row of its own."""
    return [row for row in rows if row.kind != "scheduled" or row.price.effective_date > now]


def unchanged_around(rows: Iterable[DatedPrice], when: datetime) -> tuple[datetime, datetime]:
    """Return since when, and until before when, the same of these prices are in force as at that time."""
    said = [row.own or row for row in rows]
    times = {time for one in said for time in (one.price.effective_date, one.end_date) if time is not None}
    return max((t for t in times if t <= when), default=FIRST), min((t for t in times if t > when), default=LAST)
