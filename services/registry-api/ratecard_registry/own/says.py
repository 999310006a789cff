"""What is said of own prices, and how a change of the list is told while an own price is charged instead. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from ratecard_registry.own.layer import OwnChange, OwnDecision, highest
from ratecard_registry.price_changes import PriceChange
from ratecard_registry.stored import OwnKind, OwnPrice, StoredModel
from ratecard_shared.events import AlertRaised, OwnPriceSaid, PriceChangeKind, PricingChanged
from ratecard_shared.outbox import Said
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import ALERT_RAISED, PRICING_CHANGED

DIFFERS: Final = "own_price.list_differs"
_OWN: Final = "own"
_BEGINS_OR_ENDS: Final = {PriceChangeKind.FIRST_SEEN, PriceChangeKind.WITHDRAWN}


def said_by_own(decision: OwnDecision, now: datetime) -> list[Said]:
    """Return the events of a decision, each with the model's next revision."""
    key = "/".join(decision.model.place)
    numbered = enumerate(decision.changes, start=decision.model.revision + 1)
    return [
        Said(topic=PRICING_CHANGED, key=key, event=_event(decision.model, change, revision, now))
        for revision, change in numbered
    ]


def _event(model: StoredModel, change: OwnChange, revision: int, now: datetime) -> PricingChanged:
    provider, model_id = model.place
    price = change.own.price
    return PricingChanged(
        event_id=derived_id(PRICING_CHANGED.name, provider, model_id, revision),
        sync_id="",
        occurred_at=now,
        provider=provider,
        model_id=model_id,
        revision=revision,
        kind=change.kind,
        tier=price.tier,
        above_tokens=price.above_tokens,
        currency=price.currency,
        region=price.region,
        old=change.old,
        new=change.new,
        effective_date=change.effective_date,
        evidence=price.evidence,
        source=_OWN,
        own=own_said(change.own),
        list_price=change.listed,
    )


def own_said(own: OwnPrice) -> OwnPriceSaid:
    """Return the own price as an event says it."""
    return OwnPriceSaid(
        number=own.number,
        kind=own.kind.value,
        state=own.state.value,
        effective_date=own.price.effective_date,
        end_date=own.end_date,
    )


def below_own(event: PricingChanged, change: PriceChange, model: StoredModel) -> PricingChanged:
    """Return the event of a change of the list as it is where an own price is charged: that stays what it is."""
    own = highest(model.own, change.about.key)
    if own is None:
        return event
    known: dict[str, Any] = {"old": own.price.said, "own": own_said(own)}
    if change.kind is PriceChangeKind.SCHEDULED:
        charged = own.price.said if own.covers(change.effective_date) else event.new
        now_listed = event.old
        return msgspec.structs.replace(event, **known, new=charged if event.new else None, list_price=now_listed)
    kind = PriceChangeKind.CHANGED if change.kind in _BEGINS_OR_ENDS else change.kind
    return msgspec.structs.replace(event, **known, kind=kind, new=own.price.said, list_price=event.new)


def list_differs(event: PricingChanged, change: PriceChange, model: StoredModel) -> Said | None:
    """Return an alert if the list no longer says what a correction by hand corrects."""
    own = highest((one for one in model.own if one.kind is OwnKind.CORRECTION), change.about.key)
    listed = change.new.said if change.new else None
    if own is None or change.kind is PriceChangeKind.SCHEDULED or listed == own.corrects:
        return None
    says = "what the correction says" if listed == own.price.said else "something else" if listed else "nothing"
    alert = AlertRaised(
        event_id=derived_id(DIFFERS, event.event_id),
        sync_id=event.sync_id,
        occurred_at=event.occurred_at,
        kind=DIFFERS,
        severity="warning",
        summary=(
            f"{'/'.join(model.place)} ({event.tier}, above {event.above_tokens} tokens): the list says {says} now, "
            f"no longer what own price {own.number} corrects. The correction stays in force."
        ),
        action=(
            f"Look at GET /api/admin/own-prices/{own.number}. Withdraw or end the correction if the list is right now."
        ),
        provider=event.provider,
        details={"own_price": str(own.number), "model": event.model_id},
    )
    return Said(topic=ALERT_RAISED, key=DIFFERS, event=alert)
