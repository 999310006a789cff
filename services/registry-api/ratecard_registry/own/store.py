"""Own prices in PostgreSQL. Every method runs in the caller's transaction, under the provider's lock.

What becomes of an own price, the model's revision and the events are written together, or not at all.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_registry.outdated import Outdated
from ratecard_registry.own.layer import OwnDecision, OwnLayer
from ratecard_registry.own.says import said_by_own
from ratecard_registry.rows import own_row
from ratecard_registry.store import SERVICE, Place, Store
from ratecard_shared import outbox
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("own.sql")
THE_CLOCK: Final = "the clock"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who did something when, and why."""

    by: str
    at: datetime
    reason: str = ""


class OwnStore:
    """The table of own prices."""

    def __init__(self, store: Store) -> None:
        """Read the named queries. `store` has the models."""
        self._store = store
        self.sql = queries(QUERIES)

    async def write(self, connection: asyncpg.Connection, decision: OwnDecision, act: Act) -> None:
        """Write what was decided of one model, with what is said about it."""
        if not decision.changes:
            return
        for own in decision.superseded:
            gone = None if decision.added else own.state.value
            await self.sql.supersede(connection, ids=[own.id], state=gone, at=act.at, by=act.by, reason=act.reason)
        provider, model_id = decision.model.place
        revision = decision.model.revision + len(decision.changes)
        for own in decision.added:
            row: Any = own_row(decision.model, own)
            await self.sql.add(connection, row=row, by=act.by, revision=revision)
        moved = decision.moved_on
        if moved:
            await self.sql.move_on(connection, ids=[one.id for one in moved], states=[one.state.value for one in moved])
        await self.sql.revise(connection, provider=provider, model_id=model_id, revision=revision, now=act.at)
        await outbox.say_all(connection, service=SERVICE, said=said_by_own(decision, act.at))
        outdated = Outdated()
        outdated.models(provider, [model_id])
        await self._store.bump(connection, outdated)

    async def keep_time(self, connection: asyncpg.Connection, now: datetime) -> int:
        """Bring own prices into force on their day and end those whose day is over; return how many models."""
        due = [(row["provider"], row["id"]) async for row in self.sql.due(connection, now=now)]
        if due:
            await self._store.lock(connection, {provider for provider, _ in due})
            await self.settle(connection, due, now)
        return len(due)

    async def settle(self, connection: asyncpg.Connection, places: list[Place], now: datetime) -> None:
        """Do for these models what a new day does."""
        models = await self._store.models(connection, places) if places else {}
        for model in models.values():
            await self.write(connection, OwnLayer(model).keep_time(now), Act(by=THE_CLOCK, at=now))

    async def leave(self, connection: asyncpg.Connection, place: Place, model_id: str, now: datetime) -> None:
        """Let the own prices of a page's name go on with the model that an API names, once that is written."""
        model = (await self._store.models(connection, [place]))[place]
        await self.write(connection, OwnLayer(model).leave(), Act(by=THE_CLOCK, at=now))
        await self.sql.move(connection, provider=place[0], page_name=place[1], model_id=model_id)
