"""Reads fetched pages, and reads no page twice: what the same bytes said under the same rules is remembered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_scraper.fetch import Fetched
from ratecard_shared.prices import PriceRow, Refusal, Rule

_MOST_KEPT: Final = 64


class Reading(Protocol):
    """What was read on a page."""

    @property
    def strategy(self) -> str | None:
        """The strategy that read it."""

    @property
    def prices(self) -> Sequence[PriceRow]:
        """The price rows."""

    @property
    def refused(self) -> Sequence[Refusal]:
        """What looked like a price and was not taken."""

    @property
    def rules(self) -> Sequence[Rule]:
        """Prices that the page states only as a rule."""

    @property
    def incomplete(self) -> str | None:
        """Why the page may hold prices that were not seen, because it is cut off or broken."""


class ReadPage(Protocol):
    """Bytes and a provider's file to price rows: `ratecard_pages.read_page`."""

    def __call__(
        self, body: bytes, *, url: str, provider: Provider, fetched_at: datetime, pricing: Pricing | None = None
    ) -> Reading:
        """Return what the page says."""


class Readings:
    """What the pages said that were read so far, the latest ones."""

    def __init__(self, read_page: ReadPage) -> None:
        """Read with `read_page`."""
        self._read_page = read_page
        self._kept: dict[tuple[str, str, str], Reading] = {}
        # Threads that read side by side share one interpreter: all would end when the last does.
        self._turn = asyncio.Lock()

    async def read(self, page: Fetched, *, provider: Provider, pricing: Pricing) -> Reading:
        """Return what `page` says. It is read in a thread, so that a long page does not hold up the consumer."""
        rules = hashlib.sha256(msgspec.json.encode((provider, pricing))).hexdigest()
        key = (page.url, page.sha256, rules)
        if key not in self._kept:
            async with self._turn:
                self._kept[key] = await asyncio.to_thread(
                    self._read_page,
                    page.body,
                    url=page.url,
                    provider=provider,
                    fetched_at=page.fetched_at,
                    pricing=pricing,
                )
        while len(self._kept) > _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        return self._kept[key]
