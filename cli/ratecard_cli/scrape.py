"""`ratecard scrape`: what would be read on a page, with the evidence of each price. No broker, no database."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter

from ratecard_cli.explaining import explained
from ratecard_cli.faults import CommandError, UnreachableError, UsageError
from ratecard_cli.provider_files import named
from ratecard_cli.terminal import Flag, Json, figure, note, show_table, write_json
from ratecard_pages import PageReading, read_page
from ratecard_pages.report import report
from ratecard_scraper.addresses import public_socket
from ratecard_scraper.faults import PageError
from ratecard_scraper.fetch import Fetcher
from ratecard_scraper.settings import ScraperSettings
from ratecard_shared.http import open_client
from ratecard_shared.settings import load

_PATIENCE: Final = timedelta(minutes=2)
_SHOWN_REFUSALS: Final = 10


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    body: bytes
    fetched_at: datetime


def scrape(
    provider: str,
    /,
    *,
    source: Annotated[str, Parameter(name="--from", metavar="FILE-or-URL")],
    url: str | None = None,
    as_json: Json = False,
    table: Flag = False,
    explain: Flag = False,
) -> None:
    """Print the prices that a pricing page states, as PROVIDER's file says to read it. Exit code 1 if there are none.

    Parameters
    ----------
    provider
        The id of a provider file: openai, anthropic, google, xai ...
    source
        A saved page, or the URL of one.
    url
        The address that a saved page was fetched from: only that page's strategies are tried, and evidence names it.
    as_json
        Print one JSON object: provider, source, prices with evidence, refused, rules. It is what is printed anyway.
    table
        Print a table of the prices instead.
    explain
        Say which strategy read which part and which row, and all that was refused and why, on stderr.
    """
    if as_json and table:
        raise UsageError("--json and --table exclude each other")
    file = named(provider)
    page = _fetched(source, provider) if _is_url(source) else _saved(source, url)
    reading = read_page(page.body, url=page.url, provider=file, fetched_at=page.fetched_at)
    if explain:
        for line in explained(reading):
            note(line)
    if not table:
        write_json(report(reading, file, page.url, hashlib.sha256(page.body).hexdigest()))
    elif reading.prices:
        _show(reading, page)
    if not explain and (table or not reading.prices):
        _note_refusals(reading)
    if not reading.prices:
        raise CommandError(f"no price was read on {page.url}")


def _is_url(source: str) -> bool:
    return source.startswith(("https://", "http://"))


def _saved(source: str, url: str | None) -> _Source:
    try:
        body = Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error
    return _Source(url=url or source, body=body, fetched_at=datetime.now(UTC))


def _fetched(url: str, provider: str) -> _Source:
    try:
        return asyncio.run(_fetch(url, provider, os.environ))
    except PageError as error:
        raise UnreachableError(str(error)) from error


async def _fetch(url: str, provider: str, environ: Mapping[str, str]) -> _Source:
    from ratecard_scraper.app import manners, now  # noqa: PLC0415 - loads Kafka's client, for which a file need not wait

    settings = load(ScraperSettings, environ)
    guard = None if settings.scraping_allow_private else public_socket
    async with open_client(user_agent=settings.scraping_user_agent, socket_factory=guard) as client:
        fetcher = Fetcher(client, manners(settings), now=now, sleep=asyncio.sleep)
        page = await fetcher.page(url, provider=provider, deadline=now() + _PATIENCE)
    return _Source(url=page.final_url, body=page.body, fetched_at=page.fetched_at)


def _show(reading: PageReading, page: _Source) -> None:
    show_table(
        f"{page.url}, read by {reading.strategy}",
        ("model", "tier", "above", "region", "rates"),
        [_row(price) for price in reading.prices],
        whole=("model",),
    )


def _note_refusals(reading: PageReading) -> None:
    for refusal in reading.refused[:_SHOWN_REFUSALS]:
        note(f"refused: {refusal.reason}: {' '.join(refusal.text.split())[:100]}")
    if len(reading.refused) > _SHOWN_REFUSALS:
        note(f"and {len(reading.refused) - _SHOWN_REFUSALS} more refused: --json or --explain shows all")


def _row(price: Any) -> tuple[str, ...]:
    above = str(price.above_tokens) if price.above_tokens else "-"
    rates = ", ".join(f"{component} {figure(amount)}" for component, amount in price.rates.items())
    return (price.name, price.tier, above, price.region, f"{rates} {price.currency}" if rates else "free")
