"""Whether the providers' hosts answer from here, let themselves be read, and agree with our clock.

Only robots.txt of each host is asked for, once, with a short patience and without any key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec
from yarl import URL

from ratecard_cli.doctor.clock import look_at_clock
from ratecard_cli.doctor.finding import Finding, problem, warning, well
from ratecard_providers.spec import Provider
from ratecard_scraper.faults import DisallowedError
from ratecard_scraper.robots import Robots
from ratecard_shared.http import Answer, Client, RequestError, open_client

_SECONDS: Final = 5.0
_AT_ONCE: Final = 8
_NETWORK: Final = "see this machine's network: name server, firewall, HTTPS_PROXY"


class _Host(msgspec.Struct, frozen=True, kw_only=True):
    """One origin, the providers that it belongs to, and the pages of it that are read."""

    origin: str
    providers: tuple[str, ...]
    pages: tuple[str, ...]


async def look_outside(providers: Mapping[str, Provider], user_agent: str) -> AsyncIterator[Finding]:
    """Ask every host of the providers."""
    few = asyncio.Semaphore(_AT_ONCE)
    async with open_client(user_agent=user_agent) as client:

        async def ask(host: _Host) -> tuple[Finding, Answer | None]:
            async with few:
                return await _ask(client, host, user_agent)

        asked = await asyncio.gather(*(ask(host) for host in _hosts(providers)))
    answers = [answer for _, answer in asked if answer is not None]
    if not answers:
        yield problem("providers", f"none of {len(asked)} hosts answers, such as {asked[0][0].says}", do=_NETWORK)
        return
    yield well("providers", f"{len(answers)} of {len(asked)} hosts answer")
    for finding, _ in asked:
        if finding.do:
            yield finding
    for answer in answers:
        if (theirs := _date(answer)) is not None:
            yield look_at_clock(f"{URL(answer.url).host}'s", theirs, datetime.now(UTC))
            return


def _hosts(providers: Mapping[str, Provider]) -> list[_Host]:
    found: dict[str, tuple[set[str], set[str]]] = {}
    for provider in providers.values():
        pages = [page.url for page in provider.pricing.pages] if provider.pricing else []
        lists = [provider.models, *provider.models.also] if provider.models else []
        for url in [*pages, *(one.url for one in lists)]:
            names, read = found.setdefault(str(URL(url).origin()), (set(), set()))
            names.add(provider.id)
            read |= {url} & set(pages)
    return [
        _Host(origin=origin, providers=tuple(sorted(names)), pages=tuple(sorted(read)))
        for origin, (names, read) in sorted(found.items())
    ]


async def _ask(client: Client, host: _Host, user_agent: str) -> tuple[Finding, Answer | None]:
    names = ", ".join(host.providers)
    try:
        answer = await client.get(f"{host.origin}/robots.txt", headers={}, seconds=_SECONDS)
    except RequestError as error:
        return warning("providers", f"{names}: {error}", do=_NETWORK), None
    robots = Robots(user_agent, now=lambda: datetime.now(UTC))

    async def known(_: str) -> Answer:
        return answer

    try:
        for page in host.pages:
            await robots.check(URL(page), known)
    except DisallowedError as error:
        do = "read another page of it (`ratecard config`), or leave the provider out: pages that forbid it are not read"
        return warning("providers", f"{names}: {error}", do=do), answer
    return well("providers", f"{names}: {host.origin} answers"), answer


def _date(answer: Answer) -> datetime | None:
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
