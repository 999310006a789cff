"""What the API shows of a model, as JSON in camelCase. An unknown price is "TBD" and no row: it never becomes zero.

`rates` holds every component besides input and output, each with its unit. `contextLimit` N means prompts of more than
N tokens; 0 is the base band.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from ratecard_registry.stored import OwnKind, OwnPrice, OwnState, Price, StoredModel
from ratecard_shared.events import Capability, MatchExplained, Usability
from ratecard_shared.prices import GLOBAL, STANDARD, UNITS, USD, Evidence, PriceState

TBD: Final = "TBD"
Cost = float | Literal["TBD"] | None
"""What the API's description says of a cost: a number, "TBD" or null. The number is a Decimal, which msgspec cannot
have beside a string in a type; it is only ever written, never read back."""


Source = Literal["list", "imported", "own"]


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Anything that the API shows."""


class RateView(View, frozen=True, kw_only=True):
    """An amount of the row's currency per unit."""

    amount: Decimal
    unit: str


class EvidenceView(View, frozen=True, kw_only=True):
    """Where a price was read: `text` is a piece of the page that holds every figure as printed."""

    url: str
    fetched_at: datetime
    sha256: str
    strategy: str
    text: str


class OwnMark(View, frozen=True, kw_only=True):
    """That a price is the operator's own, and which: `kind` is negotiated or correction.

    `recordedAt` is when this version of it was recorded, `endDate` when it ends.
    """

    number: int
    kind: OwnKind
    note: str
    recorded_at: datetime
    end_date: datetime | None


class PriceView(View, frozen=True, kw_only=True):
    """One price row. A cost is null where the unit does not apply to the model.

    `source` is whose price it is: the provider's `list`, an `imported` list's, or the operator's `own`. Where it is
    `own`, `insteadOf` is what would be charged without it, null if nothing is known.
    """

    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    tier: str
    context_limit: int
    currency: str
    region: str
    rates: dict[str, RateView]
    effective_date: datetime
    effective_until: date | None = None
    state: PriceState
    evidence: EvidenceView | None = None
    source: Source = "list"
    own: OwnMark | None = None
    instead_of: PriceView | None = None


class FactsView(View, frozen=True, kw_only=True):
    """A model without its prices."""

    id: str
    provider: str
    display_name: str
    classification: tuple[str, ...]
    context_window: int | None
    max_output_tokens: int | None
    usability: Usability
    capabilities: tuple[Capability, ...]
    aliases: tuple[str, ...]
    shutdown_date: date | None
    discovered_at: datetime
    updated_at: datetime
    deprecated_at: datetime | None
    revision: int
    found_on_page: bool
    match: MatchExplained | None


class PricingView(View, frozen=True, kw_only=True):
    """A model's prices."""

    price_state: PriceState
    stale_since: datetime | None = None
    pricing: tuple[PriceView, ...] = ()
    scheduled_pricing: tuple[PriceView, ...] = ()


class CostBasis(View, frozen=True, kw_only=True):
    """Which price row a cost is taken from."""

    tier: str
    context_limit: int
    currency: str
    region: str


class ModelView(FactsView, frozen=True, kw_only=True):
    """A model with its prices. The costs at the top are those of the row that `costBasis` names.

    That is the standard tier's base band, in USD and for everywhere, or else the price that is nearest to it. A
    `forecast` is of a time to come: what is in force or announced for then, as far as is known.
    """

    price_state: PriceState
    stale_since: datetime | None = None
    input_cost_per_million: Cost = TBD
    output_cost_per_million: Cost = TBD
    cost_basis: CostBasis | None = None
    forecast: bool = False
    pricing: tuple[PriceView, ...] = ()
    scheduled_pricing: tuple[PriceView, ...] = ()


def whole(facts: FactsView, pricing: PricingView) -> ModelView:
    """Return the model with its prices."""
    return ModelView(**msgspec.structs.asdict(facts), **shown_prices(pricing))


def shown_prices(pricing: PricingView) -> dict[str, Any]:
    """Return the fields of a model that tell its prices."""
    base = base_price(pricing.pricing)
    return {
        **msgspec.structs.asdict(pricing),
        "input_cost_per_million": base.input_cost_per_million if base else TBD,
        "output_cost_per_million": base.output_cost_per_million if base else TBD,
        "cost_basis": _basis(base) if base else None,
    }


def _basis(row: PriceView) -> CostBasis:
    return CostBasis(tier=row.tier, context_limit=row.context_limit, currency=row.currency, region=row.region)


