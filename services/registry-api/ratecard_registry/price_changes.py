"""What one reading does to a model's prices. Pure: stored prices and a reading in, new prices and changes out.

A price ends only where its page was read well and did not show it, in three syncs. Unknown never becomes zero, and an
unchanged reading changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import msgspec

from ratecard_registry.reading import Reading
from ratecard_registry.stored import Applied, Price, midnight
from ratecard_shared.events import PriceChangeKind as Kind
from ratecard_shared.prices import PriceRow

MISSES_THAT_END_A_PRICE: Final = 3


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a price: exactly one event. `old` was in force before.

    `announcement` is the announced price that this change fulfils, replaces or takes back. A `scheduled` change without
    `new` takes an announcement back.
    """

    kind: Kind
    old: Price | None = None
    new: Price | None = None
    effective_date: datetime
    announcement: Price | None = None

    @property
    def about(self) -> Price:
        """The price whose key the change is about."""
        about = self.new or self.old if self.kind is not Kind.SCHEDULED else self.new or self.announcement
        if about is None:
            raise ValueError(f"a change that is about no price: {self}")
        return about


def after_end(change: PriceChange, end: datetime | None) -> PriceChange:
    """Return the change so that a first price begins no earlier than the last one of its key has ended."""
    if change.kind is not Kind.FIRST_SEEN or change.new is None or end is None or end <= change.effective_date:
        return change
    new = msgspec.structs.replace(change.new, effective_date=end)
    return msgspec.structs.replace(change, new=new, effective_date=end)


