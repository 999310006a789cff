"""The quarantine in PostgreSQL: what is compared with what, what is held back, and what is said about it.

Every method runs in the caller's transaction, under the provider's lock. A price that is held and the reason for it are
written together with what the same sync brought into force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from ratecard_providers.spec import Provider
from ratecard_registry.expected import currencies
from ratecard_registry.neighbours import Neighbours, Past
from ratecard_registry.quarantine_alerts import held_back, refused
from ratecard_registry.quarantine_rows import Rates, entry_from, entry_row, judged_row, listed_from, rows_from
from ratecard_registry.quarantined import Entry, State
from ratecard_registry.reading import Reading, sort_out
from ratecard_registry.screening import Screened, decided, screen
from ratecard_registry.stored import Key, StoredModel
from ratecard_shared import outbox
from ratecard_shared.database import queries
from ratecard_shared.events import ModelEnriched, PricingScraped, ProviderEnriched, SideOutcome
from ratecard_shared.prices import Refusal
from ratecard_shared.topics import ALERT_RAISED

QUERIES: Final = Path(__file__).with_name("quarantine.sql")
SERVICE: Final = "registry-api"
_KEPT: Final = timedelta(days=7)
_MOST_PASTS: Final = 6
"""As many providers as there are partitions come between one another."""
_Before = list[tuple[str, Key, Rates]]


class Quarantine:
    """The tables of held prices. `providers` are the provider files by id."""

    def __init__(self, providers: Mapping[str, Provider] | None = None) -> None:
        """Read the named queries."""
        self._sql = queries(QUERIES)
        self._providers = providers or {}
        self._pasts: dict[str, tuple[str, Past]] = {}

    async def screening(
        self, connection: asyncpg.Connection, events: Sequence[ModelEnriched], now: datetime
    ) -> Screening:
        """Return what screens the prices that these events say, of models that are all different."""
        of_provider: dict[str, list[ModelEnriched]] = defaultdict(list)
        for event in events:
            of_provider[event.provider].append(event)
        readings = {
            (event.provider, event.model.id): None if event.model.prices is None else sort_out(event.model.prices, now)
            for event in events
        }
        neighbours, expected, entries = {}, {}, defaultdict(list)
        for provider, said in sorted(of_provider.items()):
            newest = max(said, key=_of_sync)
            near, config = await self._neighbours(connection, newest)
            for event in said:
                if event.sync_id == near.sync_id:
                    near.neighbours.note(event.model.id, readings[provider, event.model.id])
            neighbours[provider] = near
            expected[provider] = currencies(self._providers.get(provider), config)
            ids = [event.model.id for event in said]
            async for row in self._sql.open_entries(connection, provider=provider, ids=ids):
                entries[provider, row["model_id"]].append(entry_from(row))
        return Screening(readings=readings, near=neighbours, entries=entries, currencies=expected)

    async def begin(self, connection: asyncpg.Connection, events: Iterable[ModelEnriched]) -> None:
        """Let what is in force now be what the rest of these events' syncs is compared with, unless something is."""
        newest = {event.provider: event for event in sorted(events, key=_of_sync)}
        for _, event in sorted(newest.items()):
            await self._begun(connection, event)

    async def _begun(self, connection: asyncpg.Connection, event: ModelEnriched) -> tuple[Begun, Any]:
        """Return with what the newest sync's prices are compared, and the provider's active configuration.

        That is, from the sync's first model on, what was in force before it.
        """
        row = await self._sql.neighbours(connection, provider=event.provider)
        if row["sync_id"] is not None and (row["started_at"], row["sync_id"]) >= _of_sync(event):
            return Begun(row["sync_id"], row["started_at"], row["written_by"]), row["config"]
        written_by = await self._sql.begin_neighbours(
            connection, provider=event.provider, sync_id=event.sync_id, started_at=event.started_at
        )
        return Begun(event.sync_id, event.started_at, written_by), row["config"]

    async def _neighbours(self, connection: asyncpg.Connection, event: ModelEnriched) -> tuple[Near, Any]:
        begun, config = await self._begun(connection, event)
        past = await self._past(connection, event.provider, begun.written_by)
        return Near(sync_id=begun.sync_id, started_at=begun.started_at, neighbours=Neighbours(past)), config

    async def _past(self, connection: asyncpg.Connection, provider: str, written_by: str) -> Past:
        """Return what was in force before the sync, read again only if it is not what was read last."""
        known = self._pasts.get(provider)
        if known is not None and known[0] == written_by:
            return known[1]
        before = msgspec.convert(await self._sql.before(connection, provider=provider), _Before)
        past = Past({(model_id, key): rates for model_id, key, rates in before})
        self._pasts.pop(provider, None)
        self._pasts[provider] = (written_by, past)
        while len(self._pasts) > _MOST_PASTS:
            self._pasts.pop(next(iter(self._pasts)))
        return past

    async def save(self, connection: asyncpg.Connection, screening: Screening, now: datetime) -> None:
        """Keep what was read, and the entries that are new or changed."""
        for provider, near in screening.near.items():
            read = near.neighbours.read
            if near.neighbours.as_before:
                await self._sql.drop_readings(connection, provider=provider, ids=sorted(near.neighbours.as_before))
            if read:
                rows = [{"provider": provider, "model_id": one, "read": listed_from(read[one])} for one in sorted(read)]
                await self._sql.save_readings(connection, rows=rows)
        # What ends gives its place to what begins.
        for entry in screening.changed:
            if entry.id or not entry.open:
                await self._save(connection, entry, now)
        await self._add(connection, [entry for entry in screening.changed if entry.open and not entry.id])

    async def _save(self, connection: asyncpg.Connection, entry: Entry, now: datetime) -> None:
        if entry.open:
            await self._sql.change_entry(connection, id=entry.id, **judged_row(entry))
        else:
            await self._sql.end_entry(
                connection, id=entry.id, state=entry.state.value, seen_in=list(entry.seen_in), at=now
            )

    async def _add(self, connection: asyncpg.Connection, entries: Sequence[Entry]) -> None:
        if entries:
            await self._sql.add_entries(connection, rows=[entry_row(entry) for entry in entries])

    async def decide_moves(
        self, connection: asyncpg.Connection, closing: ProviderEnriched, now: datetime
    ) -> tuple[dict[str, list[Entry]], int]:
        """Decide what had to wait for the whole list; return what may come into force, by model, and how much stays."""
        rows = [row async for row in self._sql.open_of_provider(connection, provider=closing.provider)]
        if not any(row["undecided"] for row in rows):
            return {}, len(rows)
        row = await self._sql.readings(connection, provider=closing.provider, sync_id=closing.sync_id)
        if row is None:
            return {}, len(rows)
        past = await self._past(connection, closing.provider, row["written_by"])
        read = {model_id: rows_from(listed) for model_id, listed in (row["read"] or {}).items()}
        neighbours = Neighbours(past, read)
        admitted: dict[str, list[Entry]] = defaultdict(list)
        believed = []
        for entry in decided(map(entry_from, rows), neighbours, neighbours.whole(closing.model_ids)):
            if not entry.suspicions:
                believed.append(entry.id)
                admitted[entry.model_id].append(entry)
            elif entry.is_due:
                await self._save(connection, entry.ended(State.RELEASED), now)
                admitted[entry.model_id].append(entry)
            else:
                await self._save(connection, entry, now)
        await self._sql.forget_entries(connection, ids=believed)
        return admitted, len(rows) - sum(map(len, admitted.values()))

    async def tell(self, connection: asyncpg.Connection, closing: ProviderEnriched, now: datetime) -> Held:
        """Say what is held since the last time, and return how much is."""
        row = await self._sql.held(connection, provider=closing.provider, sync_id=closing.sync_id)
        if row["untold"]:
            untold = [one async for one in self._sql.alert(connection, provider=closing.provider)]
            entries = sorted(map(entry_from, untold), key=lambda entry: entry.id)
            alert = held_back(entries, sync_id=closing.sync_id, now=now)
            await outbox.say(connection, service=SERVICE, topic=ALERT_RAISED, key=alert.kind, event=alert)
        return Held(all=row["all"], read=row["read"])

    async def keep_unmatched(self, connection: asyncpg.Connection, closing: ProviderEnriched) -> None:
        """Keep what a good list left over."""
        if closing.pricing.outcome == SideOutcome.COMPLETE:
            await self._sql.save_unmatched(
                connection,
                provider=closing.provider,
                sync_id=closing.sync_id,
                started_at=closing.started_at,
                names=list(closing.unmatched_names),
                unpriced_ids=list(closing.unpriced_ids),
            )

    async def mark_disputed(self, connection: asyncpg.Connection, provider: str, now: datetime) -> int:
        """Mark prices whose page says what is held back as stale, and return how many models that changed."""
        return int(await self._sql.mark_disputed(connection, provider=provider, today=now.date()))

    async def let_go(self, connection: asyncpg.Connection, provider: str, model_id: str, now: datetime) -> None:
        """Withdraw what is held of a page's name: an API has named its model, under which all is looked at anew."""
        async for row in self._sql.open_entries(connection, provider=provider, ids=[model_id]):
            await self._save(connection, entry_from(row).ended(State.WITHDRAWN), now)

    async def keep_refusals(self, connection: asyncpg.Connection, scraped: PricingScraped, now: datetime) -> None:
        """Keep what a provider's pages refused, and say what was not refused before."""
        pieces = [(one.text, one.reason) for one in scraped.refused]
        if not pieces:
            return
        rows = self._sql.save_refusals(
            connection,
            provider=scraped.provider,
            sync_id=scraped.sync_id,
            at=scraped.occurred_at,
            texts=[text for text, _ in pieces],
            reasons=[reason for _, reason in pieces],
        )
        new = [Refusal(text=row["text"], reason=row["reason"]) async for row in rows if row["is_new"]]
        await self._sql.forget_refusals(connection, provider=scraped.provider, before=scraped.occurred_at - _KEPT)
        if new:
            alert = refused(scraped, new, now=now)
            await outbox.say(connection, service=SERVICE, topic=ALERT_RAISED, key=alert.kind, event=alert)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How many prices of a provider are held back, and how many of these a sync read."""

    all: int
    read: int


class Begun(NamedTuple):
    """A sync whose prices are compared with what was in force before it. `written_by` tells one past from the next."""

    sync_id: str
    started_at: datetime
    written_by: str


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """Neighbours in the sync whose prices are compared with them."""

    sync_id: str
    started_at: datetime
    neighbours: Neighbours


class Screening:
    """Screens the models of one batch. `changed` are the entries to save once their models are."""

    def __init__(
        self,
        *,
        readings: Mapping[tuple[str, str], Reading | None],
        near: Mapping[str, Near],
        entries: Mapping[tuple[str, str], Iterable[Entry]],
        currencies: Mapping[str, frozenset[str]],
    ) -> None:
        """Take what was loaded for the batch."""
        self._readings = readings
        self.near = near
        self._entries = entries
        self._currencies = currencies
        self.changed: list[Entry] = []

    def screen(self, stored: StoredModel | None, event: ModelEnriched) -> Screened | None:
        """Screen what the event says; None if it says nothing of prices."""
        place = (event.provider, event.model.id)
        reading = self._readings[place]
        if reading is None:
            return None
        return screen(
            stored,
            event,
            reading,
            self._entries.get(place, ()),
            neighbours=self.near[event.provider].neighbours,
            currencies=self._currencies[event.provider],
        )


def _of_sync(event: ModelEnriched) -> tuple[datetime, str]:
    return (event.started_at, event.sync_id)
