"""What the operator's own prices do to what is charged. Pure: a model and its own prices in, what changed out.

The list's prices keep their own chain, whatever is set above them. Of the own prices in force the highest is charged;
where there is none, the list's is. Each action on an own price, and each of its days, is exactly one change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ratecard_registry.stored import Key, OwnKind, OwnPrice, OwnState, StoredModel
from ratecard_shared.events import PriceChangeKind as Kind
from ratecard_shared.events import PriceSaid


class OwnChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change: exactly one event. `old` and `new` are what is charged, `listed` what the list says."""

    kind: Kind
    own: OwnPrice
    old: PriceSaid | None
    new: PriceSaid | None
    listed: PriceSaid | None
    effective_date: datetime


class OwnDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a model's own prices: versions that are new, are no longer believed, or stand elsewhere now."""

    model: StoredModel
    changes: tuple[OwnChange, ...]
    added: tuple[OwnPrice, ...] = ()
    superseded: tuple[OwnPrice, ...] = ()
    moved_on: tuple[OwnPrice, ...] = ()


def highest(own: Iterable[OwnPrice], key: Key) -> OwnPrice | None:
    """Return the own price of this key that is charged, by what was last said of each."""
    in_force = (one for one in own if one.state is OwnState.IN_FORCE and one.price.key == key)
    return max(in_force, key=lambda one: one.rank, default=None)


class OwnLayer:
    """The own prices of one model while they change."""

    def __init__(self, model: StoredModel) -> None:
        """Take the model as it is stored."""
        self._model = model
        self._listed = {price.key: price.said for price in model.prices}
        self._own = {one.number: one for one in model.own}
        self._changes: list[OwnChange] = []

    def record(self, own: OwnPrice, now: datetime) -> OwnDecision:
        """Take in a new own price: from now on, from a day to come, or for a time that is over."""
        before = self._charged(own.price.key)
        new = self._put(own, _state_at(own, now))
        charged = self._charged(own.price.key)
        if new.state is OwnState.SCHEDULED:
            self._say(Kind.SCHEDULED, new, before, own.price.said)
        elif new.state is OwnState.IN_FORCE:
            self._say(_begins(new, before), new, before, charged)
        else:
            self._say(Kind.CORRECTED, new, before, charged)
        return self._decision(added=(new,))

    def end(self, own: OwnPrice, at: datetime, now: datetime) -> OwnDecision:
        """Let an own price end at another time than it would: in the past, or to come."""
        key = own.price.key
        before = self._charged(key)
        version = msgspec.structs.replace(own, end_date=at, recorded_at=now)
        new = self._put(version, _state_at(version, now))
        charged = self._charged(key)
        if new.state is OwnState.ENDED:
            self._say(_ends(charged), new, before, charged, at)
        else:
            self._say(Kind.SCHEDULED, new, before, self._charged(key, without=new), at)
        return self._decision(added=(new,), superseded=(own,))

    def withdraw(self, own: OwnPrice) -> OwnDecision:
        """Take an own price back as if it had never been: what it was charged instead of is believed again."""
        key = own.price.key
        before = self._charged(key)
        gone = self._put(own, OwnState.WITHDRAWN)
        charged = self._charged(key)
        if own.state is OwnState.SCHEDULED:
            self._say(Kind.SCHEDULED, gone, before, None)
        elif own.state is OwnState.IN_FORCE and charged is None:
            self._say(Kind.WITHDRAWN, gone, before, None)
        else:
            self._say(Kind.CORRECTED, gone, before, charged)
        return self._decision(superseded=(gone,))

    def keep_time(self, now: datetime) -> OwnDecision:
        """Begin what has begun, then end what has ended: one that follows another leaves no gap between them."""
        moved_on = [self._begin(one) for one in self._in_order() if _to_begin(one, now)]
        moved_on += [self._end_on_its_day(one) for one in self._in_order() if _to_end(one, now)]
        return self._decision(moved_on=tuple({one.id: one for one in moved_on}.values()))

    def leave(self) -> OwnDecision:
        """Take all own prices off a page's name: they go on with the model that an API has named."""
        living = [one for one in self._in_order() if one.state is OwnState.IN_FORCE]
        for one in living:
            before = self._charged(one.price.key)
            self._put(one, OwnState.SCHEDULED)
            charged = self._charged(one.price.key)
            self._say(_ends(charged), one, before, charged)
        moved_on = tuple(msgspec.structs.replace(one, state=OwnState.SCHEDULED) for one in living)
        return self._decision(moved_on=moved_on)

    def _begin(self, own: OwnPrice) -> OwnPrice:
        before = self._charged(own.price.key)
        begun = self._put(own, OwnState.IN_FORCE)
        self._say(_begins(begun, before), begun, before, self._charged(own.price.key))
        return begun

    def _end_on_its_day(self, own: OwnPrice) -> OwnPrice:
        before = self._charged(own.price.key)
        ended = self._put(own, OwnState.ENDED)
        charged = self._charged(own.price.key)
        self._say(_ends(charged), ended, before, charged, own.end_date)
        return ended

    def _in_order(self) -> list[OwnPrice]:
        return sorted(self._own.values(), key=lambda one: (one.price.effective_date, one.number))

    def _charged(self, key: Key, *, without: OwnPrice | None = None) -> PriceSaid | None:
        own = (one for one in self._own.values() if without is None or one.number != without.number)
        found = highest(own, key)
        return found.price.said if found else self._listed.get(key)

    def _put(self, own: OwnPrice, state: OwnState) -> OwnPrice:
        put = msgspec.structs.replace(own, state=state)
        self._own[own.number] = put
        return put

    def _say(
        self, kind: Kind, own: OwnPrice, old: PriceSaid | None, new: PriceSaid | None, at: datetime | None = None
    ) -> None:
        listed = self._listed.get(own.price.key)
        self._changes.append(
            OwnChange(
                kind=kind, own=own, old=old, new=new, listed=listed, effective_date=at or own.price.effective_date
            )
        )

    def _decision(
        self,
        *,
        added: tuple[OwnPrice, ...] = (),
        superseded: tuple[OwnPrice, ...] = (),
        moved_on: tuple[OwnPrice, ...] = (),
    ) -> OwnDecision:
        return OwnDecision(
            model=self._model, changes=tuple(self._changes), added=added, superseded=superseded, moved_on=moved_on
        )


def _to_begin(own: OwnPrice, now: datetime) -> bool:
    return own.state is OwnState.SCHEDULED and own.price.effective_date <= now


def _to_end(own: OwnPrice, now: datetime) -> bool:
    return own.state is OwnState.IN_FORCE and own.end_date is not None and own.end_date <= now


def _state_at(own: OwnPrice, now: datetime) -> OwnState:
    if own.covers(now):
        return OwnState.IN_FORCE
    return OwnState.SCHEDULED if now < own.price.effective_date else OwnState.ENDED


def _begins(own: OwnPrice, before: PriceSaid | None) -> Kind:
    if before is None:
        return Kind.FIRST_SEEN
    return Kind.CORRECTED if own.kind is OwnKind.CORRECTION else Kind.CHANGED


def _ends(charged: PriceSaid | None) -> Kind:
    return Kind.WITHDRAWN if charged is None else Kind.CHANGED
