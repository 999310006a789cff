"""What is asked of costs and what is answered, as JSON. A line that cannot be priced has an error and no cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ratecard_registry.cost import Band, Charge
from ratecard_registry.dated import DatedPrice
from ratecard_registry.dated_views import dated_view
from ratecard_registry.views import EvidenceView, OwnMark, PriceView, RateView, Source, View
from ratecard_shared.prices import Instant, PriceState

Style = Literal["ratecard", "openai", "anthropic", "google"]
"""How a usage counts: by Ratecard's disjoint components, or as a provider's own usage object does."""


class UsageLine(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one request to a model used. Sums of several requests have no band: send one line for each.

    `usage` counts by component (`input`, `cachedInput`, `output` ...), which are disjoint, or is the provider's own
    usage object. `when` is now, or the request's `knownAt`, if left out; `tier` is standard. `ref` comes back as it is.
    """

    model: str
    usage: dict[str, Any]
    provider: str | None = None
    usage_style: Style | None = None
    when: Instant | None = None
    tier: str | None = None
    currency: str | None = None
    region: str | None = None
    ref: str | None = None


class CostRequest(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most 10,000 usages. `knownAt` prices them as Ratecard believed the prices then.

    `own` false prices them by the providers' lists alone, without the operator's own prices.
    """

    usages: tuple[UsageLine, ...]
    usage_style: Style = "ratecard"
    known_at: Instant | None = None
    own: bool = True


class Candidate(View, frozen=True, kw_only=True):
    """A model that may be meant."""

    provider: str
    id: str


class LineError(View, frozen=True, kw_only=True):
    """Why a line has no cost.

    `code` is one of invalid_line, invalid_usage, unknown_model, ambiguous_model, no_price, no_tier, no_currency,
    no_region, ambiguous_price, no_band, no_rate.
    """

    code: str
    detail: str
    candidates: tuple[Candidate, ...] = ()


class CostLine(View, frozen=True, kw_only=True):
    """The cost of one usage, or why there is none. `priceId` names its price among `prices`.

    `stale`: at this time the price was the last known good one, because its page could not be read, or said another.
    `forecast`: the time is to come, and the price what is in force or announced for then, as far as is known.
    """

    index: int
    ref: str | None
    model: str | None
    provider: str | None = None
    model_id: str | None = None
    when: datetime | None = None
    cost: Decimal | None = None
    currency: str | None = None
    price_id: int | None = None
    stale: bool = False
    forecast: bool = False
    band: Band | None = None
    components: tuple[Charge, ...] = ()
    error: LineError | None = None


class PriceUsed(View, frozen=True, kw_only=True):
    """A row of the pricing history that costs were taken from. `source` is list, imported or own, as in models.

    Its `state` is stale, and `staleSince` given, if one of the lines is: of a time since then.
    """

    id: int
    provider: str
    model_id: str
    tier: str
    context_limit: int
    currency: str
    region: str
    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, RateView]
    state: PriceState
    stale_since: datetime | None
    kind: str
    effective_date: datetime
    end_date: datetime | None
    recorded_at: datetime
    evidence: EvidenceView | None
    source: Source
    own: OwnMark | None
    instead_of: PriceView | None


class CostAnswer(View, frozen=True, kw_only=True):
    """A line for each usage, in their order. `totals` are by currency and hold the priced lines only."""

    lines: tuple[CostLine, ...]
    prices: dict[str, PriceUsed]
    totals: dict[str, Decimal]
    priced: int
    failed: int
    known_at: datetime | None


def price_used(row: DatedPrice, *, stale: bool) -> PriceUsed:
    """Return what is shown of a price row."""
    price = row.price
    shown = dated_view(row, stale=stale)
    return PriceUsed(
        id=row.id,
        provider=row.provider,
        model_id=row.model_id,
        tier=price.tier,
        context_limit=price.above_tokens,
        currency=price.currency,
        region=price.region,
        input_cost_per_million=shown.input_cost_per_million,
        output_cost_per_million=shown.output_cost_per_million,
        rates=shown.rates,
        state=shown.state,
        stale_since=row.stale_since if stale else None,
        kind=row.kind,
        effective_date=price.effective_date,
        end_date=row.end_date,
        recorded_at=row.recorded_at,
        evidence=shown.evidence,
        source=shown.source,
        own=shown.own,
        instead_of=shown.instead_of,
    )


def candidates(places: Mapping[str, str] | tuple[tuple[str, str], ...]) -> tuple[Candidate, ...]:
    """Return places as candidates."""
    pairs = places.items() if isinstance(places, Mapping) else places
    return tuple(Candidate(provider=provider, id=model_id) for provider, model_id in pairs)
