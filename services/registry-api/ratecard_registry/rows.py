"""Rows of the registry's tables to values and back. The tables' money columns are copies: `rates` holds all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from sys import intern
from typing import Any, Final

import msgspec

from ratecard_registry.settled import settled
from ratecard_registry.stored import Applied, OwnKind, OwnPrice, OwnState, Price, StoredModel
from ratecard_shared.events import EnrichedModel, PriceSaid
from ratecard_shared.prices import Evidence


def model_from(
    row: Mapping[str, Any], prices: tuple[Price, ...], announced: tuple[Price, ...], own: tuple[OwnPrice, ...] = ()
) -> StoredModel:
    """Return the model in a row of `models`."""
    return StoredModel(
        provider=row["provider"],
        facts=msgspec.convert({name: row[name] for name in _FACTS}, EnrichedModel),
        applied=Applied(
            started_at=row["applied_at"], sync_id=row["applied_sync"], generation=row["applied_generation"]
        ),
        discovered_at=row["discovered_at"],
        updated_at=row["updated_at"],
        deprecated_at=row["deprecated_at"],
        stale_since=row["stale_since"],
        merged_into=row["merged_into"],
        revision=row["revision"],
        prices=prices,
        announced=announced,
        own=own,
    )


_FACTS = tuple(name for name in EnrichedModel.__struct_fields__ if name != "prices")


def model_row(model: StoredModel) -> dict[str, Any]:
    """Return the row of `models` for a model."""
    return {
        "provider": model.provider,
        **{name: getattr(model.facts, name) for name in _FACTS},
        "stale_since": model.stale_since,
        "revision": model.revision,
        "discovered_at": model.discovered_at,
        "updated_at": model.updated_at,
        "deprecated_at": model.deprecated_at,
        "merged_into": model.merged_into,
        "settled": settled(model),
        "applied_at": model.applied.started_at,
        "applied_sync": model.applied.sync_id,
        "applied_generation": model.applied.generation,
    }


def price_from(row: Mapping[str, Any]) -> Price:
    """Return the price in a row of `model_pricing` or `scheduled_pricing`."""
    fields = {name: row[name] for name in Price.__struct_fields__ if name != "above_tokens"}
    for name in _SHARED:
        fields[name] = intern(fields[name])
    if evidence := fields["evidence"]:
        fields["evidence"] = {**evidence, **{name: intern(evidence[name]) for name in _SHARED_OF_EVIDENCE}}
    return msgspec.convert({**fields, "above_tokens": row["context_limit"]}, Price)


_SHARED: Final = ("tier", "currency", "region", "sync_id")
_SHARED_OF_EVIDENCE: Final = ("url", "sha256", "strategy")
"""Texts that many prices have in common: memory holds each once."""


def price_row(model: StoredModel, price: Price) -> dict[str, Any]:
    """Return the row of `model_pricing` or `scheduled_pricing` for a price."""
    return {
        "provider": model.provider,
        "model_id": model.facts.id,
        "tier": price.tier,
        "context_limit": price.above_tokens,
        "currency": price.currency,
        "region": price.region,
        "input_cost_per_million": price.rates.get("input"),
        "output_cost_per_million": price.rates.get("output"),
        "rates": price.rates,
        "free": price.free,
        "effective_date": price.effective_date,
        "effective_until": price.effective_until,
        "evidence": price.evidence,
        "missed_in": price.missed_in,
        "absent_in": price.absent_in,
        "sync_id": price.sync_id,
    }


def own_from(row: Mapping[str, Any]) -> OwnPrice:
    """Return the version in a row of `own_prices`."""
    price = Price(
        tier=row["tier"],
        above_tokens=row["context_limit"],
        currency=row["currency"],
        region=row["region"],
        rates=msgspec.convert(row["rates"], dict[str, Decimal]),
        free=row["free"],
        effective_date=row["effective_date"],
        evidence=msgspec.convert(row["evidence"], Evidence),
    )
    return OwnPrice(
        id=row["id"],
        number=row["number"],
        kind=OwnKind(row["kind"]),
        price=price,
        end_date=row["end_date"],
        recorded_at=row["recorded_at"],
        state=OwnState(row["state"]),
        note=row["note"],
        corrects=msgspec.convert(row["corrects"], PriceSaid | None),
    )


def own_row(model: StoredModel, own: OwnPrice) -> dict[str, Any]:
    """Return the row of `own_prices` for a version, without its id."""
    price = own.price
    return {
        "number": own.number,
        "kind": own.kind,
        "provider": model.provider,
        "model_id": model.facts.id,
        "tier": price.tier,
        "context_limit": price.above_tokens,
        "currency": price.currency,
        "region": price.region,
        "rates": price.rates,
        "free": price.free,
        "effective_date": price.effective_date,
        "end_date": own.end_date,
        "recorded_at": own.recorded_at,
        "state": own.state,
        "evidence": price.evidence,
        "note": own.note,
        "corrects": own.corrects,
        "recorded_as": model.facts.id,
    }
