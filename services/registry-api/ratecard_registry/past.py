"""Prices of other times, read from PostgreSQL in one query for all models that are asked for.

Two times are told apart: when a provider charged a price, and when Ratecard believed that (`known_at`; None is today).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from sys import intern
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_registry.dated import DatedPrice, Place
from ratecard_registry.rows import own_from, price_from
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("past.sql")
FIRST_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST_DAY: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Which prices of a model a history holds: those that began in it, or were in force `at` a time, as known then."""

    start: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None
    known_at: datetime | None = None


class Past:
    """Reads what was in force. `pool` is called when PostgreSQL is needed."""

    def __init__(
        self, *, pool: Callable[[], asyncpg.Pool], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._now = now
        self._sql = queries(QUERIES)

    def moment(self, at: datetime | None, known_at: datetime | None) -> datetime:
        """Return the time that is meant: without any, what was believed at a time is about that time."""
        return at or known_at or self._now()

    async def prices(
        self, places: Collection[Place], first: datetime, last: datetime, *, known_at: datetime | None = None
    ) -> dict[Place, list[DatedPrice]]:
        """Return every price that may be in force between the two times, by model, in their order."""
        now = self._now()
        between = {
            "providers": [provider for provider, _ in places],
            "ids": [model_id for _, model_id in places],
            "first": first,
            "last": last,
        }
        if known_at and known_at < now:
            rows = self._sql.believed(self._pool(), **between, known=known_at)
        else:
            rows = self._sql.in_force(self._pool(), **between, now=now)
        found: dict[Place, list[DatedPrice]] = defaultdict(list)
        async for row in rows:
            found[row["provider"], row["model_id"]].append(_dated(row))
        return found

    async def history(
        self, place: Place, period: Period, *, after: tuple[datetime, int] | None, most: int
    ) -> tuple[int, list[Any]]:
        """Return how many rows began in the period, both ends included, and `most` of them after the given one."""
        which = {
            "provider": place[0],
            "model_id": place[1],
            "start": period.start or FIRST_DAY,
            "until": period.until or LAST_DAY,
            "at": period.at,
            "known": period.known_at or LAST_DAY,
        }
        began, row_id = after or (FIRST_DAY, -(2**63))
        rows = self._sql.history(self._pool(), **which, after=began, after_id=row_id, most=most)
        return await self._sql.history_total(self._pool(), **which), [row async for row in rows]

    async def other_names(self, names: Iterable[str]) -> list[tuple[str, Place]]:
        """Return which models have these names without having them for ids."""
        wanted = sorted({name for name in names if "\0" not in name})
        if not wanted:
            return []
        rows = self._sql.other_names(self._pool(), names=wanted)
        return [(row["name"], (row["provider"], row["id"])) async for row in rows]


def _dated(row: Any) -> DatedPrice:
    return DatedPrice(
        id=row["id"],
        provider=intern(row["provider"]),
        model_id=intern(row["model_id"]),
        price=price_from(row),
        end_date=row["end_date"],
        recorded_at=row["recorded_at"],
        kind=intern(row["kind"]),
        stale_since=row["stale_since"],
        own=own_from(row) if row["number"] else None,
    )
