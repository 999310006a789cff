"""Discovery, wired. Several providers are asked at once, so that a slow one holds up nobody."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ratecard_discovery import metrics
from ratecard_discovery.handlers import discover
from ratecard_discovery.settings import DiscoverySettings
from ratecard_providers.load import described_providers
from ratecard_providers.spec import Provider
from ratecard_shared.events import AlertRaised, ModelsDiscovered, SideOutcome, SyncStarted
from ratecard_shared.http import Client, open_client
from ratecard_shared.kafka import Kafka
from ratecard_shared.probes import probe_app
from ratecard_shared.service import Service
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import ALERT_RAISED, MODELS_DISCOVERED, SYNC_STARTED
from ratecard_shared.tracing import about, tell_outcome, traced


class Discovery:
    """Answers `sync.started` with the provider's model list. `client` is set while the service runs."""

    client: Client

    def __init__(self, kafka: Kafka, providers: Mapping[str, Provider], keys: Mapping[str, str]) -> None:
        """Take the provider files and the environment that holds the keys."""
        self._kafka = kafka
        self._providers = providers
        self._keys = keys

    async def on_started(self, started: SyncStarted, _record: Any = None) -> None:
        """Ask one provider and publish what it said."""
        provider = self._providers.get(started.provider)
        with about(sync_id=started.sync_id, provider=started.provider), traced("discover"):
            await self._discover(started, provider)

    async def _discover(self, started: SyncStarted, provider: Provider | None) -> None:
        variable = provider.models.key_variable if provider and provider.models else None
        with metrics.SECONDS.labels(started.provider).time():
            parts = await discover(
                started,
                provider=provider,
                key=self._keys.get(variable or ""),
                client=self.client,
                now=lambda: datetime.now(UTC),
                new_id=lambda: str(uuid4()),
            )
        metrics.ENDED.labels(started.provider, parts[0].outcome.value).inc()
        tell_outcome(parts[0].outcome, parts[0].error)
        key_missing = bool(started.discovery and variable and not self._keys.get(variable, "").strip())
        if alert := failed(parts[0]) or (without_key(parts[0], variable or "") if key_missing else None):
            await self._kafka.publish(ALERT_RAISED, alert.kind, alert)
        for part in parts:
            await self._kafka.publish(MODELS_DISCOVERED, part.provider, part)

    async def on_many_started(self, many: Sequence[SyncStarted]) -> None:
        """Ask several providers at once."""
        await asyncio.gather(*(self.on_started(started) for started in many))


def failed(part: ModelsDiscovered) -> AlertRaised | None:
    """Return the alert for a model list that could not be had; None if it could."""
    if part.outcome is not SideOutcome.FAILED:
        return None
    return _alert(
        part,
        kind="discovery.failed",
        severity="warning",
        summary=f"the model list of {part.provider} could not be had: {part.error}",
        action="Mend what the error names; until then the models known from the last whole list stay.",
    )


def without_key(part: ModelsDiscovered, variable: str) -> AlertRaised:
    """Return the news that a provider is not asked for its models, because nobody gave a key."""
    return _alert(
        part,
        kind="provider.no-key",
        severity="info",
        summary=f"{part.provider} is not asked for its models, because {variable} is not set",
        action=f"Set {variable}, or leave {part.provider} out of RATECARD_ENABLED_PROVIDERS. Its pricing page is read.",
    )


def _alert(part: ModelsDiscovered, *, kind: str, severity: str, summary: str, action: str) -> AlertRaised:
    return AlertRaised(
        event_id=derived_id(kind, part.event_id),
        sync_id=part.sync_id,
        occurred_at=part.occurred_at,
        kind=kind,
        severity=severity,
        summary=summary,
        action=action,
        provider=part.provider,
    )


def build(settings: DiscoverySettings) -> Any:
    """Return discovery's ASGI app."""
    kafka = Kafka(settings.kafka, client_id="ratecard-discovery")
    service = Service("discovery", kafka=kafka)
    providers = described_providers(settings.service)
    discovery = Discovery(kafka, providers, os.environ)
    kafka.consume_batches(
        SYNC_STARTED, group="discovery", handle_all=discovery.on_many_started, handle=discovery.on_started
    )

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        async with open_client(user_agent=settings.scraping_user_agent) as discovery.client, service.running():
            yield

    return probe_app(life, service.health, service.ended)
