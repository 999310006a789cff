"""Reads into memory whatever is asked for often, once a sync has settled: then reads do without PostgreSQL.

So a replica that nobody has asked yet can answer in an outage, and who asks first after a sync does not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ratecard_registry.catalogue import Catalogue
from ratecard_registry.hot_prices import HotPrices

_MODELS_AT_ONCE: Final = 200


class Warmer:
    """Keeps memory full. `warm` tells whether it has been, once: since then something can be shown of everything."""

    def __init__(
        self, *, catalogue: Catalogue, prices: HotPrices, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Wire it."""
        self.catalogue = catalogue
        self.prices = prices
        self._now = now
        self._seen: object = None
        self._read: object = None
        self.warm = False

    async def look(self) -> None:
        """Read what memory lacks, if nothing has changed since the last look."""
        versions = self.catalogue.known_versions
        state, behind = await versions.current(), versions.behind
        seen, self._seen = self._seen, state
        if state is self._read or (self.warm and state is not seen):
            return
        ids = await self.catalogue.ids()
        places = [(provider, name) for provider, names in ids.items() for name in names]
        for first in range(0, len(places), _MODELS_AT_ONCE):
            some = places[first : first + _MODELS_AT_ONCE]
            await self.catalogue.models(some)
            if self.prices.has_room:
                await self.prices.prices(some, self._now(), self._now())
        if versions.behind == behind:
            self._read, self.warm = state, True
