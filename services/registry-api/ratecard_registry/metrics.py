"""The registry's own metrics, under the mission's names."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram

MODEL_HITS: Final = Counter("model_cache_hits", "Models that were read from the cache")
MODEL_MISSES: Final = Counter("model_cache_misses", "Models that the cache did not have")
PRICING_HITS: Final = Counter("pricing_cache_hits", "Prices of models that were read from the cache")
PRICING_MISSES: Final = Counter("pricing_cache_misses", "Prices of models that the cache did not have")
KEPT: Final = Gauge(
    "ratecard_memory_kept_bytes", "What memory keeps for readers: rendered answers, and prices by an estimate", ["what"]
)
MODELS_DISCOVERED: Final = Gauge("models_discovered_total", "Models that the newest sync found", ["provider"])
MODELS_DEPRECATED: Final = Counter("models_deprecated", "Models that syncs found gone", ["provider"])
HISTORY_DROPPED: Final = Counter(
    "pricing_history_dropped", "Rows of the price history that PRICING_HISTORY_RETENTION_MONTHS dropped"
)
PRICING_UPDATED: Final = Counter("pricing_updated", "Changes of prices", ["provider"])
MODELS: Final = Gauge("ratecard_models", "Models by usability", ["provider", "usability"])
CLASSIFIED: Final = Gauge(
    "ratecard_models_classified", "Models that can be used, by classification", ["classification"]
)
PRICES: Final = Gauge("ratecard_prices_in_force", "Price rows in force", ["provider"])
AVERAGE_COST: Final = Gauge(
    "ratecard_average_cost_usd",
    "Mean price of the standard tier's base band, in USD per million tokens",
    ["provider", "component"],
)
VERIFIED: Final = Gauge(
    "ratecard_prices_verified_timestamp_seconds",
    "When the page of a provider's prices that was read well the longest time ago was read, in seconds since 1970",
    ["provider"],
)
HELD: Final = Gauge("ratecard_quarantine_held", "Prices that are held back until somebody decides", ["provider"])
LAST_SYNC: Final = Gauge(
    "model_sync_last_success_timestamp_seconds", "When a provider was last synced, in seconds since 1970", ["provider"]
)
NEXT_SYNC: Final = Gauge(
    "model_sync_next_timestamp_seconds", "When the schedule asks for the next sync; 0 while it is switched off"
)
REQUEST_SECONDS: Final = Histogram(
    "ratecard_http_request_seconds",
    "How long requests to the API took, by their route's template",
    ["method", "route", "status"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


@lru_cache(1024)
def requests(method: str, route: str, status: int) -> Any:
    """Return where to observe such a request. Methods that nobody knows count as one."""
    return REQUEST_SECONDS.labels(method if method in METHODS else "other", route, str(status))
