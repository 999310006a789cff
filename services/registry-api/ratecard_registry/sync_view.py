"""How a sync goes, as the API tells it: requested, running, joined to another, or ended, per provider and in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
import msgspec

from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import Catalogue, Seconds
from ratecard_registry.cursors import Cursors
from ratecard_registry.reading_pool import ReadingPool
from ratecard_registry.versions import QUERIES
from ratecard_registry.views import View
from ratecard_shared.database import queries
from ratecard_shared.events import SyncError
from ratecard_shared.prices import Instant

STATUS_KEY = "sync:status"
SYNC_QUERIES: Final = Path(__file__).with_name("sync_list.sql")
Progress = Literal["waiting", "running", "done", "failed"]


class SyncResult(View, frozen=True, kw_only=True):
    """The outcome of a sync in the mission's counts, and how many prices it left in quarantine (null: not counted)."""

    success: bool
    timestamp: datetime
    models_discovered: int
    models_updated: int
    models_deprecated: int
    pricing_updated: int
    pricing_held: int | None
    errors: tuple[SyncError, ...]


class Stages(View, frozen=True, kw_only=True):
    """How far a provider is: both lists are fetched at once, then joined, then stored."""

    discovery: Progress
    pricing: Progress
    enrichment: Progress
    storage: Progress


class ProviderSync(View, frozen=True, kw_only=True):
    """One provider in a sync. `state` is running, joined (to the sync `joinedSyncId`, which runs) or completed.

    `pricingHeld` counts the prices that it read and that waited in quarantine when it ended; null if nobody counted.
    """

    provider: str
    state: str
    stages: Stages
    joined_sync_id: str | None = None
    outcome: str | None = None
    models_discovered: int = 0
    models_updated: int = 0
    models_deprecated: int = 0
    pricing_updated: int = 0
    pricing_held: int | None = None
    errors: tuple[SyncError, ...] = ()
    ended_at: datetime | None = None


class SyncView(View, frozen=True, kw_only=True):
    """A sync. `state` is requested, running, completed, expired or refused; `result` comes with completed."""

    sync_id: str
    state: str
    requested_by: str = ""
    reason: str = ""
    requested_at: datetime
    started_at: datetime | None = None
    deadline: datetime | None = None
    error: str | None = None
    providers: tuple[ProviderSync, ...] = ()
    result: SyncResult | None = None


class SyncsPage(View, frozen=True, kw_only=True):
    """Syncs, the newest first."""

    data: tuple[SyncView, ...]
    next_cursor: str | None


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
    """Reads syncs. `pool` is called when PostgreSQL is needed, `reading` where whoever reads must not wait for it."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        reading: Callable[[], ReadingPool],
        cache: Cache,
        catalogue: Catalogue,
        seconds: Seconds,
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._reading = reading
        self._cache = cache
        self._catalogue = catalogue
        self._seconds = seconds
        self._sql = queries(QUERIES)
        self._syncs_sql = queries(SYNC_QUERIES)

    async def remember(self, sync_id: str, providers: tuple[str, ...], at: datetime) -> None:
        """Keep that this sync was asked for, until the scheduler has seen it."""
        await self._sql.add_request(self._pool(), sync_id=sync_id, providers=list(providers), requested_at=at)

    async def view(self, sync_id: str) -> SyncView | None:
        """Return the sync, None if there is no such."""
        row = await self._syncs_sql.sync(self._pool(), sync_id=sync_id)
        if row is None:
            asked = await self._sql.request(self._pool(), sync_id=sync_id)
            return SyncView(sync_id=sync_id, state="requested", requested_at=asked["requested_at"]) if asked else None
        return _sync(row, (await self._providers([sync_id]))[sync_id])

    async def page(self, *, provider: str | None, cursor: str | None, limit: int) -> SyncsPage:
        """Return the syncs before a cursor. Raises Problem."""
        cursors: Cursors[tuple[datetime, str]] = Cursors(("syncs", provider), tuple[Instant, str])
        at, name = cursors.read(cursor) if cursor else (None, None)
        found = self._syncs_sql.recent(self._pool(), provider=provider, before=at, before_id=name, most=limit + 1)
        rows = [row async for row in found]
        shown = rows[:limit]
        providers = await self._providers([row["sync_id"] for row in shown])
        return SyncsPage(
            data=tuple(_sync(row, providers[row["sync_id"]]) for row in shown),
            next_cursor=cursors.write((shown[-1]["started_at"], shown[-1]["sync_id"])) if len(rows) > limit else None,
        )

    async def _providers(self, sync_ids: Collection[str]) -> dict[str, tuple[ProviderSync, ...]]:
        found: dict[str, tuple[ProviderSync, ...]] = defaultdict(tuple)
        async for row in self._syncs_sql.providers_of(self._pool(), sync_ids=list(sync_ids)):
            found[row["sync_id"]] += (_provider(row),)
        return found

    async def status(self) -> Status:
        """Return how each provider's newest sync went, through the cache, and when the next is due, which it lacks."""
        status = await self._ended()
        return msgspec.structs.replace(status, next_sync=await self._sql.next_slot(self._reading()))

    async def _ended(self) -> Status:
        version = (await self._catalogue.versions()).get(STATUS_KEY, 0)
        (known,) = await self._cache.read([STATUS_KEY], [version], Status)
        if known is not None:
            return known
        rows = [dict(row) async for row in self._sql.statuses(self._reading())]
        status = Status(providers=msgspec.convert([_camel(row) for row in rows], tuple[ProviderStatus, ...]))
        await self._cache.write({STATUS_KEY: status}, version, seconds=self._seconds.status)
        return status


