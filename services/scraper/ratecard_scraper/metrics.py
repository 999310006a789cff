"""The scraper's own metrics, under the mission's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Histogram

SECONDS: Final = Histogram(
    "scraping_duration_seconds",
    "How long it took to fetch and read all pricing pages of a provider",
    ["provider"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
SUCCESS: Final = Counter("scraping_success", "Scrapes that gave a whole price list", ["provider"])
FAILURE: Final = Counter("scraping_failure", "Scrapes that gave none", ["provider"])
EXTRACTED: Final = Counter("scraping_models_extracted", "Models that were found with a price on pages", ["provider"])
BLOCKED: Final = Counter("ratecard_scraping_blocked", "Times that a site kept the scraper out", ["provider"])


def start_at_zero(providers: Iterable[str]) -> None:
    """Show every provider from the beginning: Prometheus does not see the first increase of what appears with it."""
    for provider in providers:
        for counter in (SUCCESS, FAILURE, EXTRACTED, BLOCKED):
            counter.labels(provider)
