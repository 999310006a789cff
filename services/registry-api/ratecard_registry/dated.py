"""A price with the time in which it was charged, and which of a model's prices were in force at a time. Pure.

Of one tier, band, currency and region at most one is in force: the one that began last, unless it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ratecard_registry.stored import Key, Price

Place = tuple[str, str]
"""Provider and model id."""


class DatedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history as it was believed. `id` is the row's; an open row has no `end_date`.

    `stale_since` is set while its source cannot be read: then the price is the last known good one.
    """

    id: int
    provider: str
    model_id: str
    price: Price
    end_date: datetime | None = None
    recorded_at: datetime
    kind: str
    stale_since: datetime | None = None

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """Its place among the rows of its key: the greatest that has begun is right."""
        return (self.price.effective_date, self.recorded_at, self.id)


def in_force(rows: Iterable[DatedPrice], when: datetime) -> list[DatedPrice]:
    """Return the prices in force at that time. `rows` come in their `order`."""
    begun: dict[Key, DatedPrice] = {row.price.key: row for row in rows if row.price.effective_date <= when}
    return [row for row in begun.values() if row.end_date is None or when < row.end_date]
