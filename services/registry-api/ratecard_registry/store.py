"""Models, prices and history in PostgreSQL. Every method runs in the caller's transaction and takes many at once.

A change of a price, its row in `pricing_history` and its event in the outbox are written together, or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_registry import changes, settled
from ratecard_registry.changes import Decision, after_what_ended, begins_early
from ratecard_registry.history import History, history_of
from ratecard_registry.outdated import Outdated
from ratecard_registry.rows import model_from, model_row, own_from, price_from, price_row
from ratecard_registry.says import said_by
from ratecard_registry.stored import Applied, Key, OwnPrice, Price, StoredModel, midnight
from ratecard_shared import outbox
from ratecard_shared.database import queries
from ratecard_shared.events import ModelEnriched, PriceChangeKind, ProviderEnriched

QUERIES: Final = Path(__file__).with_name("apply.sql")
SERVICE: Final = "registry-api"

Place = tuple[str, str]
"""Provider and model id."""


_KEY: Final = attrgetter("key")
_KEY_AND_DAY: Final = attrgetter("key", "effective_date")


class BeforeClosing(msgspec.Struct, frozen=True, kw_only=True):
    """The newest generation of a join that was closed, 0 for none; models that its list lacks, or whose prices."""

    generation: int
    absent: Sequence[str]
    to_judge: Sequence[str]


class Store:
    """The tables that syncs write."""

    def __init__(self) -> None:
        """Read the named queries."""
        self._sql = queries(QUERIES)

    async def lock(self, connection: asyncpg.Connection, providers: Iterable[str]) -> None:
        """Hold off every other writer of these providers until the commit."""
        await self._sql.lock_providers(connection, providers=sorted(set(providers)))

    async def models(self, connection: asyncpg.Connection, places: Collection[Place]) -> dict[Place, StoredModel]:
        """Return those of the models that exist, with their rows locked."""
        rows = await _rows_of(self._sql.lock_models, connection, places)
        prices = _by_model(await _rows_of(self._sql.prices_of, connection, [_place(row) for row in rows]))
        has_announced = [_place(row) for row in rows if row["has_announced"]]
        announced = _by_model(await _rows_of(self._sql.announced_of, connection, has_announced))
        own: dict[Place, tuple[OwnPrice, ...]] = defaultdict(tuple)
        for row in await _rows_of(self._sql.own_of, connection, [_place(row) for row in rows if row["has_own"]]):
            own[row["provider"], row["model_id"]] += (own_from(row),)
        found = (model_from(row, prices[_place(row)], announced[_place(row)], own[_place(row)]) for row in rows)
        return {model.place: model for model in found}

    async def pass_unchanged(self, connection: asyncpg.Connection, said: Sequence[ModelEnriched]) -> set[Place]:
        """Move on the models of which these events say what is stored already, and return them."""
        passed: set[Place] = set()
        digests: dict[tuple[str, Applied], dict[str, str]] = defaultdict(dict)
        for event in said:
            if (digest := settled.said(event)) is not None:
                digests[event.provider, changes.place(event)][event.model.id] = digest
        for (provider, applied), of_models in digests.items():
            rows = self._sql.pass_unchanged(
                connection,
                provider=provider,
                ids=list(of_models),
                digests=list(of_models.values()),
                applied_at=applied.started_at,
                applied_sync=applied.sync_id,
                applied_generation=applied.generation,
            )
            passed |= {(provider, row["id"]) async for row in rows}
        return passed

    async def page_models(self, connection: asyncpg.Connection, provider: str, names: list[str]) -> dict[str, str]:
        """Return the models that are known only from a page under one of these names: ids by name."""
        rows = [row async for row in self._sql.page_models(connection, provider=provider, names=names)]
        return {row["display_name"]: row["id"] for row in rows} | {row["id"]: row["id"] for row in rows}

    async def listed(self, connection: asyncpg.Connection, providers: Iterable[str]) -> dict[str, Applied]:
        """Return the newest complete list that was applied of each provider."""
        rows = self._sql.listed(connection, providers=list(providers))
        return {
            row["provider"]: Applied(
                started_at=row["listed_at"], sync_id=row["listed_sync"], generation=row["listed_generation"]
            )
            async for row in rows
        }

    async def before_closing(self, connection: asyncpg.Connection, closing: ProviderEnriched) -> BeforeClosing:
        """Return what is known of a closing's join and models."""
        row = await self._sql.before_closing(
            connection, provider=closing.provider, sync_id=closing.sync_id, model_ids=list(closing.model_ids)
        )
        return BeforeClosing(generation=row["generation"] or 0, absent=row["absent"], to_judge=row["to_judge"])

    async def due(self, connection: asyncpg.Connection, now: datetime) -> tuple[Place, ...]:
        """Return the models that have a price whose day has come or is over."""
        return tuple([(row["provider"], row["id"]) async for row in self._sql.due(connection, now=now)])

    async def move_history(self, connection: asyncpg.Connection, provider: str, page_name: str, model_id: str) -> None:
        """Give the history of a page name to the model that an API has named."""
        await self._sql.move_history(connection, provider=provider, page_name=page_name, model_id=model_id)

    async def write(
        self, connection: asyncpg.Connection, decisions: Sequence[Decision], *, sync_id: str | None, now: datetime
    ) -> None:
        """Write what was decided of models that are all different, with what is said about it.

        `sync_id` is the sync behind it, None where the price says it itself.
        """
        outdated = Outdated()
        await self.write_unread(connection, decisions, outdated, sync_id=sync_id, now=now)
        await self.bump(connection, outdated)

    async def write_unread(
        self,
        connection: asyncpg.Connection,
        decisions: Sequence[Decision],
        outdated: Outdated,
        *,
        sync_id: str | None,
        now: datetime,
    ) -> None:
        """Write it, and add to `outdated` what is to be bumped before the commit."""
        decisions = await self._after_what_ended(connection, decisions)
        await self._write_models(connection, decisions)
        await self._write_prices(connection, decisions)
        for wave in history_of(decisions, now=now):
            await self._write_history(connection, wave)
        said = [item for decision in decisions for item in said_by(decision, sync_id=sync_id, now=now)]
        await outbox.say_all(connection, service=SERVICE, said=said)
        for decision in decisions:
            if decision.visible:
                outdated.models(decision.after.provider, [decision.after.facts.id])

    async def bump(self, connection: asyncpg.Connection, outdated: Outdated) -> None:
        """Make it outdated for every process when this is committed."""
        if rows := outdated.rows:
            await self._sql.bump_versions(connection, rows=rows)

    async def count(
        self,
        connection: asyncpg.Connection,
        sync_id: str,
        provider: str,
        *,
        updated: int = 0,
        deprecated: int = 0,
        pricing: int = 0,
    ) -> None:
        """Add to the counts of the provider's outcome in the sync."""
        if updated or deprecated or pricing:
            await self._sql.count_in_outcome(
                connection,
                sync_id=sync_id,
                provider=provider,
                updated=updated,
                deprecated=deprecated,
                pricing=pricing,
            )

    async def _after_what_ended(
        self, connection: asyncpg.Connection, decisions: Sequence[Decision]
    ) -> Sequence[Decision]:
        early = [decision.after.place for decision in decisions if begins_early(decision)]
        if not early:
            return decisions
        ends: dict[Place, dict[Key, datetime]] = defaultdict(dict)
        for row in await _rows_of(self._sql.last_ends, connection, early):
            key = (row["tier"], row["context_limit"], row["currency"], row["region"])
            ends[row["provider"], row["model_id"]][key] = row["ended"]
        return [after_what_ended(decision, ends[decision.after.place]) for decision in decisions]

    async def _write_models(self, connection: asyncpg.Connection, decisions: Sequence[Decision]) -> None:
        changed, touched = [], defaultdict(list)
        for decision in decisions:
            before, after = decision.before, decision.after
            if before is None or decision.visible or _differ(before, after):
                changed.append(model_row(after))
            elif before.applied != after.applied:
                touched[after.provider, after.applied].append(after)
        if changed:
            await self._sql.save_models(connection, rows=changed)
        for (provider, applied), models in touched.items():
            await self._sql.touch_models(
                connection,
                provider=provider,
                ids=[model.facts.id for model in models],
                settled=[settled.settled(model) for model in models],
                applied_at=applied.started_at,
                applied_sync=applied.sync_id,
                applied_generation=applied.generation,
            )

    async def _write_prices(self, connection: asyncpg.Connection, decisions: Sequence[Decision]) -> None:
        for part, place, drop, save in (
            ("prices", _KEY, self._sql.drop_prices, self._sql.save_prices),
            ("announced", _KEY_AND_DAY, self._sql.drop_announced, self._sql.save_announced),
        ):
            gone, new = _difference(decisions, part, place)
            if gone:
                await drop(connection, rows=gone)
            if new:
                await save(connection, rows=new)

    async def _write_history(self, connection: asyncpg.Connection, wave: History) -> None:
        for rows, write in (
            (wave.ended, self._sql.end_history),
            (wave.superseded, self._sql.supersede_history),
            (wave.added, self._sql.add_history),
        ):
            if rows:
                await write(connection, rows=rows)
        if early := [row for row in wave.added if _began_before_today(row)]:
            await self._sql.supersede_imported(connection, rows=early)


