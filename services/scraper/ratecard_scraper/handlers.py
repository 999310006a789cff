"""On `sync.started`: this provider's whole price list with its evidence, or why there is none, and what to alert.

Nothing here knows Kafka: the events to publish are returned. A list that is too short to be whole is not said at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from ratecard_providers.load import ProviderFileError, read_pricing, with_addresses
from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_scraper.evidence import page_bytes
from ratecard_scraper.faults import PageError
from ratecard_scraper.fetch import Fetcher
from ratecard_scraper.readings import Readings
from ratecard_scraper.visit import Problem, Visit, Visitor
from ratecard_shared.chunks import ItemTooLongError, alone, split
from ratecard_shared.events import AlertRaised, PricingScraped, SideOutcome, SyncStarted

_LOG: Final = logging.getLogger(__name__)
_TIME_TO_SAY_SO: Final = timedelta(seconds=2)


class NotTried(Exception):  # noqa: N818 - it is no error
    """Scraping is not tried, and why."""


class Harvest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of visiting a provider's pages."""

    outcome: SideOutcome = SideOutcome.COMPLETE
    error: str | None = None
    visits: tuple[Visit, ...] = ()
    problems: tuple[Problem, ...] = ()


async def scrape(
    started: SyncStarted,
    *,
    provider: Provider | None,
    fetcher: Fetcher,
    readings: Readings,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    addresses: Mapping[str, str] | None = None,
) -> tuple[tuple[PricingScraped, ...], tuple[AlertRaised, ...]]:
    """Return the events that end scraping of `started.provider`, before its deadline, and the alerts.

    `provider` is None where no file describes it. A stored configuration is read at `addresses`, as the file was.
    """
    try:
        check_time(started, now())
        known, pricing = pages_to_read(started, provider, addresses or {})
        visitor = Visitor(
            provider=known,
            pricing=pricing,
            fetcher=fetcher,
            readings=readings,
            deadline=started.deadline - _TIME_TO_SAY_SO,
            now=now,
        )
        harvest = judged(await visitor.visits(), known)
    except NotTried as reason:
        _LOG.info("No scraping of %s: %s", started.provider, reason)
        harvest = Harvest(outcome=SideOutcome.DISABLED, error=str(reason))
    except PageError as reason:
        _LOG.warning("Scraping of %s failed: %s", started.provider, reason)
        harvest = Harvest(outcome=SideOutcome.FAILED, error=str(reason))
    alerts = _alerts(harvest, started, now, new_id)
    try:
        return _events(harvest, started, now, new_id), alerts
    except ItemTooLongError as error:
        harvest = Harvest(outcome=SideOutcome.FAILED, error=f"the prices fit no record: {error}")
        return _events(harvest, started, now, new_id), alerts


def check_time(started: SyncStarted, now: datetime) -> None:
    """Raise PageError for a sync that is over: asking in vain would be taken for the sites' fault."""
    if now >= started.deadline - _TIME_TO_SAY_SO:
        raise PageError("it was asked for too late: the deadline of its sync has passed")


def pages_to_read(
    started: SyncStarted, provider: Provider | None, addresses: Mapping[str, str]
) -> tuple[Provider, Pricing]:
    """Return the provider and where its prices stand, as the stored configuration or the file says.

    Raises NotTried, or PageError for a configuration that says nothing readable.
    """
    if not started.scraping:
        raise NotTried("pricing scraping is switched off (ENABLE_PRICING_SCRAPING=false)")
    if provider is None:
        raise PageError(f"no provider file describes {started.provider!r}: add one (RATECARD_PROVIDERS)")
    pricing = provider.pricing
    if started.scraping_config is not None:
        try:
            pricing = with_addresses(read_pricing(started.scraping_config), addresses)
        except ProviderFileError as error:
            raise PageError(f"the stored scraping configuration is not one: {error}; correct or delete it") from error
    if pricing is None or not pricing.pages:
        raise NotTried("the provider file names no pricing page")
    return replace(provider, pricing=pricing), pricing


def judged(visits: Sequence[Visit], provider: Provider) -> Harvest:
    """Return what the visits are worth: nothing if no page was read or if there are fewer prices than there must be."""
    problems = [visit.problem for visit in visits if visit.problem]
    errors = [f"{visit.page.url}: {visit.page.error}" for visit in visits if visit.page.error]
    count, due = sum(visit.page.rows for visit in visits), provider.expect.fewest_prices
    outcome = SideOutcome.FAILED if len(errors) == len(visits) else SideOutcome.COMPLETE
    if outcome is SideOutcome.COMPLETE and count < due:
        outcome = SideOutcome.FAILED
        short = f"only {count} prices were read, at least {due} are expected: nothing is taken"
        errors.append(short)
        action = "See whether the pages have changed their form, and adapt their strategies or `expect.fewest_prices`."
        problems.append(Problem(kind="scraping.structure", summary=f"{provider.name}: {short}", action=action))
    return Harvest(outcome=outcome, error="; ".join(errors) or None, visits=tuple(visits), problems=tuple(problems))


def _events(
    harvest: Harvest, started: SyncStarted, now: Callable[[], datetime], new_id: Callable[[], str]
) -> tuple[PricingScraped, ...]:
    read = [visit.reading for visit in harvest.visits if visit.reading]
    taken = read if harvest.outcome is SideOutcome.COMPLETE else []
    fetched = {visit.fetched.sha256: visit.fetched.body for visit in harvest.visits if visit.fetched}
    return split(
        PricingScraped(
            event_id=new_id(),
            sync_id=started.sync_id,
            occurred_at=now(),
            provider=started.provider,
            outcome=harvest.outcome,
            chunk=alone(new_id()),
            error=harvest.error,
            prices=tuple(row for reading in taken for row in reading.prices),
            pages=tuple(visit.page for visit in harvest.visits),
            refused=tuple(refusal for reading in read for refusal in reading.refused),
            rules=tuple(rule for reading in taken for rule in reading.rules),
            bodies=tuple(part for sha256, body in fetched.items() for part in page_bytes(body, sha256)),
        )
    )


def _alerts(
    harvest: Harvest, started: SyncStarted, now: Callable[[], datetime], new_id: Callable[[], str]
) -> tuple[AlertRaised, ...]:
    return tuple(
        AlertRaised(
            event_id=new_id(),
            sync_id=started.sync_id,
            occurred_at=now(),
            kind=problem.kind,
            severity="warning",
            summary=problem.summary,
            action=problem.action,
            provider=started.provider,
            details={"url": problem.url} if problem.url else {},
        )
        for problem in harvest.problems
    )
