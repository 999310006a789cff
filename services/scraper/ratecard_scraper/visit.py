"""One visit to one pricing page: fetched and read, or why not. What goes wrong with it costs only this page."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

import msgspec

from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_scraper.faults import BlockedError, PageError
from ratecard_scraper.fetch import Fetched, Fetcher
from ratecard_scraper.readings import Reading, Readings
from ratecard_shared.events import PageRead
from ratecard_shared.retry import Now
from ratecard_shared.tracing import ROWS, STRATEGY, mark_failed, traced

_LOG: Final = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something an administrator must see: its kind, what happened and what to do."""

    kind: str
    summary: str
    action: str
    url: str = ""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """How one page went."""

    page: PageRead
    fetched: Fetched | None = None
    reading: Reading | None = None
    problem: Problem | None = None


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Visits the pages of one provider until `deadline`."""

    provider: Provider
    pricing: Pricing
    fetcher: Fetcher
    readings: Readings
    deadline: datetime
    now: Now

    async def visits(self) -> list[Visit]:
        """Return how each page went, spare pages only where those before them gave no price."""
        visits: list[Visit] = []
        for page in self.pricing.pages:
            if not (page.spare and any(visit.page.rows for visit in visits)):
                visits.append(await self.visit(page.url))
        return visits

    async def visit(self, url: str) -> Visit:
        """Return what `url` says, or why it says nothing."""
        try:
            fetched = await self.fetcher.page(url, provider=self.provider.id, deadline=self.deadline)
        except PageError as error:
            _LOG.warning("%s is not read: %s", url, error)
            problem = _blocked(url, error) if isinstance(error, BlockedError) else None
            return Visit(page=PageRead(url=url, fetched_at=self.now(), error=str(error)), problem=problem)
        try:
            reading = await self._read(fetched)
        except Exception as error:  # noqa: BLE001 - a reader's fault on one page must not cost the others
            _LOG.exception("%s cannot be read", url)
            return _unread(fetched, f"reading it failed: {error}", None)
        if not reading.prices:
            return _unread(fetched, "no strategy found a price on it", reading)
        page = _page(fetched, strategy=reading.strategy, rows=len(reading.prices), complete=not reading.incomplete)
        return Visit(page=page, fetched=fetched, reading=reading, problem=_incomplete(url, reading))

    async def _read(self, fetched: Fetched) -> Reading:
        with traced("parse") as span:
            reading = await self.readings.read(fetched, provider=self.provider, pricing=self.pricing)
            span.set_attributes({STRATEGY: reading.strategy or "", ROWS: len(reading.prices)})
            if not reading.prices:
                mark_failed("no strategy found a price")
            return reading


def _unread(fetched: Fetched, reason: str, reading: Reading | None) -> Visit:
    refused = reading.refused if reading else ()
    why = f"{reason}: {refused[0].reason}" if refused else reason
    problem = Problem(
        kind="scraping.structure",
        summary=f"{fetched.url} was fetched, but {why}",
        action="See whether the page has changed its form and adapt its strategies in the provider file.",
        url=fetched.url,
    )
    return Visit(page=_page(fetched, error=why), fetched=fetched, reading=reading, problem=problem)


def _incomplete(url: str, reading: Reading) -> Problem | None:
    if reading.incomplete is None:
        return None
    _LOG.warning("%s is read only in part: %s", url, reading.incomplete)
    return Problem(
        kind="scraping.structure",
        summary=f"{url} is read only in part: {reading.incomplete}. Its prices are taken, and none of the others ends",
        action="Look at the page: if it is cut off, wait for the next sync; if its form is new, adapt its strategies.",
        url=url,
    )


def _blocked(url: str, error: PageError) -> Problem:
    return Problem(
        kind="scraping.blocked",
        summary=f"{url} is not read: {error}",
        action="Raise SCRAPING_DELAY_MS, or ask the provider for another page; the last good prices stay.",
        url=url,
    )


def _page(
    fetched: Fetched,
    *,
    strategy: str | None = None,
    rows: int = 0,
    error: str | None = None,
    complete: bool = True,
) -> PageRead:
    return PageRead(
        url=fetched.url,
        fetched_at=fetched.fetched_at,
        sha256=fetched.sha256,
        strategy=strategy,
        rows=rows,
        error=error,
        complete=complete,
    )
