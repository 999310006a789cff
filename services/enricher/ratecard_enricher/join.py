"""Joins one provider's model list with its price list: pure, and the same whatever the order of either.

The list of models is the API's if it is whole, else the ids of its last whole list, else the names on the page. A name
on a page that belongs to no listed model is reported, never made a model; prices that no good page told are None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date

import msgspec

from ratecard_enricher.classify import capabilities_of, classify, usability_of
from ratecard_enricher.matches import match_models
from ratecard_enricher.price_rows import Sorted, beside, completed, without_contradictions
from ratecard_match import MatchResult, one_spelling
from ratecard_providers.spec import Provider
from ratecard_shared.codec import encode
from ratecard_shared.events import (
    DiscoveredModel,
    EnrichedModel,
    MatchExplained,
    ModelsDiscovered,
    PageRead,
    PricingScraped,
    SideOutcome,
    SideReport,
    SyncError,
)
from ratecard_shared.prices import PriceRow

MISSING = "missing"
Match = Callable[[Provider, Sequence[DiscoveredModel], Iterable[str]], dict[str, MatchResult]]


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """The models of a provider in one sync, ordered by id, and what the closing event says beside them.

    `stated` are, by id, the API's own prices for rows whose price was taken from a page.
    """

    models: tuple[EnrichedModel, ...]
    stated: dict[str, tuple[PriceRow, ...]] = {}
    discovery: SideReport
    pricing: SideReport
    unmatched_names: tuple[str, ...] = ()
    unpriced_ids: tuple[str, ...] = ()
    pages: tuple[PageRead, ...] = ()
    errors: tuple[SyncError, ...] = ()

    @property
    def model_ids(self) -> tuple[str, ...]:
        """The ids that this sync spoke of."""
        return tuple(model.id for model in self.models)


class _PageSide(msgspec.Struct, frozen=True, kw_only=True):
    """The page's rows by name, one spelling each. `read`: there is a list. `whole`: and every page was read well."""

    names: dict[str, Sorted] = {}
    read: bool = False
    whole: bool = False


def join(
    provider: Provider,
    *,
    discovered: ModelsDiscovered | None,
    scraped: PricingScraped | None,
    known_ids: Sequence[str] = (),
    match: Match = match_models,
) -> Joined:
    """Join the two sides; None is a side that did not speak. `known_ids` are those of the last whole list.

    A model that this sync has no list for (a known id, a page name) is marked as found on the page: what an API said of
    it earlier stands. `match` may remember what it matched before.
    """
    page = _page_side(scraped)
    listed = _listed(discovered)
    unlisted = sorted({*known_ids} or page.names) if listed is None else []
    models = listed or tuple(DiscoveredModel(id=model_id) for model_id in unlisted)
    matches = match(provider, models, page.names)
    today = discovered.occurred_at.astimezone(UTC).date() if discovered and listed else None
    joined = [_enriched(provider, model, matches[model.id], page, today) for model in models]
    enriched = tuple(model for model, _ in joined)
    taken = {match.answer for match in matches.values()}
    return Joined(
        models=enriched,
        stated=_second_source(models, enriched),
        discovery=_report(discovered, len(discovered.models) if discovered else 0),
        pricing=_report(scraped, len(scraped.prices) if scraped else 0),
        unmatched_names=tuple(sorted(page.names.keys() - taken)),
        unpriced_ids=tuple(model.id for model in enriched if page.read and not model.prices),
        pages=scraped.pages if scraped else (),
        errors=(*_side_errors(provider.id, discovered, scraped), *_faults(provider.id, page, joined)),
    )


def _listed(discovered: ModelsDiscovered | None) -> tuple[DiscoveredModel, ...] | None:
    """Return the API's models by id, or None if it gave no whole list. Of a repeated id the fullest entry counts."""
    if discovered is None or discovered.outcome is not SideOutcome.COMPLETE:
        return None
    fullest: dict[str, DiscoveredModel] = {}
    for model in sorted(discovered.models, key=lambda model: (len(encode(model)), encode(model))):
        fullest[model.id] = model
    return tuple(fullest[model_id] for model_id in sorted(fullest))


