"""What an enriched model, a closed sync or a new day does to a stored model. Pure: no I/O, no clock.

A sync older than the one applied changes nothing. What an API said of a model is not replaced by what a page says, and
a fact that is known is not replaced by one that is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from ratecard_registry.price_changes import PriceChange, Prices, after_end
from ratecard_registry.quarantined import Entry, since
from ratecard_registry.reading import sort_out
from ratecard_registry.screening import Screened
from ratecard_registry.stored import Applied, Key, Price, StoredModel
from ratecard_shared.events import (
    EnrichedModel,
    ModelChangeKind,
    ModelEnriched,
    PriceChangeKind,
    ProviderEnriched,
    SideOutcome,
    Usability,
)

FROM_API: Final = "api"
_TOLD: Final = (
    "display_name",
    "classification",
    "usability",
    "context_window",
    "max_output_tokens",
    "capabilities",
    "found_on_page",
    "shutdown_date",
    "aliases",
)


class ModelChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a model's facts: exactly one event, before those of its prices."""

    kind: ModelChangeKind
    changed_fields: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one model, and what is said about it. `after.revision` counts what is said."""

    before: StoredModel | None
    after: StoredModel
    model_change: ModelChange | None = None
    price_changes: tuple[PriceChange, ...] = ()

    @property
    def visible(self) -> bool:
        """Tell whether a reader of the API sees a difference."""
        if self.before is None or self.model_change or self.price_changes:
            return True
        before, after = self.before, self.after
        return (before.facts, before.stale_since, _until(before)) != (after.facts, after.stale_since, _until(after))


def place(event: ModelEnriched | ProviderEnriched) -> Applied:
    """Return the event's place in the order of syncs."""
    return Applied(started_at=event.started_at, sync_id=event.sync_id, generation=event.generation)


def without_torn_rows(stored: StoredModel | None, event: ModelEnriched) -> ModelEnriched:
    """Return the event without those rows of torn pages that lack a rate of the price in force: no rate ends there."""
    if stored is None or not event.model.prices or not event.torn_pages:
        return event
    rates = {price.key: frozenset(price.rates) for price in stored.prices}
    kept = tuple(
        row
        for row in event.model.prices
        if row.evidence is None
        or row.evidence.url not in event.torn_pages
        or rates.get(row.key, frozenset()) <= row.rates.keys()
    )
    return msgspec.structs.replace(event, model=msgspec.structs.replace(event.model, prices=kept))


def enrich(
    stored: StoredModel | None, event: ModelEnriched, now: datetime, screened: Screened | None = None
) -> Decision | None:
    """Decide what the event does to the model; None if a later sync was applied already.

    `screened` is what is left of its prices once the suspicious ones are held back.
    """
    applied = place(event)
    if stored is not None and stored.applied >= applied:
        return None
    said = msgspec.structs.replace(event.model, prices=None)
    facts = said if stored is None else _kept(stored.facts, said)
    change = _model_change(stored, facts)
    prices = Prices(stored.prices, stored.announced) if stored else Prices((), ())
    if event.model.prices is None:
        prices.keep_time(now)
    else:
        _admit(prices, screened.released if screened else (), now)
        prices.read(screened.reading if screened else sort_out(event.model.prices, now), applied, now)
    start = stored or StoredModel(
        provider=event.provider, facts=facts, applied=applied, discovered_at=event.started_at, updated_at=now
    )
    after = msgspec.structs.replace(
        start,
        facts=facts,
        applied=applied,
        deprecated_at=_deprecated_at(start, facts, event.started_at),
        merged_into=None,
    )
    disputed = screened is not None and screened.disputed
    return _decided(stored, _staled(after, prices, event, disputed=disputed), change, prices, now)


def deprecate(stored: StoredModel, closing: ProviderEnriched, now: datetime) -> Decision | None:
    """Decide what its absence from a complete list does to a model; None if a later sync knows it."""
    if stored.applied >= place(closing) or stored.facts.usability is Usability.DEPRECATED:
        return None
    after = msgspec.structs.replace(
        stored,
        facts=msgspec.structs.replace(stored.facts, usability=Usability.DEPRECATED),
        applied=place(closing),
        deprecated_at=closing.started_at,
    )
    change = ModelChange(kind=ModelChangeKind.DEPRECATED, changed_fields=("usability",))
    return _decided(stored, after, change, Prices(stored.prices, stored.announced), now)


def judge(stored: StoredModel, closing: ProviderEnriched, now: datetime) -> Decision | None:
    """Decide which prices have been missing for long enough, now that it is known which pages were read well.

    A model known only from a page that no longer names it shows none of its prices.
    """
    applied = place(closing)
    if (stored.applied.started_at, stored.applied.sync_id) > (applied.started_at, applied.sync_id):
        return None
    prices = Prices(stored.prices, stored.announced)
    if stored.facts.found_on_page and stored.facts.id not in closing.model_ids:
        prices.all_absent(applied)
    pages = frozenset(page.url for page in closing.pages if page.well_read)
    prices.judge(lambda price: _well_read(price, pages, closing), applied)
    return _decided(stored, stored, None, prices, now)


def admit(stored: StoredModel, entries: Iterable[Entry], now: datetime) -> Decision:
    """Decide what prices that were held back do to a model, now that they are believed.

    Without any, what was held back was rejected. Either way it makes the model's prices stale no longer.
    """
    prices = Prices(stored.prices, stored.announced)
    _admit(prices, entries, now)
    return _decided(stored, msgspec.structs.replace(stored, stale_since=None), None, prices, now)


