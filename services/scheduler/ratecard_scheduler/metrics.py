"""The scheduler's own metrics, under the mission's names where it names them."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

SYNC_SECONDS: Final = Histogram(
    "model_sync_duration_seconds",
    "How long syncs took from their start to their end",
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600),
)
SYNC_SUCCESS: Final = Counter("model_sync_success", "Syncs in which every provider ended well")
SYNC_FAILURE: Final = Counter("model_sync_failure", "Syncs in which a provider failed, wholly or in part")
CONSECUTIVE_FAILURES: Final = Gauge(
    "model_sync_consecutive_failures", "Failed syncs of a provider in a row, up to now", ["provider"]
)
RETRIES: Final = Counter("model_sync_retries", "Syncs that were asked for because one had failed", ["provider"])
ALERTS_RAISED: Final = Counter("ratecard_alerts_raised", "Alerts that were raised by any service", ["kind", "severity"])
ALERTS_SENT: Final = Counter("ratecard_alert_messages", "Messages to administrators that a channel took")
ALERTS_UNDELIVERED: Final = Counter(
    "ratecard_alerts_undelivered", "Messages that a channel did not take, by the variable it is set with", ["channel"]
)
