"""The registry's own metrics, under the mission's names."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

MODEL_HITS: Final = Counter("model_cache_hits", "Models that were read from the cache")
MODEL_MISSES: Final = Counter("model_cache_misses", "Models that the cache did not have")
PRICING_HITS: Final = Counter("pricing_cache_hits", "Prices of models that were read from the cache")
PRICING_MISSES: Final = Counter("pricing_cache_misses", "Prices of models that the cache did not have")
MODELS_DISCOVERED: Final = Gauge("models_discovered_total", "Models that the newest sync found", ["provider"])
MODELS_DEPRECATED: Final = Counter("models_deprecated", "Models that syncs found gone", ["provider"])
HISTORY_DROPPED: Final = Counter(
    "pricing_history_dropped", "Rows of the price history that PRICING_HISTORY_RETENTION_MONTHS dropped"
)
PRICING_UPDATED: Final = Counter("pricing_updated", "Changes of prices", ["provider"])
