"""What a sync read of one model's prices, sorted by what it means today: in force, announced, or not usable.

A row whose last day is over is not in force. A row without any rate says nothing; a negative rate is a misreading.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from ratecard_registry.stored import Key, midnight
from ratecard_shared.prices import PriceRow

_LOG: Final = logging.getLogger(__name__)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by key. `announced` also by the day they begin; `doubtful` keys were shown but cannot be believed."""

    in_force: dict[Key, PriceRow]
    announced: dict[tuple[Key, date], PriceRow]
    doubtful: frozenset[Key]

    def shows(self, key: Key) -> bool:
        """Tell whether the source speaks of this price at all, so that it is not missing."""
        return key in self.in_force or key in self.doubtful or any(key == shown for shown, _ in self.announced)


def sort_out(rows: Iterable[PriceRow], now: datetime) -> Reading:
    """Sort the rows. Of two for one key the one that began later is right; of two that began together, the first."""
    in_force: dict[Key, PriceRow] = {}
    announced: dict[tuple[Key, date], PriceRow] = {}
    doubtful: set[Key] = set()
    for row in rows:
        if not _believable(row):
            doubtful.add(row.key)
        elif row.effective_until and row.effective_until < now.astimezone(UTC).date():
            continue
        elif row.effective_from and midnight(row.effective_from) > now:
            announced.setdefault((row.key, row.effective_from), row)
        elif row.key not in in_force or _began(row) > _began(in_force[row.key]):
            in_force[row.key] = row
    return Reading(in_force=in_force, announced=announced, doubtful=frozenset(doubtful))


def _believable(row: PriceRow) -> bool:
    if not row.rates and not row.free:
        return False
    if all(amount.is_finite() and amount >= 0 for amount in row.rates.values()):
        return True
    _LOG.error("refused a price of %s that is not a positive number, and kept what was known: %s", row.name, row.rates)
    return False


def _began(row: PriceRow) -> date:
    return row.effective_from or date.min
