"""Syncs, their providers and the schedule's slots in PostgreSQL. Every method runs in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_scheduler.core import Plan
from ratecard_scheduler.failures import Streak
from ratecard_shared.database import queries
from ratecard_shared.events import SyncRequested

QUERIES: Final = Path(__file__).with_name("queries.sql")
_REQUESTS_LOCK: Final = 7_246_002


class Store:
    """The scheduler's tables."""

    def __init__(self) -> None:
        """Read the named queries."""
        self._sql = queries(QUERIES)

    async def running(self, connection: asyncpg.Connection, now: datetime) -> dict[str, str]:
        """Return the sync that runs for each busy provider, holding off every other planner until the commit."""
        await self._sql.lock_requests(connection, key=_REQUESTS_LOCK)
        return {row["provider"]: row["sync_id"] async for row in self._sql.running(connection, now=now)}

    async def add(
        self,
        connection: asyncpg.Connection,
        sync_id: str,
        request: SyncRequested,
        plan: Plan,
        *,
        started_at: datetime,
        deadline: datetime,
    ) -> None:
        """Write the sync and a row per provider."""
        over = plan.state in {"expired", "refused"}
        await self._sql.add_sync(
            connection,
            sync_id=sync_id,
            requested_by=request.requested_by,
            reason=request.reason,
            state=plan.state,
            error=plan.error,
            requested_at=request.requested_at or started_at,
            started_at=started_at,
            deadline=deadline,
            completed_at=started_at if over else None,
        )
        for provider in (*plan.starting, *plan.joined):
            await self._sql.add_provider(
                connection,
                sync_id=sync_id,
                provider=provider,
                joined_sync_id=plan.joined.get(provider),
                started_at=started_at,
                deadline=deadline,
            )

    async def scraping_configs(self, connection: asyncpg.Connection, providers: list[str]) -> dict[str, Any]:
        """Return the active scraping configurations that an administrator stored."""
        rows = self._sql.scraping_configs(connection, providers=providers)
        return {row["provider"]: row["config"] async for row in rows}

    async def end(self, connection: asyncpg.Connection, sync_id: str, *, success: bool, at: datetime) -> None:
        """Mark the sync, and those that had joined it, as over: nobody may be about to join it."""
        await self._sql.lock_requests(connection, key=_REQUESTS_LOCK)
        await self._sql.end_providers(connection, sync_id=sync_id, ended_at=at)
        await self._sql.end_syncs(connection, sync_id=sync_id, state="completed" if success else "failed", ended_at=at)

    async def sync(self, connection: asyncpg.Connection, sync_id: str) -> asyncpg.Record | None:
        """Return when the sync started and who asked for it; None if it is not known here."""
        return await self._sql.sync(connection, sync_id=sync_id)

    async def streaks(self, connection: asyncpg.Connection, providers: list[str]) -> dict[str, Streak]:
        """Return the providers' rows of failures, locked."""
        rows = self._sql.streaks(connection, providers=providers)
        return {row["provider"]: Streak(**dict(row)) async for row in rows}

    async def save_streak(self, connection: asyncpg.Connection, streak: Streak) -> None:
        """Write a provider's row of failures."""
        await self._sql.save_streak(connection, **msgspec.structs.asdict(streak))

    async def failed_in_a_row(self, pool: asyncpg.Pool) -> dict[str, int]:
        """Return how often each provider failed in a row."""
        return {row["provider"]: row["failed"] async for row in self._sql.all_streaks(pool)}

    async def take_retries(self, connection: asyncpg.Connection, now: datetime) -> list[asyncpg.Record]:
        """Return the providers that are to be tried again now, for this replica alone."""
        return [row async for row in self._sql.take_retries(connection, now=now)]

    async def troubles_over(
        self, connection: asyncpg.Connection, provider: str, kinds: list[str], raised_before: datetime
    ) -> list[asyncpg.Record]:
        """Return the provider's open troubles of these kinds that were last raised before that time."""
        rows = self._sql.troubles_over(connection, provider=provider, kinds=kinds, raised_before=raised_before)
        return [row async for row in rows]

    async def claim(self, connection: asyncpg.Connection, slot: datetime) -> bool:
        """Take the slot. True for one replica alone; the very first slot is a mark to start from, not a missed sync."""
        first_ever = not await self._sql.any_slot(connection)
        return bool(await self._sql.claim_slot(connection, slot=slot)) and not first_ever

    async def forget(self, pool: asyncpg.Pool, before: datetime) -> None:
        """Drop the syncs and slots from before that time; the newest slot stays, as the mark to start from."""
        await self._sql.forget_syncs(pool, before=before)
        await self._sql.forget_slots(pool, before=before)

    async def plan_next(self, connection: asyncpg.Connection, cron: str, next_slot: datetime | None) -> None:
        """Say when the next scheduled sync is, None where the schedule is off."""
        await self._sql.plan_next(connection, cron=cron, next_slot=next_slot)