def begins_early(decision: Decision) -> bool:
    """Tell whether a first price begins before its sync: what was charged for its key before may have ended since."""
    started_at = decision.after.applied.started_at
    first = (change for change in decision.price_changes if change.kind is PriceChangeKind.FIRST_SEEN)
    return any(change.effective_date < started_at for change in first)


def after_what_ended(decision: Decision, ends: Mapping[Key, datetime]) -> Decision:
    """Return the decision with no first price before the end of what was charged for its key, by the history's `ends`.

    A row that began earlier and ended later would hide it: then no price would seem to be in force.
    """
    told = tuple(after_end(change, ends.get(change.about.key)) for change in decision.price_changes)
    moved = {
        (was.about.key, was.effective_date): now.effective_date
        for was, now in zip(decision.price_changes, told, strict=True)
        if was is not now
    }
    prices = tuple(
        msgspec.structs.replace(
            price, effective_date=moved.get((price.key, price.effective_date), price.effective_date)
        )
        for price in decision.after.prices
    )
    after = msgspec.structs.replace(decision.after, prices=prices)
    return msgspec.structs.replace(decision, after=after, price_changes=told)


def _admit(prices: Prices, entries: Iterable[Entry], now: datetime) -> None:
    for entry in entries:
        in_force = next((price for price in prices.in_force if price.key == entry.row.key), None)
        begun = Applied(started_at=since(entry, in_force, now), sync_id=entry.seen_in[-1], generation=0)
        prices.admit(entry.row, begun, now)


def keep_time(stored: StoredModel, now: datetime) -> Decision:
    """Decide what a new day does to a model's prices."""
    prices = Prices(stored.prices, stored.announced)
    prices.keep_time(now)
    return _decided(stored, stored, None, prices, now)


def merge(page_model: StoredModel, event: ModelEnriched, now: datetime) -> Decision | None:
    """Decide what becomes of a page name once an API names its model: it is told gone, and its prices end here."""
    applied = place(event)
    if page_model.applied >= applied or page_model.merged_into:
        return None
    prices = Prices(page_model.prices, page_model.announced)
    prices.withdraw_all(event.started_at)
    after = msgspec.structs.replace(
        page_model,
        facts=msgspec.structs.replace(page_model.facts, usability=Usability.DEPRECATED),
        applied=applied,
        deprecated_at=event.started_at,
        stale_since=None,
        merged_into=event.model.id,
    )
    change = ModelChange(kind=ModelChangeKind.DEPRECATED, changed_fields=("merged_into",))
    return _decided(page_model, after, change, prices, now)


def _well_read(price: Price, pages: Collection[str], closing: ProviderEnriched) -> bool:
    """Tell whether the page, or the API's list, that had shown the price was read well in this sync."""
    if price.evidence is None or price.evidence.strategy == FROM_API:
        return closing.discovery.outcome == SideOutcome.COMPLETE
    return price.evidence.url in pages


def _decided(
    before: StoredModel | None, after: StoredModel, change: ModelChange | None, prices: Prices, now: datetime
) -> Decision:
    said = len(prices.changes) + (change is not None)
    after = msgspec.structs.replace(
        after,
        prices=prices.in_force,
        announced=prices.announced,
        stale_since=after.stale_since if prices.in_force else None,
        revision=after.revision + said,
        updated_at=now if said else after.updated_at,
    )
    return Decision(before=before, after=after, model_change=change, price_changes=tuple(prices.changes))


def _staled(model: StoredModel, prices: Prices, event: ModelEnriched, *, disputed: bool) -> StoredModel:
    """Return the model with since when its prices are not verified; what is disputed is decided when the sync ends."""
    if event.model.prices is not None:
        return model if disputed else msgspec.structs.replace(model, stale_since=None)
    if model.stale_since is None and prices.in_force:
        return msgspec.structs.replace(model, stale_since=event.started_at)
    return model


def _kept(known: EnrichedModel, said: EnrichedModel) -> EnrichedModel:
    """Return what is known now: a page does not overrule an API, and silence does not erase."""
    if said.found_on_page and not known.found_on_page:
        return msgspec.structs.replace(known, match=said.match)
    return msgspec.structs.replace(
        said,
        context_window=known.context_window if said.context_window is None else said.context_window,
        max_output_tokens=known.max_output_tokens if said.max_output_tokens is None else said.max_output_tokens,
        capabilities=said.capabilities or known.capabilities,
    )


def _model_change(stored: StoredModel | None, facts: EnrichedModel) -> ModelChange | None:
    if stored is None:
        return ModelChange(kind=ModelChangeKind.APPEARED)
    changed = tuple(name for name in _TOLD if getattr(stored.facts, name) != getattr(facts, name))
    if not changed:
        return None
    was, is_now = (facts.usability is Usability.DEPRECATED for facts in (stored.facts, facts))
    kind = ModelChangeKind.CHANGED
    if was != is_now:
        kind = ModelChangeKind.DEPRECATED if is_now else ModelChangeKind.REAPPEARED
    return ModelChange(kind=kind, changed_fields=changed)


def _deprecated_at(model: StoredModel, facts: EnrichedModel, started_at: datetime) -> datetime | None:
    if facts.usability is not Usability.DEPRECATED:
        return None
    return model.deprecated_at or started_at


def _until(model: StoredModel) -> tuple[object, ...]:
    return tuple((price.key, price.effective_until) for price in model.prices)
