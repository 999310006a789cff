"""Fetches a page politely and safely: robots.txt, a pause per provider, conditional requests, few redirects, caps.

Every hop of a redirect is checked like the first. An unchanged page is not sent again: its bytes are remembered.
"""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime
from typing import Final

import msgspec
from yarl import URL

from ratecard_scraper.addresses import check_url
from ratecard_scraper.blocking import blocked_by
from ratecard_scraper.faults import BlockedError, PageError
from ratecard_scraper.robots import Robots
from ratecard_scraper.throttle import Throttle
from ratecard_shared.http import USER_AGENT, Answer, Client, RequestError
from ratecard_shared.retry import Now, Patience, Sleep, is_transient, persistently

_MOST_REDIRECTS: Final = 3
_MOST_REDIRECTS_OF_ROBOTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_UNCHANGED: Final = 304
_TOO_MANY: Final = 429
_MOST_KEPT: Final = 64


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How to behave: seconds between requests to a provider, seconds per request, and where not to go."""

    user_agent: str = USER_AGENT
    delay: float = 1.0
    timeout: float = 30.0
    allow_private: bool = False


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it is now. `final_url` is where redirects led; `unchanged` that the site confirmed what was known."""

    url: str
    final_url: str
    body: bytes
    sha256: str
    fetched_at: datetime
    unchanged: bool = False


class _Kept(msgspec.Struct, frozen=True):
    packed: bytes
    validators: dict[str, str]


class _Visit(msgspec.Struct, frozen=True, kw_only=True):
    provider: str
    patience: Patience


class Fetcher:
    """Fetches pages with one client, and remembers what sites said: their robots.txt and their pages."""

    def __init__(self, client: Client, manners: Manners, *, now: Now, sleep: Sleep) -> None:
        """Ask with `client`; its sockets decide which addresses are reached (`addresses.public_socket`)."""
        self._client = client
        self._manners = manners
        self._now = now
        self._sleep = sleep
        self._robots = Robots(manners.user_agent, now=now)
        self._throttle = Throttle(now=now, sleep=sleep)
        self._kept: dict[str, _Kept] = {}

    async def page(self, url: str, *, provider: str, deadline: datetime) -> Fetched:
        """Return the page at `url`. Raises PageError (BlockedError, DisallowedError) saying why there is none."""
        visit = _Visit(provider=provider, patience=Patience(deadline=deadline, now=self._now, sleep=self._sleep))
        hop = check_url(url, allow_private=self._manners.allow_private)
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                answer = await self._hop(hop, visit)
                if answer.status not in _REDIRECTS:
                    return self._fetched(url, answer)
                hop = self._next(hop, answer)
        except RequestError as error:
            raise PageError(str(error)) from error
        raise PageError(f"{url} redirects more than {_MOST_REDIRECTS} times")

    async def _hop(self, hop: URL, visit: _Visit) -> Answer:
        delay = await self._robots.check(hop, lambda url: self._robots_txt(url, visit))
        kept = self._kept.get(str(hop))
        headers = kept.validators if kept else {}
        return await self._get(str(hop), headers, visit, delay)

    async def _robots_txt(self, url: str, visit: _Visit) -> Answer:
        hop = URL(url)
        answer = await self._get(url, {}, visit)
        for _ in range(_MOST_REDIRECTS_OF_ROBOTS):
            if answer.status not in _REDIRECTS:
                break
            hop = self._next(hop, answer)
            answer = await self._get(str(hop), {}, visit)
        return answer

    async def _get(self, url: str, headers: dict[str, str], visit: _Visit, delay: float = 0.0) -> Answer:
        async def once() -> Answer:
            await self._throttle.turn(visit.provider, max(delay, self._manners.delay))
            seconds = min(self._manners.timeout, visit.patience.seconds_left)
            if seconds <= 0:
                raise RequestError("the deadline of the sync has passed", again=False)
            sent = {"User-Agent": self._manners.user_agent, "Accept": "text/html,text/markdown,*/*;q=0.8", **headers}
            return await self._client.get(url, headers=sent, seconds=seconds)

        return await persistently(once, visit.patience, transient=_may_change)

    def _next(self, hop: URL, answer: Answer) -> URL:
        try:
            target = str(hop.join(URL(answer.headers.get("location", ""))))
        except ValueError as error:
            raise PageError(f"{hop} redirects to what is no URL") from error
        return check_url(target, allow_private=self._manners.allow_private)

    def _fetched(self, url: str, answer: Answer) -> Fetched:
        kept = self._kept.get(answer.url)
        if reason := blocked_by(answer):
            raise BlockedError(f"{URL(answer.url).host} keeps us out: {reason}")
        unchanged = answer.status == _UNCHANGED and kept is not None
        if not unchanged and (answer.status != _OK or not answer.body):
            raise PageError(f"{answer.url} answered HTTP {answer.status} with {len(answer.body)} bytes")
        body = zlib.decompress(kept.packed) if unchanged and kept else answer.body
        if not unchanged:
            self._keep(answer)
        return Fetched(
            url=url,
            final_url=answer.url,
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            fetched_at=self._now(),
            unchanged=unchanged,
        )

    def _keep(self, answer: Answer) -> None:
        asked = {"if-none-match": "etag", "if-modified-since": "last-modified"}
        validators = {header: answer.headers[said] for header, said in asked.items() if said in answer.headers}
        self._kept.pop(answer.url, None)
        if validators:
            self._kept[answer.url] = _Kept(zlib.compress(answer.body), validators)
        while len(self._kept) > _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))


def _may_change(answer: Answer) -> bool:
    # A challenge with status 503 is no outage: asking again only makes it worse. 429 is the refusal that says when.
    return is_transient(answer) and (answer.status == _TOO_MANY or blocked_by(answer) is None)
