"""Whether new figures are old ones of a neighbour that moved: rows or columns of a page that changed places. Pure.

A figure has moved where it stands in a new place and no longer in its old one; a price that becomes equal to a
neighbour's has not. A cut of everything by one factor, of which some figure is nobody's old one, has not moved either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from ratecard_registry.stored import Key

Rates = Mapping[str, Decimal]
Place = tuple[str, Key]
"""A model's id and the key of one of its prices."""
Rows = Mapping[Key, Rates]
Read = Mapping[str, Rows | None]
"""What a sync read of every model, by id: no rows if its pages do not name it, None if its prices cannot be told."""
Cell = tuple[Key, str]


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the figures at one place. `has_past`: its model had prices before."""

    old: Rates
    new: Rates
    parts: frozenset[str]
    has_past: bool

    def may_be_of(self, rates: Rates, now: Rates) -> bool:
        """Tell whether all that changed is as it was at another place. What only vanished needs more to be like it."""
        if any(rates.get(name) != self.new.get(name) for name in self.parts):
            return False
        if any(name in self.new for name in self.parts):
            return any(self.new.get(name, 0) > 0 for name in self.parts)
        return self.new == rates or all(now.get(name) == self.old[name] for name in self.parts)

    def was_given_up(self, key: Key, rates: Rates, rows: Rows | None) -> bool:
        """Tell whether the other place lost its figures. A new model may take the place of one that vanished."""
        if rows is None:
            return True
        if not rows and not self.has_past:
            return False
        if key not in rows:
            return True
        return bool(_changed(rates, rows[key]) if self.new == rates else _changed(rates, rows[key]) & self.parts)


class _Givers:
    """Where figures stood before, by what they are: a place's givers are found without looking at every place."""

    def __init__(self, before: Mapping[Place, Rates], read: Read) -> None:
        self._before, self._read = before, read
        self._models = {model_id for model_id, _ in before}
        self._held: dict[tuple[str, str, Decimal], list[Place]] = defaultdict(list)
        self._kept: dict[tuple[str, str, Decimal], list[Place]] = defaultdict(list)
        self._same: dict[tuple[str, frozenset[tuple[str, Decimal]]], list[Place]] = defaultdict(list)
        for place in sorted(before):
            currency = place[1][2]
            self._same[currency, frozenset(before[place].items())].append(place)
            for name, amount in before[place].items():
                self._held[currency, name, amount].append(place)
            for name, amount in self._now(place).items():
                self._kept[currency, name, amount].append(place)

    def of(self, place: Place, new: Rates) -> tuple[Place, ...]:
        """Return the places whose old figures stand at `place` now and no longer where they stood."""
        old = self._before.get(place, {})
        parts = _changed(old, new)
        if not parts:
            return ()
        change = _Change(old=old, new=new, parts=parts, has_past=place[0] in self._models)
        return tuple(other for other in self._candidates(place, change) if self._gave(other, place, change))

    def _gave(self, other: Place, place: Place, change: _Change) -> bool:
        model_id, key = other
        rates = self._before[other]
        return (
            other != place
            and change.may_be_of(rates, self._now(other))
            and change.was_given_up(key, rates, self._read.get(model_id, {}))
        )

    def _candidates(self, place: Place, change: _Change) -> Iterable[Place]:
        """Give, in order, all places that `may_be_of` can hold for: one figure that must be there tells them."""
        currency = place[1][2]
        gained = [self._held.get((currency, name, change.new[name]), []) for name in change.parts if name in change.new]
        if gained:
            return min(gained, key=len)
        same = self._same.get((currency, frozenset(change.new.items())), [])
        kept = min((self._kept.get((currency, name, change.old[name]), []) for name in change.parts), key=len)
        return sorted({*same, *kept})

    def _now(self, place: Place) -> Rates:
        return (self._read.get(place[0]) or {}).get(place[1], {})


def sources(place: Place, new: Rates, before: Mapping[Place, Rates], read: Read) -> tuple[Place, ...]:
    """Return the places whose old figures stand at `place` now and no longer where they stood."""
    return _Givers(before, read).of(place, new)


def moved_rows(before: Mapping[Place, Rates], read: Read) -> dict[Place, Place]:
    """Return which places hold the old figures of which other."""
    givers = _Givers(before, read)
    found = {}
    fresh: set[Decimal] = set()
    for place, new in _rows(read):
        if not _changed(before.get(place, {}), new):
            continue
        if came_from := givers.of(place, new):
            found[place] = came_from[0]
        elif (factor := _factor(before.get(place, {}), new)) is not None:
            fresh.add(factor)
    return {
        place: source
        for place, source in found.items()
        if _factor(before.get(place, {}), (read[place[0]] or {})[place[1]]) not in fresh
    }


def moved_columns(old: Rows, new: Rows) -> dict[Cell, Cell]:
    """Return which figures of one model's rows are old figures of its other cells that gave them up."""
    if not old:
        return {}
    was, now = dict(_cells(old)), dict(_cells(new))
    found = {}
    for cell, amount in now.items():
        if amount > 0 and was.get(cell) != amount:
            givers = (other for other, held in was.items() if other != cell and held == amount != now.get(other))
            if (giver := next(givers, None)) is not None:
                found[cell] = giver
    return {} if _even(was, now) else found


def reordered(old: str, new: str) -> bool:
    """Tell whether two texts of a row are the same words in another order: then its columns changed places.

    This finds figures that moved out of columns, or into them, of which no price is read.
    """
    was, now = old.split(), new.split()
    return was != now and Counter(was) == Counter(now)


def _changed(old: Rates, new: Rates) -> frozenset[str]:
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _factor(old: Rates, new: Rates) -> Decimal | None:
    """Return by what everything that changed was multiplied; None if that is no single number."""
    return _one_factor((old.get(name), new.get(name)) for name in _changed(old, new))


def _even(was: Mapping[Cell, Decimal], now: Mapping[Cell, Decimal]) -> bool:
    changed = [cell for cell in was.keys() | now.keys() if was.get(cell) != now.get(cell)]
    fresh = any(now.get(cell) not in was.values() for cell in changed)
    return fresh and _one_factor((was.get(cell), now.get(cell)) for cell in changed) is not None


def _one_factor(pairs: Iterable[tuple[Decimal | None, Decimal | None]]) -> Decimal | None:
    factors = {after / before if before and after else None for before, after in pairs}
    return factors.pop() if len(factors) == 1 else None


def _rows(read: Read) -> Iterator[tuple[Place, Rates]]:
    for model_id, rows in sorted(read.items()):
        for key, rates in sorted((rows or {}).items()):
            yield (model_id, key), rates


def _cells(rows: Rows) -> Iterator[tuple[Cell, Decimal]]:
    for key, rates in sorted(rows.items()):
        for name, amount in sorted(rates.items()):
            yield (key, name), amount
