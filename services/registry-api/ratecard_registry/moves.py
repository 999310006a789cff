"""Whether new figures are old ones of a neighbour that moved: rows or columns of a page that changed places. Pure.

A figure has moved where it stands in a new place and no longer in its old one; a price that becomes equal to a
neighbour's has not. A cut of everything by one factor, of which some figure is nobody's old one, has not moved either.
"""

from __future__ import annotations

from collections import Counter
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


def sources(place: Place, new: Rates, before: Mapping[Place, Rates], read: Read) -> tuple[Place, ...]:
    """Return the places whose old figures stand at `place` now and no longer where they stood."""
    old = before.get(place, {})
    parts = _changed(old, new)
    if not parts:
        return ()
    change = _Change(old=old, new=new, parts=parts, has_past=any(model_id == place[0] for model_id, _ in before))
    return tuple(
        (model_id, key)
        for (model_id, key), rates in sorted(before.items(), key=lambda item: item[0])
        if (model_id, key) != place
        and key[2] == place[1][2]
        and change.may_be_of(rates, (read.get(model_id) or {}).get(key, {}))
        and change.was_given_up(key, rates, read.get(model_id, {}))
    )


def moved_rows(before: Mapping[Place, Rates], read: Read) -> dict[Place, Place]:
    """Return which places hold the old figures of which other."""
    found = {}
    fresh: set[Decimal] = set()
    for place, new in _rows(read):
        if not _changed(before.get(place, {}), new):
            continue
        if came_from := sources(place, new, before, read):
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
