"""What the enricher does with each event: keeps it, and closes the join once both sides have spoken or it is due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from ratecard_enricher import metrics
from ratecard_enricher.join import Joined
from ratecard_enricher.join import join as joined
from ratecard_enricher.matches import Matches
from ratecard_enricher.store import SIDES, Join, SideName, Store
from ratecard_providers.spec import Provider
from ratecard_shared import inbox, outbox
from ratecard_shared.database import transaction
from ratecard_shared.delivery import PermanentError
from ratecard_shared.events import (
    ModelEnriched,
    ModelsDiscovered,
    PricingScraped,
    ProviderEnriched,
    SideOutcome,
    SyncStarted,
)
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import MODEL_ENRICHED
from ratecard_shared.tracing import ROWS, about, mark_failed, root, traced

SERVICE: Final = "enricher"
_KEPT: Final = timedelta(days=7)
_LOG: Final = logging.getLogger(__name__)


class Enricher:
    """The enricher's handlers. `pool` and `now` are called when they are needed."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        pool: Callable[[], asyncpg.Pool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it with the provider files."""
        self._providers = providers
        self._pool = pool
        self._now = now
        self._store = Store()
        self._matches = Matches()

    async def on_started(self, started: SyncStarted, _record: Any = None) -> None:
        """Open the join, or give its start to one that a side has opened already."""
        self._check(started.provider)
        async with transaction(self._pool()) as connection:
            join = await self._store.lock(connection, started.sync_id, started.provider)
            if await inbox.first_time(connection, SERVICE, started.event_id, said_at=started.occurred_at):
                join = await self._store.start(connection, started)
                await self._close_if_whole(connection, join, await self._store.sides(connection, join))

    async def on_discovered(self, part: ModelsDiscovered, _record: Any = None) -> None:
        """Keep a chunk of the discovery side."""
        await self._on_side("discovery", part)

    async def on_scraped(self, part: PricingScraped, _record: Any = None) -> None:
        """Keep a chunk of the pricing side."""
        await self._on_side("pricing", part)

    def _check(self, provider: str) -> None:
        if provider not in self._providers:
            raise PermanentError(f"no provider file for {provider}: add one (RATECARD_PROVIDERS) and replay")

    async def _on_side(self, side: SideName, part: ModelsDiscovered | PricingScraped) -> None:
        self._check(part.provider)
        async with transaction(self._pool()) as connection:
            join = await self._store.lock(connection, part.sync_id, part.provider)
            if not await inbox.first_time(connection, f"{SERVICE}-{side}", part.event_id, said_at=part.occurred_at):
                return
            sides = await self._store.add(connection, side, part)
            if sides is not None:
                await self._close_if_whole(connection, join, sides)

    async def _close_if_whole(self, connection: asyncpg.Connection, join: Join, sides: Mapping[SideName, Any]) -> None:
        # A side that speaks after the deadline reopens the join: what it says is the next generation.
        if join.started_at and (len(sides) == len(SIDES) or join.closed):
            await self._close(connection, join, sides)

    async def _close(self, connection: asyncpg.Connection, join: Join, sides: Mapping[SideName, Any]) -> None:
        provider = self._providers.get(join.provider) or Provider(id=join.provider, name=join.provider)
        discovered: ModelsDiscovered | None = sides.get("discovery")
        scraped: PricingScraped | None = sides.get("pricing")
        listed = discovered if discovered and discovered.outcome is SideOutcome.COMPLETE else None
        known = () if listed else await self._store.known_ids(connection, join.provider)
        with traced("join") as span:
            result = joined(provider, discovered=discovered, scraped=scraped, known_ids=known, match=self._matches.of)
            span.set_attributes({ROWS: len(result.models), "ratecard.sides": sorted(sides)})
        if listed and join.started_at:
            ids = tuple(model.id for model in listed.models)
            await self._store.know_ids(connection, join.provider, join.started_at, ids)
        generation = await self._store.close(connection, join)
        said = [
            outbox.Said(topic=MODEL_ENRICHED, key=join.provider, event=event)
            for event in events(join, result, generation=generation, now=self._now())
        ]
        await outbox.say_all(connection, service=SERVICE, said=said)
        _LOG.info("joined %s of sync %s: %d models", join.provider, join.sync_id, len(result.models))

    async def sweep(self) -> None:
        """Close every join whose deadline has passed with what has come of it."""
        async for sync_id, provider in self._store.overdue(self._pool(), self._now()):
            async with transaction(self._pool()) as connection:
                join = await self._store.lock(connection, sync_id, provider)
                if not join.closed:
                    with root("deadline", caused_by=join.trace), about(sync_id=sync_id, provider=provider):
                        mark_failed("a side did not speak before the deadline")
                        await self._close(connection, join, await self._store.sides(connection, join))

    async def count(self) -> None:
        """Bring the metrics up to date that are read from the joins."""
        is_open, overdue = await self._store.waiting(self._pool(), self._now())
        metrics.JOINS_OPEN.set(is_open)
        metrics.JOINS_OVERDUE.set(overdue)

    async def forget(self) -> None:
        """Drop joins of a week ago."""
        await self._store.forget(self._pool(), self._now() - _KEPT)


def events(
    join: Join, result: Joined, *, generation: int, now: datetime
) -> tuple[ModelEnriched | ProviderEnriched, ...]:
    """Return what a closed join says: a record per model, then the closing one."""
    common: dict[str, Any] = {
        "sync_id": join.sync_id,
        "occurred_at": now,
        "provider": join.provider,
        "started_at": join.started_at or now,
        "generation": generation,
    }
    models = tuple(
        ModelEnriched(
            event_id=derived_id("enriched", join.sync_id, join.provider, generation, model.id),
            model=model,
            stated=result.stated.get(model.id, ()),
            torn_pages=tuple(page.url for page in result.pages if not page.complete),
            **common,
        )
        for model in result.models
    )
    closing = ProviderEnriched(
        event_id=derived_id("closing", join.sync_id, join.provider, generation),
        discovery=result.discovery,
        pricing=result.pricing,
        model_ids=result.model_ids,
        unmatched_names=result.unmatched_names,
        unpriced_ids=result.unpriced_ids,
        pages=result.pages,
        errors=result.errors,
        **common,
    )
    return (*models, closing)
