"""Counts what there is, for the metrics: models, prices and their age, what is held back, when syncs were.

Every replica of the registry counts the same tables: dashboards take the greatest, not the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
from prometheus_client import Gauge

from ratecard_registry import metrics
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("census.sql")


class Census:
    """Brings the gauges up to date. `pool` is called when PostgreSQL is needed."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool]) -> None:
        """Wire it."""
        self._pool = pool
        self._sql = queries(QUERIES)

    async def count(self) -> None:
        """Count everything once."""
        pool = self._pool()
        _set(metrics.MODELS, {(r["provider"], r["usability"]): r["models"] async for r in self._sql.models(pool)})
        _set(metrics.CLASSIFIED, {(r["classification"],): r["models"] async for r in self._sql.classifications(pool)})
        prices = [row async for row in self._sql.prices(pool)]
        _set(metrics.PRICES, {(row["provider"],): row["prices"] for row in prices})
        costs = {(row["provider"], name): row[name] for row in prices for name in ("input", "output")}
        _set(metrics.AVERAGE_COST, {labels: cost for labels, cost in costs.items() if cost is not None})
        _set(metrics.VERIFIED, {(row["provider"],): row["at"] async for row in self._sql.verified(pool)})
        _set(metrics.HELD, {(row["provider"],): row["held"] async for row in self._sql.held(pool)})
        syncs = [row async for row in self._sql.syncs(pool)]
        _set(metrics.MODELS_DISCOVERED, {(row["provider"],): row["models_discovered"] for row in syncs})
        _set(metrics.LAST_SYNC, {(row["provider"],): row["last_sync"] for row in syncs if row["last_sync"]})
        metrics.NEXT_SYNC.set(await self._sql.next_slot(pool) or 0)


def _set(gauge: Gauge, values: dict[tuple[str, ...], float]) -> None:
    gauge.clear()
    for labels, value in values.items():
        gauge.labels(*labels).set(value)
