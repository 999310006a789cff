"""Every topic: its name, its key, what it carries, who says it and who listens. The one table of the system's flow."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ratecard_shared import events


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A Kafka topic. `key` tells what its records are keyed by; records of one key keep their order."""

    name: str
    key: str
    carries: Any
    says: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...] = ()
    partitions: int = 6


SYNC_REQUESTED: Final = Topic(
    name="sync.requested",
    key="any",
    carries=events.SyncRequested,
    says="Please sync these providers; `{}` means all.",
    producers=("scheduler", "registry-api", "cli", "any administrator"),
    consumers=("scheduler",),
)
SYNC_STARTED: Final = Topic(
    name="sync.started",
    key="provider",
    carries=events.SyncStarted,
    says="Sync this provider by this deadline.",
    producers=("scheduler",),
    consumers=("discovery", "scraper", "enricher", "registry-api"),
)
MODELS_DISCOVERED: Final = Topic(
    name="models.discovered",
    key="provider",
    carries=events.ModelsDiscovered,
    says="This provider's whole model list for this sync, or why there is none.",
    producers=("discovery",),
    consumers=("enricher",),
)
PRICING_SCRAPED: Final = Topic(
    name="pricing.scraped",
    key="provider",
    carries=events.PricingScraped,
    says="This provider's whole price list for this sync with its evidence, or why there is none.",
    producers=("scraper",),
    consumers=("enricher", "registry-api"),
)
MODEL_ENRICHED: Final = Topic(
    name="model.enriched",
    key="provider",
    carries=events.Enriched,
    says="One model with its prices; a closing event per provider and sync.",
    producers=("enricher",),
    consumers=("registry-api",),
)
PRICING_CHANGED: Final = Topic(
    name="pricing.changed",
    key="provider/model",
    carries=events.PricingChanged,
    says="A price was first seen, changed, corrected, scheduled or withdrawn.",
    producers=("registry-api",),
    consumers=("anyone",),
)
MODEL_CHANGED: Final = Topic(
    name="model.changed",
    key="provider/model",
    carries=events.ModelChanged,
    says="A model appeared, changed, was deprecated or came back.",
    producers=("registry-api",),
    consumers=("anyone",),
)
SYNC_COMPLETED: Final = Topic(
    name="sync.completed",
    key="sync",
    carries=events.SyncCompleted,
    says="Every provider of a sync has ended, and how.",
    producers=("registry-api",),
    consumers=("scheduler", "anyone"),
)
ALERT_RAISED: Final = Topic(
    name="alert.raised",
    key="kind",
    carries=events.AlertRaised,
    says="Something an administrator must see.",
    producers=("any service",),
    consumers=("scheduler",),
)

TOPICS: Final = (
    SYNC_REQUESTED,
    SYNC_STARTED,
    MODELS_DISCOVERED,
    PRICING_SCRAPED,
    MODEL_ENRICHED,
    PRICING_CHANGED,
    MODEL_CHANGED,
    SYNC_COMPLETED,
    ALERT_RAISED,
)

GROUPS: Final = (
    "scheduler",
    "scheduler-outcomes",
    "scheduler-alerts",
    "discovery",
    "scraper",
    "enricher",
    "enricher-discovery",
    "enricher-pricing",
    "registry",
    "registry-syncs",
    "registry-pages",
)
"""Every consumer group; each has its dead-letter topic."""


def dead_letters(group: str) -> str:
    """Return the name of the topic that keeps the records `group` could not handle."""
    return f"dlq.{group}"
