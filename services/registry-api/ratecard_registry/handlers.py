"""What the registry does with each event: applies models in batches, closes syncs, keeps pages, brings days into force.

Everything that an event causes is one transaction, with the inbox row that makes its repeat a recorded duplicate. The
caches are told after the commit; a crash in between is made up for by the next look at what they have not heard.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from ratecard_registry import changes
from ratecard_registry.applying import SYNC_STATUS, Applying, Counted
from ratecard_registry.outdated import Outdated
from ratecard_registry.own.store import OwnStore
from ratecard_registry.quarantine import Quarantine
from ratecard_registry.store import Store
from ratecard_registry.sync_store import SyncStore
from ratecard_shared import inbox
from ratecard_shared.database import transaction
from ratecard_shared.delivery import PermanentError
from ratecard_shared.events import Enriched, ModelEnriched, PricingScraped, ProviderEnriched, SyncStarted

CONSUMER: Final = "registry"
_LOG: Final = logging.getLogger(__name__)


class Registry:
    """The registry's handlers. `pool` and `now` are called when they are needed; `tell_caches` after each commit."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        tell_caches: Callable[[], Awaitable[object]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        quarantine: Quarantine | None = None,
        known: Collection[str] | None = None,
    ) -> None:
        """Wire it. Without a quarantine every price is believed; `known` are the providers that may be spoken of."""
        self._known = known
        self._quarantine = quarantine
        self._pool = pool
        self._tell_caches = tell_caches
        self._now = now
        self._store = Store()
        self._own = OwnStore(self._store)
        self._syncs = SyncStore()

    async def on_enriched(self, event: Enriched, _record: Any = None) -> None:
        """Apply one event."""
        await self.on_enriched_batch([event])

    async def on_enriched_batch(self, events: Sequence[Enriched]) -> None:
        """Apply events in the order in which they came, in one transaction."""
        self._check(event.provider for event in events)
        async with transaction(self._pool()) as connection:
            counted = await self.apply(connection, events)
        for (counter, provider), number in counted.items():
            counter.labels(provider).inc(number)
        await self._tell_caches()

    def _check(self, providers: Iterable[str]) -> None:
        unknown = sorted(set(providers) - set(self._known)) if self._known is not None else []
        if unknown:
            raise PermanentError(f"no provider file for {', '.join(unknown)}: add one (RATECARD_PROVIDERS) and replay")

    async def apply(self, connection: asyncpg.Connection, events: Sequence[Enriched]) -> Counted:
        """Apply events in the caller's transaction, and return what to count once it is committed."""
        new = await inbox.first_times(connection, CONSUMER, [(event.event_id, event.occurred_at) for event in events])
        applying = Applying(
            self._store, self._syncs, connection, self._now(), quarantine=self._quarantine, own=self._own
        )
        await self._store.lock(connection, {event.provider for event in events})
        for run in runs([event for event in _once(events) if event.event_id in new]):
            older = await applying.run(run)
            for event in older:
                await inbox.mark(connection, CONSUMER, event.event_id, "older")
        await applying.finish()
        return applying.counted

    async def on_began(self, started: SyncStarted, _record: Any = None) -> None:
        """Show that a provider is being synced."""
        self._check([started.provider])
        async with transaction(self._pool()) as connection:
            if await inbox.first_time(connection, f"{CONSUMER}-syncs", started.event_id, said_at=started.occurred_at):
                await self._store.lock(connection, [started.provider])
                await self._syncs.began(connection, started)
                outdated = Outdated()
                outdated.all_of(SYNC_STATUS)
                await self._store.bump(connection, outdated)
        await self._tell_caches()

    async def on_pages(self, scraped: PricingScraped, _record: Any = None) -> None:
        """Keep the bytes of the pages that prices were read from."""
        async with transaction(self._pool()) as connection:
            if await inbox.first_time(connection, f"{CONSUMER}-pages", scraped.event_id, said_at=scraped.occurred_at):
                await self._syncs.keep_bodies(connection, scraped.bodies, self._now())
                if self._quarantine:
                    await self._quarantine.keep_refusals(connection, scraped, self._now())

    async def bring_into_force(self) -> int:
        """Bring announced and own prices into force on their day, end those whose last day is over.

        Return how many models that was done for: the list's prices first, then the operator's.
        """
        now = self._now()
        async with transaction(self._pool()) as connection:
            due = await self._store.due(connection, now)
            if due:
                await self._store.lock(connection, {provider for provider, _ in due})
                models = await self._store.models(connection, due)
                decisions = [changes.keep_time(model, now) for model in models.values()]
                await self._store.write(connection, decisions, sync_id=None, now=now)
        # Another transaction: its providers are locked in an order of their own.
        async with transaction(self._pool()) as connection:
            own = await self._own.keep_time(connection, now)
        if due or own:
            await self._tell_caches()
        return len(due) + own


def runs(events: Sequence[Enriched]) -> Iterator[list[Enriched]]:
    """Cut events into runs that can be applied at once: models that are all different, or one closing by itself."""
    run: list[Enriched] = []
    seen: set[tuple[str, str]] = set()
    for event in events:
        if isinstance(event, ProviderEnriched):
            if run:
                yield run
            yield [event]
            run, seen = [], set()
            continue
        place = (event.provider, event.model.id)
        if place in seen:
            yield run
            run, seen = [], set()
        run.append(event)
        seen.add(place)
    if run:
        yield run


def _once(events: Sequence[Enriched]) -> list[ModelEnriched | ProviderEnriched]:
    return list({event.event_id: event for event in reversed(events)}.values())[::-1]