def _differ(before: StoredModel, after: StoredModel) -> bool:
    return (before.facts, before.prices, before.announced) != (after.facts, after.prices, after.announced)


def _began_before_today(row: Any) -> bool:
    return row["kind"] is PriceChangeKind.FIRST_SEEN and row["effective_date"] < midnight(row["recorded_at"].date())


async def _rows_of(query: Any, connection: asyncpg.Connection, places: Collection[Place]) -> list[asyncpg.Record]:
    if not places:
        return []
    where = {"providers": [provider for provider, _ in places], "ids": [model for _, model in places]}
    return [row async for row in query(connection, **where)]


def _difference(decisions: Sequence[Decision], part: str, place: Callable[[Price], Any]) -> tuple[list[Any], list[Any]]:
    """Return the rows to drop and those to save. Prices that share a row have one place."""
    gone, new = [], []
    for decision in decisions:
        before = {place(price): price for price in getattr(decision.before, part, ())}
        after = {place(price): price for price in getattr(decision.after, part)}
        gone += [price_row(decision.after, before[where]) for where in before.keys() - after.keys()]
        new += [price_row(decision.after, price) for where, price in after.items() if before.get(where) != price]
    return gone, new


def _by_model(rows: Iterable[asyncpg.Record]) -> dict[Place, tuple[Price, ...]]:
    found: dict[Place, tuple[Price, ...]] = defaultdict(tuple)
    for row in rows:
        found[row["provider"], row["model_id"]] += (price_from(row),)
    return found


def _place(row: asyncpg.Record) -> Place:
    return (row["provider"], row["id"])
