"""Whether an event says of a model just what is stored of it: told by a digest, so that no price is read. Pure.

A model is settled while nothing is left to happen to its prices: none is announced, ends on a known day or was missed.
Evidence does not matter, since a price keeps what it was first read from. The revision is part of the digest: a release
that does not know of it may still write beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Final

import msgspec

from ratecard_registry.stored import Key, StoredModel
from ratecard_shared.events import EnrichedModel, ModelEnriched

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")

_Said = Mapping[Key, tuple[Mapping[str, Decimal], bool]]
"""The rates of each price, and whether it is free."""


def settled(model: StoredModel) -> str | None:
    """Return the digest of a stored model with its revision; None for one that is not settled."""
    unsettled = any(price.effective_until or price.missed_in or price.absent_in for price in model.prices)
    if unsettled or model.announced or model.merged_into:
        return None
    prices = {price.key: (price.rates, price.free) for price in model.prices}
    return f"{model.revision}:{_digest(model.facts, prices)}"


def said(event: ModelEnriched) -> str | None:
    """Return the digest of what an event says; None where it says nothing of prices, or speaks of days."""
    rows = event.model.prices
    if rows is None or any(row.effective_from or row.effective_until for row in rows):
        return None
    prices = {row.key: (row.rates, row.free) for row in rows}
    if len(prices) < len(rows):
        return None
    return _digest(msgspec.structs.replace(event.model, prices=None), prices)


def _digest(facts: EnrichedModel, prices: _Said) -> str:
    return blake2b(_ENCODER.encode((facts, sorted(prices.items()))), digest_size=16).hexdigest()
