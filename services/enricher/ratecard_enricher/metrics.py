"""The enricher's own metrics."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

JOINS_OPEN: Final = Gauge("ratecard_joins_open", "Joins that wait for a side, or for their deadline")
JOINS_OVERDUE: Final = Gauge("ratecard_joins_overdue", "Joins that are past their deadline and not closed yet")
