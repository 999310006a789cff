"""Looks at what a sync read of a model before it comes into force: accepts it, holds it back or releases it. Pure.

While anything of a model is held back, its page proves nothing about the prices that it does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ratecard_registry.moves import Cell, Place, Read, moved_columns, moved_rows, reordered
from ratecard_registry.neighbours import Neighbours
from ratecard_registry.quarantined import Entry, State, by_gravity
from ratecard_registry.reading import Reading
from ratecard_registry.stored import Key, Price, StoredModel
from ratecard_registry.suspicion import Beside, Kind, Suspicion, plainly, suspicions
from ratecard_shared.events import ModelEnriched, PriceSaid
from ratecard_shared.prices import PriceRow

_DOUBTS: Final = frozenset({Kind.MOVED_ROW, Kind.MOVED_COLUMN, Kind.UNIT})
_IN_DOUBT: Final = Suspicion(
    kind=Kind.PAGE_IN_DOUBT, reason="rows or columns of its page have moved, or its unit has slipped"
)

_REORDERED: Final = Suspicion(kind=Kind.MOVED_COLUMN, reason="its row holds the same words as before, in another order")


class Screened(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a reading, what comes into force after all, and the entries that are new or changed.

    `disputed`: the page says something else than a price in force, which nobody has decided on.
    """

    reading: Reading
    disputed: bool = False
    released: tuple[Entry, ...] = ()
    entries: tuple[Entry, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is suspicious about a row. `undecided`: whether it moved is known when the whole list is read."""

    row: PriceRow
    old: PriceSaid | None = None
    suspicions: tuple[Suspicion, ...] = ()
    undecided: bool = False
    in_force: bool = False


def screen(
    stored: StoredModel | None,
    event: ModelEnriched,
    reading: Reading,
    entries: Iterable[Entry],
    *,
    neighbours: Neighbours,
    currencies: frozenset[str] = frozenset(),
) -> Screened:
    """Screen what the event says of a model's prices. `entries` are the open ones of the model."""
    entries = tuple(entries)
    if stored and not entries and _nothing_new(stored, reading):
        return Screened(reading=reading)
    look = _Look(
        event=event,
        in_force={price.key: price for price in stored.prices} if stored else {},
        moved=moved_columns(
            neighbours.rows_before(event.model.id), {key: row.rates for key, row in reading.in_force.items()}
        ),
        neighbours=neighbours,
        currencies=currencies,
    )
    sorting = _Sorting(event, reading, entries)
    for verdict in look.verdicts(reading):
        sorting.take(verdict)
    return sorting.screened(silent=(price.key for price in (*stored.prices, *stored.announced)) if stored else ())


def _nothing_new(stored: StoredModel, reading: Reading) -> bool:
    """Tell whether every row that is shown is in force already: then there is nothing to look at."""
    if reading.announced or reading.doubtful:
        return False
    in_force = {price.key: price for price in stored.prices}
    return all(key in in_force and in_force[key].same_price(row) for key, row in reading.in_force.items())


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one model."""

    event: ModelEnriched
    in_force: Mapping[Key, Price]
    moved: Mapping[Cell, Cell]
    neighbours: Neighbours
    currencies: frozenset[str]

    def verdicts(self, reading: Reading) -> Iterator[Verdict]:
        """Give a verdict on every row that was shown."""
        for key, row in sorted(reading.in_force.items()):
            yield self._at(row, *self._columns(key, row), today=True)
        for _, row in sorted(reading.announced.items(), key=lambda item: item[0]):
            yield self._at(row)
        for row in self.event.model.prices or ():
            if row.key in reading.doubtful and _can_be_kept(row):
                yield self._at(row)

    def _at(self, row: PriceRow, *moved: Suspicion, today: bool = False) -> Verdict:
        old = self.in_force.get(row.key)
        if old is not None and old.same_price(row):
            return Verdict(row=row, in_force=True)
        place = (self.event.model.id, row.key)
        near = () if old else self.neighbours.siblings(self.event.provider).of(place)
        beside = Beside(old=old, stated=self._stated(row), siblings=near, currencies=self.currencies)
        confirmed = self._confirmed(row)
        if old is not None:
            moved = (*moved, *_other_words(old, row))
        return Verdict(
            row=row,
            old=old.said if old else None,
            suspicions=by_gravity((*suspicions(row, beside), *(() if confirmed else moved))),
            undecided=today and not confirmed and bool(self.neighbours.before),
        )

    def _stated(self, row: PriceRow) -> PriceRow | None:
        same = (one for one in self.event.stated if (one.key, one.effective_from) == (row.key, row.effective_from))
        return next(same, None)

    def _confirmed(self, row: PriceRow) -> bool:
        stated = self._stated(row)
        return stated is not None and all(stated.rates.get(name) == amount for name, amount in row.rates.items())

    def _columns(self, key: Key, row: PriceRow) -> tuple[Suspicion, ...]:
        return tuple(
            Suspicion(
                kind=Kind.MOVED_COLUMN,
                reason=f"{name} is {plainly(row.rates[name])}, which {_said(giver[0], giver[1], beside=key)} was",
            )
            for (moved_key, name), giver in sorted(self.moved.items())
            if moved_key == key
        )


class _Sorting:
    """Sorts verdicts on one model's rows into what is accepted and what is held back."""

    def __init__(self, event: ModelEnriched, reading: Reading, entries: Iterable[Entry]) -> None:
        self._event = event
        self._reading = reading
        self._known = {entry.slot: entry for entry in entries}
        self._held: list[PriceRow] = []
        self._released: list[Entry] = []
        self._changed: list[Entry] = []
        self._disputed = False

    def take(self, verdict: Verdict) -> None:
        row = verdict.row
        entry = self._known.pop((row.key, row.effective_from), None)
        if entry is not None and entry.says(row) and not verdict.in_force:
            self._said_again(entry, verdict)
            return
        if entry is not None:
            self._changed.append(entry.ended(State.WITHDRAWN))
        if verdict.suspicions or verdict.undecided:
            self._hold(verdict)
            self._changed.append(self._new(verdict))

    def _said_again(self, entry: Entry, verdict: Verdict) -> None:
        if entry.state is State.REJECTED:
            self._held.append(verdict.row)
            return
        again = entry.seen_again(self._event.sync_id, verdict.suspicions, undecided=verdict.undecided)
        if not again.suspicions and not again.undecided:
            self._changed.append(entry.ended(State.WITHDRAWN))
        elif again.is_due:
            self._released.append(again.ended(State.RELEASED))
        else:
            self._hold(verdict)
            if again != entry:
                self._changed.append(again)

    def _hold(self, verdict: Verdict) -> None:
        self._held.append(verdict.row)
        today = self._reading.in_force.get(verdict.row.key) == verdict.row
        self._disputed = self._disputed or (today and verdict.old is not None)

    def _new(self, verdict: Verdict) -> Entry:
        return Entry(
            provider=self._event.provider,
            model_id=self._event.model.id,
            row=verdict.row,
            old=verdict.old,
            suspicions=verdict.suspicions,
            undecided=verdict.undecided,
            seen_in=(self._event.sync_id,),
            first_seen_at=self._event.started_at,
        )

    def screened(self, *, silent: Iterable[Key]) -> Screened:
        """Return what came of it. What the page does not show of `silent` is not missing while anything is held."""
        gone = [entry for entry in self._known.values() if entry.row.key not in self._reading.doubtful]
        withdrawn = (entry.ended(State.WITHDRAWN) for entry in gone)
        return Screened(
            reading=_without(self._reading, self._held, silent) if self._held else self._reading,
            disputed=self._disputed,
            released=tuple(self._released),
            entries=(*self._changed, *self._released, *withdrawn),
        )


def decided(entries: Iterable[Entry], neighbours: Neighbours, read: Read) -> Iterator[Entry]:
    """Give undecided entries as they are once the whole list is read; without a suspicion they may come into force.

    `entries` are all open ones of the provider. Nothing new of a page comes into force while rows or columns of it have
    moved or its unit has slipped.
    """
    moved = moved_rows(neighbours.before, read)
    judged = [(entry, _moved(entry, moved) if entry.undecided else entry) for entry in entries]
    held = [now for _, now in judged if now.state is State.HELD]
    doubtful = {_page(now) for now in held if any(one.kind in _DOUBTS for one in now.suspicions)} - {""}
    for entry, now in judged:
        if entry.undecided:
            doubted = not now.suspicions and _page(now) in doubtful
            yield msgspec.structs.replace(now, suspicions=(_IN_DOUBT,)) if doubted else now


def _moved(entry: Entry, moved: Mapping[Place, Place]) -> Entry:
    source = moved.get((entry.model_id, entry.row.key))
    others = tuple(one for one in entry.suspicions if one.kind is not Kind.MOVED_ROW or source is None)
    found = others if source is None else by_gravity((*others, _moved_from(source)))
    return msgspec.structs.replace(entry, suspicions=found, undecided=False)


def _page(entry: Entry) -> str:
    return entry.row.evidence.url if entry.row.evidence else ""


def _other_words(old: Price, row: PriceRow) -> Iterator[Suspicion]:
    """Tell by the texts of the two rows what their figures do not: columns of which no price is read may have moved."""
    was, now = (price.evidence.text if price.evidence else "" for price in (old, row))
    if reordered(was, now):
        yield _REORDERED
    lost, gained = sorted(old.rates.keys() - row.rates.keys()), sorted(row.rates.keys() - old.rates.keys())
    if lost and gained and was != now:
        reason = f"{', '.join(lost)} is gone and {', '.join(gained)} is new, as if a column had another name"
        yield Suspicion(kind=Kind.MOVED_COLUMN, reason=reason)


def _without(reading: Reading, held: Iterable[PriceRow], silent: Iterable[Key]) -> Reading:
    slots = {(row.key, row.effective_from) for row in held}
    return Reading(
        in_force={key: row for key, row in reading.in_force.items() if (key, row.effective_from) not in slots},
        announced={slot: row for slot, row in reading.announced.items() if slot not in slots},
        doubtful=reading.doubtful.union((key for key, _ in slots), silent),
    )


def _can_be_kept(row: PriceRow) -> bool:
    return bool(row.rates) and all(amount.is_finite() for amount in row.rates.values())


def _moved_from(source: Place) -> Suspicion:
    model_id, key = source
    return Suspicion(
        kind=Kind.MOVED_ROW, reason=f"these are the figures that {model_id} ({_tier(key)}) had, and has no longer"
    )


def _said(key: Key, name: str, *, beside: Key) -> str:
    return name if key == beside else f"{name} ({_tier(key)})"


def _tier(key: Key) -> str:
    tier, above, currency, region = key
    return ", ".join((tier, *((f"above {above} tokens",) if above else ()), currency, region))
