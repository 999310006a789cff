"""How a sync goes, as the API tells it: requested, running, joined to another, or ended, per provider and in all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import QUERIES, Catalogue, Seconds
from ratecard_registry.views import View
from ratecard_shared.database import queries
from ratecard_shared.events import SyncError

STATUS_KEY = "sync:status"


class SyncResult(View, frozen=True, kw_only=True):
    """The outcome of a sync in the mission's counts."""

    success: bool
    timestamp: datetime
    models_discovered: int
    models_updated: int
    models_deprecated: int
    pricing_updated: int
    errors: tuple[SyncError, ...]


class ProviderSync(View, frozen=True, kw_only=True):
    """One provider in a sync. `state` is running, joined (to the sync `joinedSyncId`, which runs) or completed."""

    provider: str
    state: str
    joined_sync_id: str | None = None
    outcome: str | None = None
    models_discovered: int = 0
    models_updated: int = 0
    models_deprecated: int = 0
    pricing_updated: int = 0
    errors: tuple[SyncError, ...] = ()
    ended_at: datetime | None = None


class SyncView(View, frozen=True, kw_only=True):
    """A sync. `state` is requested, running, completed, expired or refused; `result` comes with completed."""

    sync_id: str
    state: str
    requested_at: datetime
    started_at: datetime | None = None
    deadline: datetime | None = None
    error: str | None = None
    providers: tuple[ProviderSync, ...] = ()
    result: SyncResult | None = None


class ProviderStatus(View, frozen=True, kw_only=True):
    """How a provider's newest sync went."""

    provider: str
    status: str
    last_sync: datetime | None
    sync_id: str | None
    models_discovered: int
    models_updated: int
    models_deprecated: int
    pricing_updated: int
    errors: tuple[SyncError, ...]


class Status(View, frozen=True, kw_only=True):
    """How each provider's newest sync went, and when the next is due."""

    providers: tuple[ProviderStatus, ...] = ()
    next_sync: datetime | None = None


class Syncs:
    """Reads syncs. `pool` is called when PostgreSQL is needed."""

    def __init__(
        self, *, pool: Callable[[], asyncpg.Pool], cache: Cache, catalogue: Catalogue, seconds: Seconds
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._cache = cache
        self._catalogue = catalogue
        self._seconds = seconds
        self._sql = queries(QUERIES)

    async def remember(self, sync_id: str, providers: tuple[str, ...], at: datetime) -> None:
        """Keep that this sync was asked for, until the scheduler has seen it."""
        await self._sql.add_request(self._pool(), sync_id=sync_id, providers=list(providers), requested_at=at)

    async def view(self, sync_id: str) -> SyncView | None:
        """Return the sync, None if there is no such."""
        row = await self._sql.sync(self._pool(), sync_id=sync_id)
        if row is None:
            asked = await self._sql.request(self._pool(), sync_id=sync_id)
            return SyncView(sync_id=sync_id, state="requested", requested_at=asked["requested_at"]) if asked else None
        providers = tuple([_provider(p) async for p in self._sql.sync_providers(self._pool(), sync_id=sync_id)])
        over = row["state"] in {"expired", "refused"}
        # The scheduler's word: until it has heard of the end, another request would only join this sync.
        result = result_of(providers) if row["state"] in {"completed", "failed"} else None
        return SyncView(
            sync_id=sync_id,
            state=row["state"] if over else "completed" if result else "running",
            requested_at=row["requested_at"],
            started_at=row["started_at"],
            deadline=row["deadline"],
            error=row["error"],
            providers=providers,
            result=result,
        )

    async def status(self) -> Status:
        """Return how each provider's newest sync went, through the cache."""
        version = (await self._catalogue.versions()).get(STATUS_KEY, 0)
        (known,) = await self._cache.read([STATUS_KEY], [version], Status)
        if known is not None:
            return known
        rows = [dict(row) async for row in self._sql.statuses(self._pool())]
        status = Status(
            providers=msgspec.convert([_camel(row) for row in rows], tuple[ProviderStatus, ...]),
            next_sync=await self._sql.next_slot(self._pool()),
        )
        await self._cache.write({STATUS_KEY: status}, version, seconds=self._seconds.status)
        return status


def result_of(providers: Iterable[ProviderSync]) -> SyncResult | None:
    """Return the sum of what the providers did; None while one of them still runs, or if there are none."""
    ended = tuple(providers)
    times = [provider.ended_at for provider in ended if provider.ended_at]
    if not ended or len(times) < len(ended):
        return None
    return SyncResult(
        success=all(provider.outcome == "joined" for provider in ended),
        timestamp=max(times),
        models_discovered=sum(provider.models_discovered for provider in ended),
        models_updated=sum(provider.models_updated for provider in ended),
        models_deprecated=sum(provider.models_deprecated for provider in ended),
        pricing_updated=sum(provider.pricing_updated for provider in ended),
        errors=tuple(error for provider in ended for error in provider.errors),
    )


def _provider(row: Any) -> ProviderSync:
    known = {name: row[name] for name in ProviderSync.__struct_fields__ if name != "state" and row[name] is not None}
    waiting = "joined" if row["joined_sync_id"] else "running"
    errors = msgspec.convert(row["errors"] or [], tuple[SyncError, ...])
    return ProviderSync(**{**known, "errors": errors}, state="completed" if row["outcome"] else waiting)


def _camel(row: dict[str, Any]) -> dict[str, Any]:
    names = zip(ProviderStatus.__struct_fields__, ProviderStatus.__struct_encode_fields__, strict=True)
    return {encoded: row[name] for name, encoded in names}
