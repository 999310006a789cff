"""A model's prices as formats for dollars need them: per tier, the base band and the bands above it.

Most formats know one currency and no regions: only rows in USD, for everywhere, take part. What an announcement or
another time says does not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from ratecard_registry.views import ModelView, PriceView, camel
from ratecard_shared.prices import GLOBAL, STANDARD, UNITS, USD, PriceState

Rates = Mapping[str, Decimal]
_NAMES: Final = {camel(name): name for name in UNITS}


class LeftOut(StrEnum):
    """Why a format cannot carry a model honestly."""

    UNKNOWN_PRICE = "unknown-price"
    CURRENCY = "currency"
    REGION = "region"
    UNIT = "unit"
    BAND = "band"
    TIER = "tier"
    LIMIT = "unknown-limit"
    NAME = "name-taken"
    CLIENT = "client"
    DEPRECATED = "deprecated"


class CannotCarryError(Exception):
    """A format has no honest way to say this model."""

    def __init__(self, reason: LeftOut) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one tier by band: `bands[n]` holds for prompts of more than n tokens, up to the next band."""

    bands: dict[int, dict[str, Decimal]]

    @property
    def base(self) -> Rates:
        """The prices of the base band."""
        return self.bands[0]

    @property
    def above(self) -> tuple[int, ...]:
        """Where the other bands begin, ascending."""
        return tuple(sorted(self.bands)[1:])

    def over(self, tokens: int) -> Rates:
        """Return the prices for prompts of just more than this many tokens."""
        return self.bands[max(start for start in self.bands if start <= tokens)]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its prices in USD, by tier."""

    model: ModelView
    tiers: dict[str, Card]

    @property
    def standard(self) -> Card:
        """The prices of the standard tier."""
        return self.tiers[STANDARD]

    @property
    def embeds(self) -> bool:
        """Whether the model only embeds: then it has no output to be priced."""
        return "embedding" in self.model.classification and "chat" not in self.model.classification

    @property
    def source(self) -> str | None:
        """Where the price was read."""
        rows = (row for row in self.model.pricing if row.evidence and row.currency == USD)
        first = next(rows, None)
        return first.evidence.url or None if first and first.evidence else None


def offer_of(model: ModelView) -> Offer:
    """Return what the model costs in USD. Raises CannotCarryError where its standard price is not known."""
    if not model.pricing:
        raise CannotCarryError(LeftOut.UNKNOWN_PRICE)
    dollars = [row for row in model.pricing if row.currency == USD]
    if not dollars:
        raise CannotCarryError(LeftOut.CURRENCY)
    rows = [row for row in dollars if row.region == GLOBAL]
    if not rows:
        raise CannotCarryError(LeftOut.REGION)
    tiers = {tier: _card(rows, tier) for tier in dict.fromkeys(row.tier for row in rows)}
    if STANDARD not in tiers:
        raise CannotCarryError(LeftOut.UNKNOWN_PRICE)
    if 0 not in tiers[STANDARD].bands:
        raise CannotCarryError(LeftOut.BAND)
    return Offer(model=model, tiers={tier: card for tier, card in tiers.items() if 0 in card.bands})


def priced_by_tokens(offer: Offer) -> Offer:
    """Return the offer, if every band has its input and output price. Raises CannotCarryError."""
    needed = {"input"} if offer.embeds else {"input", "output"}
    base = offer.standard.base
    if not needed <= base.keys():
        missing_all = base and not base.keys() & {"input", "output"}
        raise CannotCarryError(LeftOut.UNIT if missing_all else LeftOut.UNKNOWN_PRICE)
    if any(not needed <= rates.keys() for rates in offer.standard.bands.values()):
        raise CannotCarryError(LeftOut.BAND)
    return offer


def chat_priced_by_tokens(offer: Offer) -> Offer:
    """Return the offer, if it has an input and an output price: for formats that need both. Raises CannotCarryError."""
    if offer.embeds:
        raise CannotCarryError(LeftOut.UNIT)
    return priced_by_tokens(offer)


def whole_in_all_bands(bands: Sequence[Collection[str]]) -> None:
    """Raise CannotCarryError if a band lacks what the first, the base band, has: clients would charge its price."""
    if any(set(bands[0]).difference(band) for band in bands):
        raise CannotCarryError(LeftOut.BAND)


def cache_write(rates: Rates) -> Decimal | None:
    """Return the price of writing to the cache for the usual time, where formats know only one such time."""
    return rates.get("cache_write", rates.get("cache_write_5m"))


def _card(rows: list[PriceView], tier: str) -> Card:
    return Card(bands={row.context_limit: rates_of(row) for row in rows if row.tier == tier})


def rates_of(row: PriceView) -> dict[str, Decimal]:
    """Return every rate of a row by its component's name in `UNITS`."""
    named = {"input": row.input_cost_per_million, "output": row.output_cost_per_million}
    rates = {name: amount for name, amount in named.items() if amount is not None}
    rates |= {_NAMES.get(name, name): rate.amount for name, rate in row.rates.items()}
    if row.state is PriceState.FREE and not rates:
        return {"input": Decimal(0), "output": Decimal(0)}
    return rates
