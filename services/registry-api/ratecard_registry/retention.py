"""What grows is kept within bounds: the partitions of the price history, how syncs went, decisions of the quarantine.

No price is dropped unless the operator said so, and then none that ended, or was recorded, within so many months.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from ratecard_registry.metrics import HISTORY_DROPPED
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("retention.sql")
LEAST_MONTHS: Final = 12
_DECISIONS_KEPT: Final = timedelta(days=400)
_LOG: Final = logging.getLogger(__name__)


class Retention:
    """Makes and drops partitions, and prunes. `pool` and `now` are called when they are needed; 0 months keeps all."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        months: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it. Raises ValueError for months that would drop what must be kept."""
        if 0 < months < LEAST_MONTHS:
            raise ValueError(f"history is kept for at least {LEAST_MONTHS} months, not {months}")
        self._pool = pool
        self._months = months
        self._now = now
        self._sql = queries(QUERIES)

    async def make_partitions(self) -> list[int]:
        """Make partitions for this year, the next, and each year that prices ended in; return the new ones."""
        this = self._now().year
        found = {row["year"] async for row in self._sql.years_without_partition(self._pool())}
        made = [year for year in sorted({this, this + 1} | found) if await self._sql.add_year(self._pool(), year=year)]
        if made:
            _LOG.info("made partitions of the price history: %s", ", ".join(map(str, made)))
        return made

    async def prune(self) -> int:
        """Drop what is older than its bound, and return how many rows of the price history went."""
        await self._sql.forget_syncs(self._pool())
        await self._sql.forget_decisions(self._pool(), before=self._now() - _DECISIONS_KEPT)
        return await self._drop_history() if self._months else 0

    async def _drop_history(self) -> int:
        before = await self._sql.oldest_kept(self._pool(), now=self._now(), months=self._months)
        dropped = int(await self._sql.drop_rest(self._pool(), before=before))
        if dropped:
            self._announce(dropped, "prices without a partition of their own")
        for year in [row["year"] async for row in self._sql.years(self._pool())]:
            rows = await self._sql.drop_year(self._pool(), year=year, before=before)
            if rows is not None:
                self._announce(rows, f"the partition of {year}")
                dropped += rows
        return dropped

    def _announce(self, rows: int, what: str) -> None:
        HISTORY_DROPPED.inc(rows)
        _LOG.warning(
            "dropped %s from the price history, %d rows (PRICING_HISTORY_RETENTION_MONTHS is %d)",
            what,
            rows,
            self._months,
        )
