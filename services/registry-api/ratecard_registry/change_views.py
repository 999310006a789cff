"""What the API shows of a change: the event that went to Kafka, in camelCase, with its place in the stream."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from ratecard_registry.views import EvidenceView, RateView, View, evidence_view, rates_view
from ratecard_shared.codec import decode
from ratecard_shared.events import (
    ModelChanged,
    ModelChangeKind,
    PriceChangeKind,
    PriceSaid,
    PricingChanged,
    Usability,
)
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED


class SaidView(View, frozen=True, kw_only=True):
    """A price of a change."""

    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, RateView]
    free: bool


class OwnSaidView(View, frozen=True, kw_only=True):
    """An own price of a change: `kind` is negotiated or correction; `state` scheduled, in_force, ended, withdrawn."""

    number: int
    kind: str
    state: str
    effective_date: datetime
    end_date: datetime | None


class PriceChange(View, frozen=True, kw_only=True, tag_field="type", tag=PRICING_CHANGED.name):
    """A price changed. `revision` grows with each change of a model: one that is not newer is a repeat.

    `old` null: there was none; `new` null: it was withdrawn, or an announcement was taken back. Both are what is
    charged. `source` is whose price changed, the `list`'s or the operator's `own`; where `own` is charged, `listPrice`
    is what the list says.
    """

    cursor: str
    event_id: str
    sync_id: str
    occurred_at: datetime
    provider: str
    model_id: str
    revision: int
    kind: PriceChangeKind
    tier: str
    context_limit: int
    currency: str
    region: str
    old: SaidView | None
    new: SaidView | None
    effective_date: datetime
    evidence: EvidenceView | None
    source: str
    own: OwnSaidView | None
    list_price: SaidView | None


class ModelChange(View, frozen=True, kw_only=True, tag_field="type", tag=MODEL_CHANGED.name):
    """A model appeared, changed, was deprecated or came back. `revision` is shared with its prices' changes."""

    cursor: str
    event_id: str
    sync_id: str
    occurred_at: datetime
    provider: str
    model_id: str
    revision: int
    kind: ModelChangeKind
    display_name: str
    usability: Usability
    classification: tuple[str, ...]
    context_window: int | None
    changed_fields: tuple[str, ...]
    merged_into: str | None


Change = PriceChange | ModelChange


def change_view(topic: str, body: bytes, cursor: str) -> Change:
    """Return what is shown of the event in `body`."""
    if topic == MODEL_CHANGED.name:
        return _model(decode(body, ModelChanged), cursor)
    return _price(decode(body, PricingChanged), cursor)


def _price(event: PricingChanged, cursor: str) -> PriceChange:
    return PriceChange(
        cursor=cursor,
        event_id=event.event_id,
        sync_id=event.sync_id,
        occurred_at=event.occurred_at,
        provider=event.provider,
        model_id=event.model_id,
        revision=event.revision,
        kind=event.kind,
        tier=event.tier,
        context_limit=event.above_tokens,
        currency=event.currency,
        region=event.region,
        old=said_view(event.old),
        new=said_view(event.new),
        effective_date=event.effective_date,
        evidence=evidence_view(event.evidence),
        source=event.source,
        own=OwnSaidView(**msgspec.structs.asdict(event.own)) if event.own else None,
        list_price=said_view(event.list_price),
    )


def _model(event: ModelChanged, cursor: str) -> ModelChange:
    return ModelChange(
        cursor=cursor,
        event_id=event.event_id,
        sync_id=event.sync_id,
        occurred_at=event.occurred_at,
        provider=event.provider,
        model_id=event.model_id,
        revision=event.revision,
        kind=event.kind,
        display_name=event.display_name,
        usability=event.usability,
        classification=event.classification,
        context_window=event.context_window,
        changed_fields=event.changed_fields,
        merged_into=event.merged_into,
    )


def said_view(price: PriceSaid | None) -> SaidView | None:
    """Return what is shown of a price that was said."""
    if price is None:
        return None
    return SaidView(
        input_cost_per_million=price.rates.get("input"),
        output_cost_per_million=price.rates.get("output"),
        rates=rates_view(price.rates),
        free=price.free,
    )
