"""What a site's robots.txt allows, as RFC 9309 says: kept for a day; absent means all, unreachable means nothing.

A site that cannot be asked now is asked again soon; what it said before holds until then.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from protego import Protego
from yarl import URL

from ratecard_scraper.faults import DisallowedError
from ratecard_shared.http import Answer, RequestError
from ratecard_shared.retry import Now, is_transient

_KEPT: Final = timedelta(hours=24)
_ASKED_AGAIN: Final = timedelta(minutes=1)
_LONGEST_DELAY: Final = 30.0
_OK: Final = 200
_MULTIPLE: Final = 300


class Known(msgspec.Struct, frozen=True):
    """What is known of one site until `until`; no rules means that it could not be asked."""

    rules: Protego | None
    until: datetime


class Robots:
    """The robots.txt of every site that was visited, read as `user_agent`."""

    def __init__(self, user_agent: str, *, now: Now) -> None:
        """Read the rules for the product that `user_agent` begins with."""
        named = re.match(r"[A-Za-z_-]+", user_agent)
        self._agent = named[0] if named else "*"
        self._now = now
        self._known: dict[str, Known] = {}

    async def check(self, url: URL, get: Callable[[str], Awaitable[Answer]]) -> float:
        """Return the pause in seconds that the site asks for (0 if none). Raises DisallowedError.

        `get` fetches robots.txt where it is not known; it follows redirects and retries.
        """
        site = str(url.origin())
        known = self._known.get(site)
        if known is None or known.until <= self._now():
            known = self._known[site] = await self._ask(site, known, get)
        if known.rules is None:
            raise DisallowedError(
                f"robots.txt of {url.host} cannot be read, which forbids all: the next sync asks again"
            )
        if not known.rules.can_fetch(str(url), self._agent):
            raise DisallowedError(f"robots.txt of {url.host} does not let {self._agent} read {url.path}")
        return min(known.rules.crawl_delay(self._agent) or 0.0, _LONGEST_DELAY)

    async def _ask(self, site: str, before: Known | None, get: Callable[[str], Awaitable[Answer]]) -> Known:
        try:
            answer = await get(f"{site}/robots.txt")
        except RequestError:
            answer = None
        if answer is None or is_transient(answer):
            return Known(before.rules if before else None, self._now() + _ASKED_AGAIN)
        text = answer.body.decode("utf-8-sig", errors="replace") if _OK <= answer.status < _MULTIPLE else ""
        return Known(Protego.parse(text), self._now() + _KEPT)