def _page_side(scraped: PricingScraped | None) -> _PageSide:
    if scraped is None or scraped.outcome is not SideOutcome.COMPLETE:
        return _PageSide()
    spelling = one_spelling(row.name for row in scraped.prices)
    rows: dict[str, list[PriceRow]] = defaultdict(list)
    for row in scraped.prices:
        rows[spelling[row.name]].append(row)
    names = {name: without_contradictions(rows[name], "the page") for name in sorted(rows)}
    return _PageSide(names=names, read=True, whole=all(read.well_read for read in scraped.pages))


def _enriched(
    provider: Provider, model: DiscoveredModel, match: MatchResult, page: _PageSide, today: date | None
) -> tuple[EnrichedModel, tuple[str, ...]]:
    """Join one model. `today` is the day of the API's list that it stands in; None if it stands in none."""
    prices, faults = _prices(model, match, page)
    name = model.display_name or model.id
    classification = classify(model.id, name, capabilities=model.capabilities, words=provider.classification)
    return EnrichedModel(
        id=model.id,
        display_name=name,
        classification=classification,
        usability=usability_of(model, today),
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        capabilities=capabilities_of(model, classification),
        found_on_page=today is None,
        shutdown_date=model.shutdown_date,
        aliases=model.aliases,
        prices=prices,
        match=_explained(match),
    ), faults


def _prices(
    model: DiscoveredModel, match: MatchResult, page: _PageSide
) -> tuple[tuple[PriceRow, ...] | None, tuple[str, ...]]:
    """Return the model's rows and what is wrong with them. None: this sync could not tell."""
    stated = without_contradictions(model.prices, "the API")
    if not page.read:
        return stated.rows or None, stated.faults
    on_page = page.names[match.answer] if match.answer is not None else Sorted(rows=())
    together = completed(on_page.rows, stated.rows, model.id)
    faults = (*stated.faults, *together.faults)
    doubtful = on_page.faults or stated.faults or (match.answer is None and not page.whole)
    return together.rows or (None if doubtful else ()), faults


def _second_source(
    models: Iterable[DiscoveredModel], enriched: Iterable[EnrichedModel]
) -> dict[str, tuple[PriceRow, ...]]:
    stated = {model.id: without_contradictions(model.prices, "the API").rows for model in models if model.prices}
    taken = {model.id: model.prices or () for model in enriched if model.id in stated}
    second = {model_id: beside(taken[model_id], rows) for model_id, rows in stated.items()}
    return {model_id: rows for model_id, rows in second.items() if rows}


def _explained(match: MatchResult) -> MatchExplained | None:
    if match.answer is None:
        return None
    refused = tuple(f"{one.name}: {one.reason}" for one in match.refused)
    return MatchExplained(name=match.answer, method=match.method, score=match.score, refused=refused)


def _report(side: ModelsDiscovered | PricingScraped | None, count: int) -> SideReport:
    if side is None:
        return SideReport(outcome=MISSING)
    return SideReport(outcome=side.outcome.value, count=count, error=side.error)


def _side_errors(
    provider: str, discovered: ModelsDiscovered | None, scraped: PricingScraped | None
) -> tuple[SyncError, ...]:
    silent = "it did not answer by the deadline: see whether its service is running"
    pages: list[str | None] = [f"{read.url}: {read.error}" for read in (scraped.pages if scraped else ()) if read.error]
    said = [("discovery", silent if discovered is None else _failure(discovered))]
    # A side whose pages all failed only says again what they say.
    said += [("pricing", error) for error in pages or [silent if scraped is None else _failure(scraped)]]
    return tuple(SyncError(provider=provider, stage=stage, error=error) for stage, error in said if error)


def _failure(side: ModelsDiscovered | PricingScraped) -> str | None:
    return (side.error or "it failed without saying why") if side.outcome is SideOutcome.FAILED else None


def _faults(
    provider: str, page: _PageSide, joined: Iterable[tuple[EnrichedModel, tuple[str, ...]]]
) -> tuple[SyncError, ...]:
    faults = [fault for read in page.names.values() for fault in read.faults]
    faults += [fault for _, own in joined for fault in own]
    return tuple(SyncError(provider=provider, stage="enrichment", error=fault) for fault in faults)
