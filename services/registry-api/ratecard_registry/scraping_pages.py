"""The pages that a scraping configuration is tried on: kept bytes, or those that the caller gives. Nothing is fetched.

A page is read in a thread, and one trial at a time: reading costs seconds of the processor.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import msgspec

from ratecard_providers.load import with_addresses
from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_registry.evidence import DamagedError, PageStore
from ratecard_registry.problems import Problem
from ratecard_registry.scraping_trial import InForce, Known, SavedPage, TrialView, try_out
from ratecard_registry.views import View
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("scraping.sql")


class GivenPage(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page to try a configuration on: its text, or the SHA-256 of kept evidence; neither means the newest kept.

    `url` says which of the configuration's pages it is; without it a kept page is the one that it was fetched as, else
    the configuration's first.
    """

    url: str | None = None
    page: str | None = None
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")] | None = None


class Trials:
    """Tries configurations out. `addresses` are where providers' addresses are asked instead (a demo's)."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        kept: PageStore,
        addresses: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._kept = kept
        self._addresses = addresses or {}
        self._now = now
        self._sql = queries(QUERIES)
        self._reading = asyncio.Lock()

    async def on_kept(self, provider: Provider, pricing: Pricing) -> TrialView:
        """Try the configuration on the newest kept bytes of each of its pages."""
        return await self._on_newest(provider, pricing, whole=True)

    async def on_given(self, provider: Provider, pricing: Pricing, given: GivenPage) -> TrialView:
        """Try the configuration on one page. Raises Problem."""
        if given.page is not None and given.sha256 is not None:
            raise Problem(400, "`page` and `sha256` exclude each other: give the text of a page, or name a kept one.")
        chosen = pricing if given.url is None else _only(pricing, given.url)
        whole = len(pricing.pages) == 1
        if given.page is not None:
            saved = self._from_text(given.page)
        elif given.sha256 is not None:
            saved = await self._from_evidence(provider, given.sha256)
        else:
            return await self._on_newest(provider, chosen, whole=whole or chosen is pricing)
        asked = with_addresses(chosen, self._addresses)
        url = next((page.url for page in asked.pages if page.url == saved.url), asked.pages[0].url)
        only = _only(asked, url)
        return await self._try(provider, only, {url: msgspec.structs.replace(saved, url=url)}, whole=whole)

    async def _on_newest(self, provider: Provider, pricing: Pricing, *, whole: bool) -> TrialView:
        asked = with_addresses(pricing, self._addresses)
        urls = [page.url for page in asked.pages]
        rows = [row async for row in self._sql.newest_pages(self._pool(), provider=provider.id, urls=urls)]
        saved = {row["url"]: await self._saved(row) for row in rows}
        return await self._try(provider, asked, {url: page for url, page in saved.items() if page}, whole=whole)

    def _from_text(self, text: str) -> SavedPage:
        body = text.encode("utf-8", "surrogatepass")
        return SavedPage(url="", sha256=hashlib.sha256(body).hexdigest(), body=body, fetched_at=self._now())

    async def _from_evidence(self, provider: Provider, sha256: str) -> SavedPage:
        rows = [row async for row in self._sql.pages_with(self._pool(), provider=provider.id, sha256=sha256)]
        row = rows[0] if rows else {"url": "", "sha256": sha256, "checked_at": self._now()}
        saved = await self._saved(row)
        if saved is None:
            raise Problem(404, f"The bytes of {sha256} are not kept: give the text of the page as `page`.")
        return saved

    async def _saved(self, row: Mapping[str, Any]) -> SavedPage | None:
        try:
            body = await self._kept.body(row["sha256"])
        except DamagedError:
            return None
        if body is None:
            return None
        return SavedPage(url=row["url"], sha256=row["sha256"], body=body, fetched_at=row["checked_at"])

    async def _try(
        self, provider: Provider, pricing: Pricing, saved: Mapping[str, SavedPage], *, whole: bool
    ) -> TrialView:
        known = await self._known(provider.id)
        today = self._now().astimezone(UTC).date()
        async with self._reading:
            return await asyncio.to_thread(try_out, provider, pricing, saved, known, today, whole=whole)

    async def _known(self, provider: str) -> Known:
        names: dict[str, tuple[str, ...]] = defaultdict(tuple)
        async for row in self._sql.known_names(self._pool(), provider=provider):
            names[row["id"]] = (row["page_name"],) if row["page_name"] else ()
        prices = [_in_force(row) async for row in self._sql.prices_in_force(self._pool(), provider=provider)]
        return Known(prices=tuple(prices), names=dict(names))


def _only(pricing: Pricing, url: str) -> Pricing:
    """Return the configuration with the page of this URL alone. Raises Problem."""
    page = next((page for page in pricing.pages if page.url == url), None)
    if page is None:
        raise Problem(400, f"{url!r} is no page of the configuration: {', '.join(page.url for page in pricing.pages)}.")
    return msgspec.structs.replace(pricing, pages=(msgspec.structs.replace(page, spare=False),))


def _in_force(row: Mapping[str, Any]) -> InForce:
    return InForce(
        model_id=row["model_id"],
        key=(row["tier"], row["context_limit"], row["currency"], row["region"]),
        rates=msgspec.convert(row["rates"], dict[str, Decimal]),
        free=row["free"],
        url=row["url"],
    )
