"""What an administrator sees of the quarantine, and decides. A decision and what follows from it are one transaction.

Approving brings the held price into force as a normal change, with its history and its event. A rejected value stays
out for as long as its page goes on saying it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import asyncpg

from ratecard_registry import audit, changes
from ratecard_registry.access import Caller
from ratecard_registry.problems import Problem
from ratecard_registry.quarantine import QUERIES
from ratecard_registry.quarantine_rows import entry_from
from ratecard_registry.quarantine_views import (
    EntryView,
    QuarantineView,
    RefusedView,
    UnmatchedView,
    entry_view,
)
from ratecard_registry.quarantined import Entry, State
from ratecard_registry.store import Store
from ratecard_shared.database import queries, transaction

_LARGEST_ID: Final = 2**63 - 1


class Desk:
    """Where decisions are made. `tell_caches` is called after each."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        tell_caches: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._tell_caches = tell_caches
        self._now = now
        self._store = Store()
        self._sql = queries(QUERIES)

    async def listed(self, *, provider: str | None, state: State | None, limit: int) -> QuarantineView:
        """Return held prices, the newest first, and what the newest pages refused."""
        pool = self._pool()
        kept = None if state is None else state.value
        rows = [row async for row in self._sql.listed(pool, provider=provider, state=kept, limit=limit)]
        refused = [dict(row) async for row in self._sql.refusals(pool, provider=provider)]
        return QuarantineView(
            data=tuple(entry_view(entry_from(row), row) for row in rows),
            total=rows[0]["total"] if rows else 0,
            refused=tuple(RefusedView(**row) for row in refused),
        )

    async def unmatched(self, provider: str | None) -> UnmatchedView:
        """Return what each provider's last good list left over."""
        return UnmatchedView.of([dict(row) async for row in self._sql.unmatched(self._pool(), provider=provider)])

    async def approve(self, entry_id: int, note: str, caller: Caller) -> EntryView:
        """Bring a held price into force. Raises Problem."""
        return await self._decide(entry_id, State.APPROVED, note, caller)

    async def reject(self, entry_id: int, note: str, caller: Caller) -> EntryView:
        """Keep a held price out of force while its page says it. Raises Problem."""
        return await self._decide(entry_id, State.REJECTED, note, caller)

    async def _decide(self, entry_id: int, state: State, note: str, caller: Caller) -> EntryView:
        now = self._now()
        async with transaction(self._pool()) as connection:
            entry = await self._locked(connection, entry_id)
            await self._settle(connection, entry, state, now)
            await self._sql.decide(
                connection,
                id=entry.id,
                state=state.value,
                open=state is State.REJECTED,
                note=note.replace("\0", ""),
                decided_by=caller.name,
                decided_at=now,
            )
            await self._sql.mark_disputed(connection, provider=entry.provider, today=now.date())
            await self._write_down(connection, entry, state, note, caller)
            row = await self._sql.entry(connection, id=entry.id)
        await self._tell_caches()
        return entry_view(entry_from(row), row)

    async def _write_down(
        self, connection: asyncpg.Connection, entry: Entry, state: State, note: str, caller: Caller
    ) -> None:
        action = "quarantine.approve" if state is State.APPROVED else "quarantine.reject"
        details = {"entry": entry.id, "note": note}
        target = f"{entry.provider}/{entry.model_id}"
        await audit.record(connection, caller, action=action, target=target, details=details)

    async def _locked(self, connection: asyncpg.Connection, entry_id: int) -> Entry:
        """Return the entry, with its provider locked as for a sync. Raises Problem if nothing can be decided on it."""
        row = await self._sql.entry(connection, id=entry_id) if entry_id <= _LARGEST_ID else None
        if row is None:
            raise Problem(404, f"There is no entry {entry_id} in the quarantine. GET /api/admin/quarantine lists them.")
        await self._store.lock(connection, [row["provider"]])
        row = await self._sql.entry(connection, id=entry_id)
        entry = entry_from(row)
        if entry.state is not State.HELD:
            by = row["decided_by"] or "somebody"
            raise Problem(409, f"Entry {entry_id} is {entry.state.value} already, by {by}: nothing is left to decide.")
        return entry

    async def _settle(self, connection: asyncpg.Connection, entry: Entry, state: State, now: datetime) -> None:
        """Let the decision have its effect on the model: the price comes into force, or the old one is good."""
        place = (entry.provider, entry.model_id)
        model = (await self._store.models(connection, [place])).get(place)
        if model is not None and not model.merged_into:
            decision = changes.admit(model, [entry] if state is State.APPROVED else [], now)
            await self._store.write(connection, [decision], sync_id=entry.seen_in[-1], now=now)
        elif state is State.APPROVED:
            raise Problem(409, f"{'/'.join(place)} is no model any more: reject the entry.")