class Prices:
    """The prices of one model while they change. `changes` holds what happened, in order."""

    def __init__(self, in_force: Iterable[Price], announced: Iterable[Price]) -> None:
        """Take the prices as they are stored."""
        self._in_force = {price.key: price for price in in_force}
        self._announced = {(price.key, price.effective_date): price for price in announced}
        self.changes: list[PriceChange] = []

    @property
    def in_force(self) -> tuple[Price, ...]:
        """The prices in force now."""
        return tuple(self._in_force[key] for key in sorted(self._in_force))

    @property
    def announced(self) -> tuple[Price, ...]:
        """The prices announced now."""
        return tuple(self._announced[place] for place in sorted(self._announced))

    def keep_time(self, now: datetime) -> None:
        """Bring into force what was announced for a day that has come, and end what was said to end."""
        self._fulfil_due(now)
        for price in self.in_force:
            if price.ended(now):
                self._withdraw(price, price.ends_at or now)

    def _fulfil_due(self, now: datetime) -> None:
        for price in self.announced:
            if price.effective_date <= now and not price.missed_in and not price.absent_in:
                self._fulfil(price)

    def read(self, reading: Reading, applied: Applied, now: datetime) -> None:
        """Take in what a page that was read well shows."""
        self._fulfil_due(now)
        for key, row in sorted(reading.in_force.items()):
            self._see(row, self._in_force.get(key), applied, now)
        for price in self.in_force:
            if not reading.shows(price.key):
                self._not_seen(price, applied, now)
        self._read_announcements(reading, applied, now)

    def admit(self, row: PriceRow, applied: Applied, now: datetime) -> None:
        """Take in a price that was held back until now, as of `applied`."""
        if row.effective_from and midnight(row.effective_from) > now:
            self._announce(as_price(row, effective_date=midnight(row.effective_from), sync_id=applied.sync_id))
        else:
            self._see(row, self._in_force.get(row.key), applied, now)

    def all_absent(self, applied: Applied) -> None:
        """Note that this sync shows none of the prices."""
        for price in self.in_force:
            self._note_absent(price, applied)

    def judge(self, well_read: Callable[[Price], bool], applied: Applied) -> None:
        """Count as missed what the sync did not show although the source that had shown it was read well."""
        for price in (*self.in_force, *self.announced):
            if price.absent_in == applied.sync_id and applied.sync_id not in price.missed_in and well_read(price):
                self._miss(price, applied)

    def _miss(self, price: Price, applied: Applied) -> None:
        missed = msgspec.structs.replace(price, missed_in=(*price.missed_in, applied.sync_id))
        announced = (price.key, price.effective_date) in self._announced
        if len(missed.missed_in) < MISSES_THAT_END_A_PRICE:
            self._put(missed, announced=announced)
        elif announced:
            self._take_back(price)
        else:
            self._withdraw(price, applied.started_at)

    def withdraw_all(self, at: datetime) -> None:
        """End every price and take back every announcement: the model itself is gone."""
        for price in self.announced:
            self._take_back(price)
        for price in self.in_force:
            self._withdraw(price, at)

    def _see(self, row: PriceRow, stored: Price | None, applied: Applied, now: datetime) -> None:
        seen = as_price(row, effective_date=applied.started_at, sync_id=applied.sync_id)
        if stored is None:
            begun = midnight(row.effective_from) if row.effective_from else applied.started_at
            self._begin(Kind.FIRST_SEEN, None, msgspec.structs.replace(seen, effective_date=begun))
        elif stored.same_price(row):
            self._put(
                msgspec.structs.replace(stored, effective_until=row.effective_until, missed_in=(), absent_in=""),
                announced=False,
            )
        elif stored.effective_date > applied.started_at:
            return
        elif _misread(stored, row) or stored.effective_date == applied.started_at:
            self._begin(Kind.CORRECTED, stored, msgspec.structs.replace(seen, effective_date=stored.effective_date))
        else:
            begun = _begun(row, stored, applied.started_at, now)
            self._begin(Kind.CHANGED, stored, msgspec.structs.replace(seen, effective_date=begun))

    def _not_seen(self, price: Price, applied: Applied, now: datetime) -> None:
        if price.ended(now):
            self._withdraw(price, price.ends_at or now)
        else:
            self._note_absent(price, applied)

    def _note_absent(self, price: Price, applied: Applied) -> None:
        if price.effective_date <= applied.started_at:
            self._put(msgspec.structs.replace(price, absent_in=applied.sync_id), announced=False)

    def _read_announcements(self, reading: Reading, applied: Applied, now: datetime) -> None:
        for (_, day), row in sorted(reading.announced.items(), key=lambda item: item[0]):
            self._announce(as_price(row, effective_date=midnight(day), sync_id=applied.sync_id))
        speaks_of = {key for key, _ in reading.announced}
        for price in self.announced:
            if (price.key, price.effective_date.date()) in reading.announced or price.key in reading.doubtful:
                continue
            if price.key in speaks_of or price.effective_date <= now:
                self._take_back(price)
            else:
                self._put(msgspec.structs.replace(price, absent_in=applied.sync_id), announced=True)

    def _announce(self, price: Price) -> None:
        known = self._announced.get((price.key, price.effective_date))
        if known is not None and known.same_price(price):
            self._put(
                msgspec.structs.replace(known, effective_until=price.effective_until, missed_in=(), absent_in=""),
                announced=True,
            )
            return
        self._put(price, announced=True)
        self._say(Kind.SCHEDULED, self._in_force.get(price.key), price, price.effective_date, known)

    def _take_back(self, price: Price) -> None:
        del self._announced[price.key, price.effective_date]
        self._say(Kind.SCHEDULED, self._in_force.get(price.key), None, price.effective_date, price)

    def _fulfil(self, price: Price) -> None:
        current = self._in_force.get(price.key)
        if current is not None and (current.same_price(price) or current.effective_date >= price.effective_date):
            self._take_back(price)
            return
        del self._announced[price.key, price.effective_date]
        self._begin(Kind.CHANGED if current else Kind.FIRST_SEEN, current, price, announcement=price)

    def _begin(self, kind: Kind, old: Price | None, new: Price, announcement: Price | None = None) -> None:
        self._put(new, announced=False)
        self._say(kind, old, new, new.effective_date, announcement)

    def _withdraw(self, price: Price, at: datetime) -> None:
        del self._in_force[price.key]
        self._say(Kind.WITHDRAWN, price, None, max(at, price.effective_date), None)

    def _put(self, price: Price, *, announced: bool) -> None:
        if announced:
            self._announced[price.key, price.effective_date] = price
        else:
            self._in_force[price.key] = price

    def _say(self, kind: Kind, old: Price | None, new: Price | None, at: datetime, announcement: Price | None) -> None:
        self.changes.append(PriceChange(kind=kind, old=old, new=new, effective_date=at, announcement=announcement))


def as_price(row: PriceRow, *, effective_date: datetime, sync_id: str) -> Price:
    """Return the row as a price that begins at `effective_date`."""
    return Price(
        tier=row.tier,
        above_tokens=row.above_tokens,
        currency=row.currency,
        region=row.region,
        rates=row.rates,
        free=row.free,
        effective_date=effective_date,
        effective_until=row.effective_until,
        evidence=row.evidence,
        sync_id=sync_id,
    )


def _begun(row: PriceRow, stored: Price, started_at: datetime, now: datetime) -> datetime:
    """Return since when the new price is charged: the day its page names, else the end of the old, else now."""
    named = (midnight(row.effective_from) if row.effective_from else None, stored.ends_at)
    past = (at for at in named if at is not None and stored.effective_date < at <= now)
    return next(past, started_at)


def _misread(stored: Price, row: PriceRow) -> bool:
    """Tell whether the same words of the same page now read differently: then the first reading was wrong."""
    old, new = stored.evidence, row.evidence
    if old is None or new is None or old.url != new.url:
        return False
    return old.sha256 == new.sha256 or (old.text == new.text and bool(new.text))
