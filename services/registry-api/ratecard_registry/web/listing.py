"""Every model in a line of its own, for a table that filters as one types: the base price and what else there is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ratecard_registry.views import ModelView, View, base_price
from ratecard_shared.prices import PriceState


class ListedModel(View, frozen=True, kw_only=True):
    """A model in the table. Costs are those of the standard tier's base band, in `currency` per million tokens.

    `own` is the kind of own price that they are, null where they are the list's. `priceRows` counts all tiers, bands,
    currencies and regions. A cost is null where none is known, or none applies.
    """

    provider: str
    id: str
    name: str
    usability: str
    classification: tuple[str, ...]
    capabilities: tuple[str, ...]
    aliases: tuple[str, ...]
    context_window: int | None
    state: PriceState
    stale_since: datetime | None
    currency: str | None
    input: Decimal | None
    cached: Decimal | None
    output: Decimal | None
    own: str | None
    price_rows: int
    updated_at: datetime


class Listing(View, frozen=True, kw_only=True):
    """All models, deprecated ones too, by provider and id."""

    data: tuple[ListedModel, ...]


def listing(models: Iterable[ModelView]) -> Listing:
    """Return the lines of the table."""
    return Listing(data=tuple(sorted((_listed(model) for model in models), key=lambda one: (one.provider, one.id))))


def _listed(model: ModelView) -> ListedModel:
    base = base_price(model.pricing)
    cached = base.rates.get("cachedInput") if base else None
    return ListedModel(
        provider=model.provider,
        id=model.id,
        name=model.display_name,
        usability=model.usability.value,
        classification=model.classification,
        capabilities=tuple(one.type for one in model.capabilities if one.supported),
        aliases=model.aliases,
        context_window=model.context_window,
        state=model.price_state,
        stale_since=model.stale_since,
        currency=base.currency if base else None,
        input=base.input_cost_per_million if base else None,
        cached=cached.amount if cached else None,
        output=base.output_cost_per_million if base else None,
        own=base.own.kind if base and base.own else None,
        price_rows=len(model.pricing),
        updated_at=model.updated_at,
    )
