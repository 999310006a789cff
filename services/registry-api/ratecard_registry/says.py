"""What decided changes say to other services: one event per change, each with the model's next revision. Pure."""

from __future__ import annotations

from datetime import datetime

from ratecard_registry.changes import Decision, ModelChange
from ratecard_registry.history import first_price_revision
from ratecard_registry.own.says import below_own, list_differs
from ratecard_registry.price_changes import PriceChange
from ratecard_shared.events import ModelChanged, PricingChanged
from ratecard_shared.outbox import Said
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED


def said_by(decision: Decision, *, sync_id: str | None, now: datetime) -> list[Said]:
    """Return the events of a decision, in order. `sync_id` None: the sync that said the price."""
    key = "/".join(decision.after.place)
    revision = first_price_revision(decision)
    said = []
    if decision.model_change:
        change = _model_changed(decision, decision.model_change, revision - 1, sync_id, now)
        said.append(Said(topic=MODEL_CHANGED, key=key, event=change))
    for number, price_change in enumerate(decision.price_changes, start=revision):
        event = below_own(_pricing_changed(decision, price_change, number, sync_id, now), price_change, decision.after)
        said.append(Said(topic=PRICING_CHANGED, key=key, event=event))
        if alert := list_differs(event, price_change, decision.after):
            said.append(alert)
    return said


def _model_changed(
    decision: Decision, change: ModelChange, revision: int, sync_id: str | None, now: datetime
) -> ModelChanged:
    provider, model_id = decision.after.place
    facts = decision.after.facts
    return ModelChanged(
        event_id=derived_id(MODEL_CHANGED.name, provider, model_id, revision),
        sync_id=sync_id or decision.after.applied.sync_id,
        occurred_at=now,
        provider=provider,
        model_id=model_id,
        revision=revision,
        kind=change.kind,
        display_name=facts.display_name,
        usability=facts.usability,
        classification=facts.classification,
        context_window=facts.context_window,
        changed_fields=change.changed_fields,
        merged_into=decision.after.merged_into,
    )


def _pricing_changed(
    decision: Decision, change: PriceChange, revision: int, sync_id: str | None, now: datetime
) -> PricingChanged:
    provider, model_id = decision.after.place
    about = change.about
    return PricingChanged(
        event_id=derived_id(PRICING_CHANGED.name, provider, model_id, revision),
        sync_id=sync_id or about.sync_id,
        occurred_at=now,
        provider=provider,
        model_id=model_id,
        revision=revision,
        kind=change.kind,
        tier=about.tier,
        above_tokens=about.above_tokens,
        currency=about.currency,
        region=about.region,
        old=change.old.said if change.old else None,
        new=change.new.said if change.new else None,
        effective_date=change.effective_date,
        evidence=about.evidence,
    )
