"""The prices of the models that a request's lines name, and what was made of them for lines like these before.

A name is kept, with the model that it means and the tariffs that were in force lately, until anything changes that any
price depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from ratecard_registry.cost import Tariff, Usage, tariff_of
from ratecard_registry.dated import FIRST, DatedPrice, Place, still_said, unchanged_around
from ratecard_registry.naming import Asked
from ratecard_registry.versions import Versions

_MOST_NAMES: Final = 4_000


class Tariffs:
    """What one model charges, by a tier, currency and region: each made once for as long as no price begins or ends."""

    def __init__(self, rows: Sequence[DatedPrice]) -> None:
        """Take the model's prices, in their `order`."""
        self._rows = rows
        self._kept: dict[tuple[str, str | None, str | None], tuple[datetime, datetime, Tariff]] = {}

    def of(self, usage: Usage, now: datetime) -> Tariff:
        """Return what prices this usage, as it was believed at `now`. Raises CannotPriceError."""
        terms, when = (usage.tier, usage.currency, usage.region), usage.when
        kept = self._kept.get(terms)
        if kept is not None and kept[0] <= when < kept[1]:
            return kept[2]
        tariff = tariff_of(usage, still_said(self._rows, now))
        if when <= now:  # of a time to come, what is announced holds until its day has come
            self._kept[terms] = (*unchanged_around(self._rows, when), tariff)
        return tariff


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The models that a name may mean, and what that one charges if it is exactly one."""

    places: tuple[Place, ...]
    tariffs: Tariffs | None


class KnownNames:
    """Names with their models' tariffs, as long as nothing has changed and no clock was set back."""

    def __init__(self, versions: Versions) -> None:
        """Begin with none."""
        self._versions = versions
        self._state: tuple[object, int] = (None, 0)
        self._latest = FIRST
        self._names: dict[Asked, Named] = {}

    def at(self, now: datetime) -> dict[Asked, Named]:
        """Return where what is true now is kept, and may be put by whoever has begun after this was asked for."""
        state, before = (self._versions.known, self._versions.behind), self._state
        if before[0] is not state[0] or before[1] != state[1] or now < self._latest or len(self._names) > _MOST_NAMES:
            self._state, self._names = state, {}
        self._latest = now
        return self._names
