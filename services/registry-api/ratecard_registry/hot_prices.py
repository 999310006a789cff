"""The prices that costs are asked for again and again, in memory: a line about a hot model needs no query.

They are kept with a version of their provider's models, and PostgreSQL is asked whether that is still so when they are
read: they are never older than what was answered before. Old times, and what was believed then, are read each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ratecard_registry import metrics
from ratecard_registry.dated import DatedPrice, Place, still_said
from ratecard_registry.outdated import MODELS
from ratecard_registry.past import LAST_DAY, Past
from ratecard_registry.reading_pool import AwayError
from ratecard_registry.together import Together
from ratecard_registry.versions import Versions

RECENT: Final = timedelta(days=35)
MOST_ROWS: Final = 60_000
_BYTES_OF_A_ROW: Final = 1_400

_ROWS_OF_ROOM: Final = MOST_ROWS * 3 // 4
_MOST_NAMES: Final = 10_000
_TRIES: Final = 5
_AT_ONCE: Final = 50
"""Of so many models prices are read without leaving the event loop to others."""

Names = dict[str, list[tuple[str, Place]]]
"""Which models have a name without having it for their id, by name."""


class Hot(msgspec.Struct, kw_only=True):
    """All prices of a model since a time, as they are believed at a version of its provider's models."""

    version: int
    since: datetime
    rows: tuple[DatedPrice, ...]


class HotPrices:
    """Reads prices as `Past` does, and seldom asks it."""

    def __init__(
        self, *, past: Past, versions: Versions, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Wire it."""
        self._past = past
        self._versions = versions
        self._now = now
        self._kept: OrderedDict[Place, Hot] = OrderedDict()
        self._size = 0
        self._together = Together(self._read)
        self._names_together = Together(self._read_names)
        self._names: Names = {}
        self._last_names: Names = {}
        self._names_of = -1

    @property
    def has_room(self) -> bool:
        """Tell whether more can be kept without dropping what is."""
        return self._size < _ROWS_OF_ROOM

    def moment(self, at: datetime | None, known_at: datetime | None) -> datetime:
        """Return the time that is meant, as `Past` does."""
        return self._past.moment(at, known_at)

    async def prices(
        self, places: Collection[Place], first: datetime, last: datetime, *, known_at: datetime | None = None
    ) -> dict[Place, list[DatedPrice]]:
        """Return at least the prices that may be in force between the two times, by model, in their order."""
        now = self._now()
        if first < now - RECENT or (known_at and known_at < now):
            return await self._past.prices(places, first, last, known_at=known_at)
        await self._versions.current()
        found = self._found(places, first)
        if len(found) < len(places):
            found |= await self._newest([place for place in places if place not in found], first)
        return {place: still_said(hot.rows, now) for place, hot in found.items()}

    def _found(self, places: Collection[Place], first: datetime) -> dict[Place, Hot]:
        return {place: hot for place in places if (hot := self._hot(place, first)) is not None}

    def _hot(self, place: Place, first: datetime) -> Hot | None:
        hot = self._kept.get(place)
        if hot is None or first < hot.since or self._has_changed(place, hot):
            return None
        self._kept.move_to_end(place)
        return hot

    def _has_changed(self, place: Place, hot: Hot) -> bool:
        now = self._version(place)
        if hot.version != now:
            if self._versions.has_changed(*place, hot.version):
                return True
            hot.version = now
        return False

    def _version(self, place: Place) -> int:
        return self._versions.known.get(f"{MODELS}{place[0]}", -1)

    async def _newest(self, places: Collection[Place], first: datetime) -> dict[Place, Hot]:
        """Read them; where PostgreSQL is away, return what was last known of all of them."""
        try:
            read = await self._together.get(places)
            return {place: read[place] for place in places}
        except AwayError:
            last = {place: hot for place in places if (hot := self._kept.get(place)) and hot.since <= first}
            if len(last) < len(places):
                raise
            self._versions.behind += 1
            return last

    async def _read(self, places: Collection[Place]) -> dict[Place, Hot]:
        """Return the newest of them; those that others have read meanwhile are there."""
        since, read = self._now() - 2 * RECENT, dict[Place, Hot]()
        there = self._found(places, since + RECENT)
        lacking = [place for place in places if place not in there]
        for _ in range(_TRIES if lacking else 0):
            before = {place: self._version(place) for place in lacking}
            rows = await self._rows(lacking, since)
            read = {
                place: Hot(version=before[place], since=since, rows=tuple(rows.get(place, ()))) for place in lacking
            }
            await self._versions.look_together()
            if not any(self._has_changed(place, hot) for place, hot in read.items()):
                self._keep(read)
                break
        return there | read

    async def _rows(self, places: Sequence[Place], since: datetime) -> dict[Place, list[DatedPrice]]:
        found: dict[Place, list[DatedPrice]] = {}
        for first in range(0, len(places), _AT_ONCE):
            found |= await self._past.prices(places[first : first + _AT_ONCE], since, LAST_DAY)
        return found

    def _keep(self, read: dict[Place, Hot]) -> None:
        for place, hot in read.items():
            before = self._kept.pop(place, None)
            self._kept[place] = hot
            self._size += _weight(hot) - (_weight(before) if before else 0)
        while self._size > MOST_ROWS:
            _, coldest = self._kept.popitem(last=False)
            self._size -= _weight(coldest)
        metrics.KEPT.labels("prices").set(self._size * _BYTES_OF_A_ROW)

    async def other_names(self, names: Iterable[str]) -> list[tuple[str, Place]]:
        """Return which models have these names without having them for ids, as `Past` does."""
        wanted = set(names)
        if self._names_of != self._versions.growths_of_models or len(self._names) > _MOST_NAMES:
            self._last_names = self._names or self._last_names
            self._names, self._names_of = {}, self._versions.growths_of_models
        found = {name: self._names[name] for name in wanted if name in self._names}
        if missing := wanted - found.keys():
            try:
                found |= await self._names_together.get(missing)
            except AwayError:
                if not missing <= self._last_names.keys():
                    raise
                self._versions.behind += 1
                found |= self._last_names
        return [one for name in sorted(wanted) for one in found[name]]

    async def _read_names(self, names: Collection[str]) -> Names:
        kept = self._names
        if lacking := [name for name in names if name not in kept]:
            found = await self._past.other_names(lacking)
            kept.update({name: [one for one in found if one[0] == name] for name in lacking})
        return {name: kept[name] for name in names}


def _weight(hot: Hot) -> int:
    return len(hot.rows) + 1
