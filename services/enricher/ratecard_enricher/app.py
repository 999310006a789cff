"""The enricher, wired."""

from __future__ import annotations

from typing import Any, Final

from ratecard_enricher.handlers import Enricher
from ratecard_enricher.settings import EnricherSettings
from ratecard_providers.load import described_providers
from ratecard_shared.kafka import Kafka
from ratecard_shared.probes import probe_app
from ratecard_shared.service import Service
from ratecard_shared.topics import MODELS_DISCOVERED, PRICING_SCRAPED, SYNC_STARTED

_SECONDS_BETWEEN_SWEEPS: Final = 1.0
_SECONDS_BETWEEN_COUNTS: Final = 5.0
_HOUR: Final = 3600.0


def build(settings: EnricherSettings) -> Any:
    """Return the enricher's ASGI app."""
    kafka = Kafka(settings.kafka, client_id="ratecard-enricher")
    service = Service("enricher", kafka=kafka, database_settings=settings.database)
    enricher = Enricher(providers=described_providers(settings.service), pool=lambda: service.pool)
    kafka.consume(SYNC_STARTED, group="enricher", handle=enricher.on_started)
    kafka.consume(MODELS_DISCOVERED, group="enricher-discovery", handle=enricher.on_discovered)
    kafka.consume(PRICING_SCRAPED, group="enricher-pricing", handle=enricher.on_scraped)
    service.every(_SECONDS_BETWEEN_SWEEPS, enricher.sweep, name="sweep")
    service.every(_SECONDS_BETWEEN_COUNTS, enricher.count, name="count")
    service.every(_HOUR, enricher.forget, name="forget joins")
    return probe_app(service.running, service.health, service.ended)
