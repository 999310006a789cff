"""The enricher's variables."""

from __future__ import annotations

from ratecard_shared.settings import DatabaseSettings, KafkaSettings, Settings


class EnricherSettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """Where the joins are kept."""

    kafka: KafkaSettings
    database: DatabaseSettings
