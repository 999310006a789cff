"""What the registry keeps of one provider, in memory and by the pure core alone: models, history, quarantine, inbox."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ratecard_registry import changes
from ratecard_registry.changes import Decision
from ratecard_registry.history import history_of
from ratecard_registry.neighbours import Neighbours, Past
from ratecard_registry.quarantined import Entry, Slot, State
from ratecard_registry.reading import Reading, sort_out
from ratecard_registry.says import said_by
from ratecard_registry.screening import decided, screen
from ratecard_registry.stored import Applied, StoredModel
from ratecard_shared.events import (
    Enriched,
    ModelEnriched,
    PriceChangeKind,
    PricingChanged,
    ProviderEnriched,
    SideOutcome,
    Usability,
)


class Ledger:
    """What was said of one model, and its rows in the history as the store writes them."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.history: list[dict[str, Any]] = []

    def record(self, decision: Decision, now: datetime) -> None:
        self.said += [said.event for said in said_by(decision, sync_id="s", now=now)]
        for wave in history_of([decision], now=now):
            for row in wave.ended:
                (found,) = [one for one in self._open(row) if not _announced(one) and "end_date" not in one]
                found.update({name: row[name] for name in ("end_date", "closed_by")})
            for row in wave.superseded:
                (found,) = [one for one in self._open(row) if _closes(row, one)]
                found.update({name: row[name] for name in ("superseded_at", "closed_by")})
            self.history += [dict(row) for row in wave.added]

    def _open(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in self.history if key_of(one) == key_of(row) and "superseded_at" not in one]

    def last_ends(self) -> dict[Any, datetime]:
        """Return when the last price of each key ended."""
        ended = [row for row in self.history if "end_date" in row and "superseded_at" not in row]
        return {key_of(row): row["end_date"] for row in sorted(ended, key=lambda row: row["end_date"])}

    @property
    def prices_said(self) -> list[PricingChanged]:
        return [event for event in self.said if isinstance(event, PricingChanged)]

    def copy(self) -> Ledger:
        other = Ledger()
        other.said, other.history = list(self.said), [dict(row) for row in self.history]
        return other


def key_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["tier"], row["context_limit"], row["currency"], row["region"])


def _announced(row: dict[str, Any]) -> bool:
    return row["kind"] is PriceChangeKind.SCHEDULED


def _closes(row: dict[str, Any], one: dict[str, Any]) -> bool:
    if _announced(row):
        return _announced(one) and one["effective_date"] == row["effective_date"]
    return not _announced(one) and "end_date" not in one