def base_price(rows: Iterable[PriceView]) -> PriceView | None:
    """Return the row nearest to the standard tier's base band in USD for everywhere; None if there is none."""
    return min(rows, key=_distance_from_base, default=None)


def facts_view(model: StoredModel) -> FactsView:
    """Return what is shown of the model itself."""
    facts = model.facts
    return FactsView(
        id=facts.id,
        provider=model.provider,
        display_name=facts.display_name,
        classification=facts.classification,
        context_window=facts.context_window,
        max_output_tokens=facts.max_output_tokens,
        usability=facts.usability,
        capabilities=facts.capabilities,
        aliases=facts.aliases,
        shutdown_date=facts.shutdown_date,
        discovered_at=model.discovered_at,
        updated_at=model.updated_at,
        deprecated_at=model.deprecated_at,
        revision=model.revision,
        found_on_page=facts.found_on_page,
        match=facts.match,
    )


def pricing_view(
    prices: Iterable[Price],
    *,
    stale_since: datetime | None = None,
    scheduled: Iterable[Price] = (),
    own: Iterable[OwnPrice] = (),
) -> PricingView:
    """Return what is shown of a model's prices, with those of the operator's `own` that are in force or scheduled."""
    rows = {price.key: price_view(price, stale=stale_since is not None) for price in prices}
    announced = [price_view(price, stale=False) for price in scheduled]
    for one in sorted(own, key=lambda one: one.rank):
        if one.state is OwnState.IN_FORCE:
            rows[one.price.key] = own_view(one, rows.get(one.price.key))
        else:
            announced.append(own_view(one, None))
    return shown_rows(rows.values(), stale_since=stale_since, scheduled=announced)


def shown_rows(
    rows: Iterable[PriceView], *, stale_since: datetime | None = None, scheduled: Iterable[PriceView] = ()
) -> PricingView:
    """Return what is shown of these rows together."""
    ordered = tuple(sorted(rows, key=_place))
    return PricingView(
        price_state=_state(ordered),
        stale_since=stale_since if ordered else None,
        pricing=ordered,
        scheduled_pricing=tuple(sorted(scheduled, key=_place)),
    )


def own_view(own: OwnPrice, instead_of: PriceView | None) -> PriceView:
    """Return what is shown of an own price, and of what would be charged without it."""
    last = (own.end_date - timedelta(microseconds=1)).date() if own.end_date else None
    shown = price_view(msgspec.structs.replace(own.price, effective_until=last), stale=False)
    return msgspec.structs.replace(shown, source="own", own=own_mark(own), instead_of=instead_of)


def own_mark(own: OwnPrice) -> OwnMark:
    """Return what marks an own price."""
    return OwnMark(number=own.number, kind=own.kind, note=own.note, recorded_at=own.recorded_at, end_date=own.end_date)


def price_view(price: Price, *, stale: bool) -> PriceView:
    """Return what is shown of one price row."""
    known = PriceState.FREE if price.free else PriceState.PRICED
    return PriceView(
        input_cost_per_million=price.rates.get("input"),
        output_cost_per_million=price.rates.get("output"),
        tier=price.tier,
        context_limit=price.above_tokens,
        currency=price.currency,
        region=price.region,
        rates=rates_view(price.rates),
        effective_date=price.effective_date,
        effective_until=price.effective_until,
        state=PriceState.STALE if stale else known,
        evidence=evidence_view(price.evidence),
    )


def rates_view(rates: dict[str, Decimal]) -> dict[str, RateView]:
    """Return every component besides input and output, in camelCase, with its unit."""
    return {
        camel(name): RateView(amount=amount, unit=UNITS.get(name, name))
        for name, amount in rates.items()
        if name not in {"input", "output"}
    }


def evidence_view(evidence: Evidence | None) -> EvidenceView | None:
    """Return what is shown of where a price was read."""
    return EvidenceView(**msgspec.structs.asdict(evidence)) if evidence else None


@lru_cache(1024)
def camel(name: str) -> str:
    """Return a component's name as JSON has it: `cache_write_5m` is `cacheWrite5m`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _state(rows: tuple[PriceView, ...]) -> PriceState:
    if not rows:
        return PriceState.UNKNOWN
    states = {row.state for row in rows}
    if PriceState.STALE in states:
        return PriceState.STALE
    return PriceState.FREE if states == {PriceState.FREE} else PriceState.PRICED


def _distance_from_base(row: PriceView) -> Any:
    return (row.tier != STANDARD, row.context_limit, row.currency != USD, row.region != GLOBAL)


def _place(row: PriceView) -> Any:
    return (row.tier != STANDARD, row.tier, row.context_limit, row.currency, row.region)
