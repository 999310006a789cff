"""Discovery's own metrics."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Histogram

SECONDS: Final = Histogram(
    "ratecard_discovery_seconds",
    "How long it took to have a provider's whole model list",
    ["provider"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
ENDED: Final = Counter(
    "ratecard_discovery",
    "Model lists by how asking for them ended: complete, failed, disabled",
    ["provider", "outcome"],
)