class Desk:
    """What is committed. Events are taken as `Applying` takes them: once each, and nothing older than what is known."""

    def __init__(self) -> None:
        self.models: dict[str, StoredModel] = {}
        self.ledgers: dict[str, Ledger] = defaultdict(Ledger)
        self.entries: dict[tuple[str, Slot], Entry] = {}
        self.taken: frozenset[str] = frozenset()
        self.closed: dict[str, int] = {}
        self.listed: Applied | None = None
        self.near = Neighbours(Past({}))
        self.near_of: Any = None

    def copy(self) -> Desk:
        """Return what a transaction begins with: whatever it does to that can be forgotten."""
        other = copy.copy(self)
        other.models, other.entries, other.closed = dict(self.models), dict(self.entries), dict(self.closed)
        other.ledgers = defaultdict(Ledger, {name: ledger.copy() for name, ledger in self.ledgers.items()})
        other.near = copy.copy(self.near)
        other.near.read, other.near.as_before = dict(self.near.read), set(self.near.as_before)
        return other

    def take(self, event: Enriched, now: datetime) -> None:
        """Apply an event, unless it was taken before."""
        if event.event_id not in self.taken:
            self.taken |= {event.event_id}
            if isinstance(event, ProviderEnriched):
                self._close(event, now)
            else:
                self._enrich(event, now)

    def keep_time(self, now: datetime) -> None:
        """Do what the look at the clock does."""
        for model in list(self.models.values()):
            self._commit(changes.keep_time(model, now), now)

    def decide(self, place: tuple[str, Slot], state: State, now: datetime) -> None:
        """Approve or reject a held price, as an administrator does."""
        entry = self.entries.pop(place)
        if state is State.REJECTED:
            self.entries[place] = msgspec.structs.replace(entry, state=state, undecided=False)
        approved = [entry] if state is State.APPROVED else []
        self._commit(changes.admit(self.models[entry.model_id], approved, now), now)
        self._mark_disputed(now)

    def _enrich(self, said: ModelEnriched, now: datetime) -> None:
        stored = self.models.get(said.model.id)
        event = changes.without_torn_rows(stored, said)
        reading = None if event.model.prices is None else sort_out(event.model.prices, now)
        neighbours = self._neighbours(event, reading)
        if stored is None and self.listed is not None and changes.place(event) < self.listed:
            return
        known = [entry for (model_id, _), entry in self.entries.items() if model_id == event.model.id]
        screened = screen(stored, event, reading, known, neighbours=neighbours) if reading is not None else None
        decision = changes.enrich(stored, event, now, screened)
        if decision is not None:
            self._commit(decision, now)
            self._keep(screened.entries if screened else ())

    def _neighbours(self, event: ModelEnriched, reading: Reading | None) -> Neighbours:
        of = (event.started_at, event.sync_id)
        if self.near_of is None or self.near_of < of:
            in_force = {(name, row.key): row.rates for name, model in self.models.items() for row in model.prices}
            self.near, self.near_of = Neighbours(Past(in_force)), of
        if self.near_of == of:
            self.near.note(event.model.id, reading)
        return self.near

    def _close(self, closing: ProviderEnriched, now: datetime) -> None:
        if self.closed.get(closing.sync_id, 0) >= closing.generation:
            return
        listed = closing.discovery.outcome == SideOutcome.COMPLETE
        if listed:
            for model in list(self.models.values()):
                if model.facts.id not in closing.model_ids and model.facts.usability is not Usability.DEPRECATED:
                    self._commit(changes.deprecate(model, closing, now), now)
        for model in list(self.models.values()):
            if any(price.absent_in == closing.sync_id for price in (*model.prices, *model.announced)):
                self._commit(changes.judge(model, closing, now), now)
        self._settle(closing, now)
        if closing.pricing.outcome != SideOutcome.COMPLETE:
            self._mark_stale(closing.started_at)
        self.closed[closing.sync_id] = closing.generation
        if listed:
            self.listed = max(self.listed or changes.place(closing), changes.place(closing))

    def _settle(self, closing: ProviderEnriched, now: datetime) -> None:
        admitted: dict[str, list[Entry]] = defaultdict(list)
        if self.near_of == (closing.started_at, closing.sync_id):
            whole = self.near.whole(closing.model_ids)
            for entry in list(decided(list(self.entries.values()), self.near, whole)):
                if entry.suspicions and not entry.is_due:
                    self._keep([entry])
                else:
                    del self.entries[entry.model_id, entry.slot]
                    admitted[entry.model_id].append(entry)
        for model_id, entries in admitted.items():
            self._commit(changes.admit(self.models[model_id], entries, now), now)
        self._mark_disputed(now)

    def _mark_disputed(self, now: datetime) -> None:
        for (model_id, (key, day)), entry in sorted(self.entries.items(), key=lambda one: one[1].first_seen_at):
            model, today = self.models[model_id], day is None or day <= now.date()
            disputes = today and entry.state is State.HELD and not entry.undecided
            if disputes and model.stale_since is None and key in {price.key for price in model.prices}:
                self.models[model_id] = msgspec.structs.replace(model, stale_since=entry.first_seen_at)

    def _mark_stale(self, since: datetime) -> None:
        for name, model in self.models.items():
            if model.prices and model.stale_since is None and model.applied.started_at < since:
                self.models[name] = msgspec.structs.replace(model, stale_since=since)

    def _keep(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.open:
                self.entries[entry.model_id, entry.slot] = entry
            else:
                self.entries.pop((entry.model_id, entry.slot), None)

    def _commit(self, decision: Decision | None, now: datetime) -> None:
        if decision is not None:
            ledger = self.ledgers[decision.after.facts.id]
            if changes.begins_early(decision):
                decision = changes.after_what_ended(decision, ledger.last_ends())
            self.models[decision.after.facts.id] = decision.after
            ledger.record(decision, now)
