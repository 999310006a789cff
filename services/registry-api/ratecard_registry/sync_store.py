"""How syncs went, in PostgreSQL: outcomes, each provider's status, pages as last read, and when a sync is complete."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from ratecard_shared import outbox
from ratecard_shared.codec import encode
from ratecard_shared.database import queries
from ratecard_shared.events import (
    PageBytes,
    PageRead,
    ProviderEnriched,
    ProviderOutcome,
    SideOutcome,
    SyncCompleted,
    SyncStarted,
)
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import SYNC_COMPLETED

QUERIES: Final = Path(__file__).with_name("syncs.sql")
SERVICE: Final = "registry-api"


class SyncStore:
    """The tables that tell how syncs went. Every method runs in the caller's transaction."""

    def __init__(self) -> None:
        """Read the named queries."""
        self._sql = queries(QUERIES)

    async def mark_stale(self, connection: asyncpg.Connection, provider: str, since: datetime) -> int:
        """Mark the provider's prices as not verified any more, and return how many models that changed."""
        return int(await self._sql.mark_stale(connection, provider=provider, since=since))

    async def save_pages(self, connection: asyncpg.Connection, provider: str, pages: tuple[PageRead, ...]) -> None:
        """Note when each page was last read well, and what is wrong with those that were not."""
        for page in pages:
            await self._sql.save_page(
                connection,
                provider=provider,
                url=page.url,
                sha256=page.sha256,
                strategy=page.strategy,
                fetched_at=page.fetched_at,
                error=page.error,
            )

    async def keep_bodies(self, connection: asyncpg.Connection, bodies: tuple[PageBytes, ...], now: datetime) -> None:
        """Keep the bytes of pages, once per hash, and note that they were seen now."""
        for body in bodies:
            await self._sql.keep_body(
                connection, sha256=body.sha256, index=body.index, total=body.total, data=body.data, kept_at=now
            )

    async def began(self, connection: asyncpg.Connection, started: SyncStarted) -> None:
        """Note that the provider is being synced."""
        await self._sql.began(
            connection, provider=started.provider, sync_id=started.sync_id, started_at=started.occurred_at
        )

    async def ended(
        self, connection: asyncpg.Connection, closing: ProviderEnriched, now: datetime, *, held: int | None
    ) -> str:
        """Write how the provider ended in the sync, and return it: joined, partial or failed.

        `held` is how many of its prices wait in quarantine, None if nobody counted.
        """
        outcome = outcome_of(closing)
        what = {"sync_id": closing.sync_id, "provider": closing.provider}
        errors = msgspec.to_builtins(closing.errors)
        await self._sql.ended(
            connection,
            **what,
            generation=closing.generation,
            outcome=outcome,
            discovered=await self._discovered(connection, closing),
            held=held,
            errors=errors,
            ended_at=now,
            started_at=closing.started_at,
            status="failed" if outcome == "failed" else "idle",
        )
        if closing.discovery.outcome == SideOutcome.COMPLETE:
            await self._sql.listed_by(connection, **what, started_at=closing.started_at, generation=closing.generation)
        return outcome

    async def _discovered(self, connection: asyncpg.Connection, closing: ProviderEnriched) -> int:
        if closing.discovery.outcome == SideOutcome.COMPLETE:
            return len(closing.model_ids)
        return int(await self._sql.on_page(connection, provider=closing.provider, ids=list(closing.model_ids)))

    async def complete(self, connection: asyncpg.Connection, sync_id: str, now: datetime) -> None:
        """Say that the sync is complete if every provider has ended, and that was not said in the same words."""
        said = await self._sql.lock_completion(connection, sync_id=sync_id)
        rows = [row async for row in self._sql.outcomes(connection, sync_id=sync_id)]
        if not rows or any(row["outcome"] is None for row in rows):
            return
        providers = tuple(msgspec.convert(dict(row), ProviderOutcome) for row in rows)
        digest = hashlib.sha256(b"\n".join(map(encode, providers))).hexdigest()
        if digest == said:
            return
        await self._sql.completed(connection, sync_id=sync_id, digest=digest, said_at=now)
        event = SyncCompleted(
            event_id=derived_id("completed", sync_id, digest),
            sync_id=sync_id,
            occurred_at=now,
            success=all(provider.outcome == "joined" for provider in providers),
            providers=providers,
        )
        await outbox.say(connection, service=SERVICE, topic=SYNC_COMPLETED, key=sync_id, event=event)


def outcome_of(closing: ProviderEnriched) -> str:
    """Return how the provider ended. A side that is switched off has not failed."""
    sides = (closing.discovery.outcome, closing.pricing.outcome)
    if all(side in {SideOutcome.COMPLETE, SideOutcome.DISABLED} for side in sides):
        return "joined"
    return "partial" if SideOutcome.COMPLETE in sides else "failed"
