"""The names of the metrics that every service has. A service's own stand in its room."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

RECORDS_TOTAL: Final = Counter(
    "ratecard_records_total", "Consumed records by how they ended: handled, retried, dead", ["group", "outcome"]
)
CONSUMER_HALTED: Final = Gauge(
    "ratecard_consumer_halted", "1 while a consumer is stopped because too many records in a row were dead", ["group"]
)
OUTBOX_PUBLISHED_TOTAL: Final = Counter(
    "ratecard_outbox_published_total", "Events that the relay published", ["service"]
)
STEP_FAILURES_TOTAL: Final = Counter(
    "ratecard_step_failures_total", "Background steps that failed and will be tried again", ["service", "step"]
)
CONSUMER_LAG: Final = Gauge(
    "ratecard_consumer_lag_records", "Records that this process' consumers have not taken yet", ["group", "topic"]
)
OUTBOX_UNPUBLISHED: Final = Gauge("ratecard_outbox_unpublished", "Events that wait in the outbox", ["service"])
OUTBOX_OLDEST_SECONDS: Final = Gauge(
    "ratecard_outbox_oldest_seconds", "How long the oldest event in the outbox has waited", ["service"]
)
