"""The scraper, wired. Several providers are read at once; each provider's own requests keep their distance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from ratecard_pages import read_page
from ratecard_providers.load import described_providers, read_addresses
from ratecard_providers.spec import Provider
from ratecard_scraper import metrics
from ratecard_scraper.addresses import public_socket
from ratecard_scraper.fetch import Fetcher, Manners
from ratecard_scraper.handlers import scrape
from ratecard_scraper.readings import Readings
from ratecard_scraper.settings import ScraperSettings
from ratecard_shared.events import AlertRaised, PricingScraped, SideOutcome, SyncStarted
from ratecard_shared.http import open_client
from ratecard_shared.kafka import Kafka
from ratecard_shared.probes import probe_app
from ratecard_shared.service import Service
from ratecard_shared.topics import ALERT_RAISED, PRICING_SCRAPED, SYNC_STARTED
from ratecard_shared.tracing import about, tell_outcome, traced

BLOCKED: Final = "scraping.blocked"


class Scraper:
    """Answers `sync.started` with the provider's price list. `fetcher` is set while the service runs."""

    fetcher: Fetcher

    def __init__(self, kafka: Kafka, providers: Mapping[str, Provider], addresses: Mapping[str, str]) -> None:
        """Take the provider files, and where their addresses are asked instead."""
        self._kafka = kafka
        self._providers = providers
        self._addresses = addresses
        self._readings = Readings(read_page)

    async def on_started(self, started: SyncStarted, _record: Any = None) -> None:
        """Read one provider's pages and publish what they say."""
        with about(sync_id=started.sync_id, provider=started.provider), traced("scrape"):
            await self._scrape(started)

    async def _scrape(self, started: SyncStarted) -> None:
        with metrics.SECONDS.labels(started.provider).time():
            parts, alerts = await scrape(
                started,
                provider=self._providers.get(started.provider),
                fetcher=self.fetcher,
                readings=self._readings,
                now=now,
                new_id=lambda: str(uuid4()),
                addresses=self._addresses,
            )
        count(parts, alerts)
        tell_outcome(parts[0].outcome, parts[0].error)
        for alert in alerts:
            await self._kafka.publish(ALERT_RAISED, alert.kind, alert)
        for part in parts:
            await self._kafka.publish(PRICING_SCRAPED, part.provider, part)

    async def on_many_started(self, many: Sequence[SyncStarted]) -> None:
        """Read several providers' pages at once."""
        await asyncio.gather(*(self.on_started(started) for started in many))


def count(parts: Sequence[PricingScraped], alerts: Sequence[AlertRaised]) -> None:
    """Count how a provider's pages were read. Those that nobody wanted to read are neither success nor failure."""
    provider = parts[0].provider
    if parts[0].outcome is SideOutcome.COMPLETE:
        metrics.SUCCESS.labels(provider).inc()
        metrics.EXTRACTED.labels(provider).inc(len({row.name for part in parts for row in part.prices}))
    elif parts[0].outcome is SideOutcome.FAILED:
        metrics.FAILURE.labels(provider).inc()
    metrics.BLOCKED.labels(provider).inc(sum(alert.kind == BLOCKED for alert in alerts))


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def manners(settings: ScraperSettings) -> Manners:
    """Return how the settings say to behave."""
    return Manners(
        user_agent=settings.scraping_user_agent,
        delay=settings.scraping_delay_ms / 1000,
        timeout=settings.scraping_timeout_ms / 1000,
        allow_private=settings.scraping_allow_private,
    )


def build(settings: ScraperSettings) -> Any:
    """Return the scraper's ASGI app."""
    kafka = Kafka(settings.kafka, client_id="ratecard-scraper")
    service = Service("scraper", kafka=kafka)
    addresses = read_addresses(settings.service.ratecard_provider_addresses)
    known = described_providers(settings.service)
    metrics.start_at_zero(known)
    scraper = Scraper(kafka, known, addresses)
    kafka.consume_batches(SYNC_STARTED, group="scraper", handle_all=scraper.on_many_started, handle=scraper.on_started)

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        guard = None if settings.scraping_allow_private else public_socket
        async with open_client(user_agent=settings.scraping_user_agent, socket_factory=guard) as client:
            scraper.fetcher = Fetcher(client, manners(settings), now=now, sleep=asyncio.sleep)
            async with service.running():
                yield

    return probe_app(life, service.health, service.ended)