def result_of(providers: Iterable[ProviderSync]) -> SyncResult | None:
    """Return the sum of what the providers did; None while one of them still runs, or if there are none."""
    ended = tuple(providers)
    held = [provider.pricing_held for provider in ended if provider.pricing_held is not None]
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
        pricing_held=sum(held) if len(held) == len(ended) else None,
        errors=tuple(error for provider in ended for error in provider.errors),
    )


def _sync(row: Mapping[str, Any], providers: tuple[ProviderSync, ...]) -> SyncView:
    over = row["state"] in {"expired", "refused"}
    # The scheduler's word: until it has heard of the end, another request would only join this sync.
    result = result_of(providers) if row["state"] in {"completed", "failed"} else None
    shown = {name: row[name] for name in ("sync_id", "requested_by", "reason", "requested_at", "started_at")}
    return SyncView(
        **shown,
        state=row["state"] if over else "completed" if result else "running",
        deadline=row["deadline"],
        error=row["error"],
        providers=providers,
        result=result,
    )


def _provider(row: Mapping[str, Any]) -> ProviderSync:
    known = {name: row[name] for name in _OUTCOME if row[name] is not None}
    errors = msgspec.convert(row["errors"] or [], tuple[SyncError, ...])
    waiting = "joined" if row["joined_sync_id"] else "running"
    state = "completed" if row["outcome"] else waiting
    return ProviderSync(**{**known, "errors": errors}, state=state, stages=_stages(row, errors))


_OUTCOME: Final = tuple(name for name in ProviderSync.__struct_fields__ if name not in {"state", "stages"})


def _stages(row: Mapping[str, Any], errors: Iterable[SyncError]) -> Stages:
    ended, closed, sides = row["outcome"] is not None, row["closed"], row["sides"]
    wrong = {error.stage for error in errors} if ended else set()

    def progress(stage: str, *, done: bool, begun: bool) -> Progress:
        if stage in wrong:
            return "failed"
        return "done" if done else "running" if begun else "waiting"

    return Stages(
        discovery=progress("discovery", done=ended or closed or "discovery" in sides, begun=True),
        pricing=progress("pricing", done=ended or closed or "pricing" in sides, begun=True),
        enrichment=progress("enrichment", done=ended or closed, begun=len(sides) > 1),
        storage=progress("storage", done=ended, begun=closed),
    )


def _camel(row: dict[str, Any]) -> dict[str, Any]:
    names = zip(ProviderStatus.__struct_fields__, ProviderStatus.__struct_encode_fields__, strict=True)
    return {encoded: row[name] for name, encoded in names}
