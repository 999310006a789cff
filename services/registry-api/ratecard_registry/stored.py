"""What the registry holds of a model: its facts, the prices in force and those announced, and the sync applied last.

These are values. The pure modules beside this one decide how they change; the store knows where they lie.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ratecard_shared.events import EnrichedModel, PriceSaid
from ratecard_shared.prices import Evidence, PriceRow

Key = tuple[str, int, str, str]
"""What tells the prices of one model apart: tier, band, currency, region."""


class Applied(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A place in the order of syncs. Of two, the greater is right and the lesser changes nothing any more."""

    started_at: datetime
    sync_id: str
    generation: int


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A price in force, or announced: then `effective_date` is in the future.

    `missed_in` are the syncs in which its page was read well and did not show it; `absent_in` is a sync that did not
    show it and whose pages are not judged yet. `sync_id` is the sync that said it.
    """

    tier: str
    above_tokens: int
    currency: str
    region: str
    rates: dict[str, Decimal]
    free: bool = False
    effective_date: datetime
    effective_until: date | None = None
    evidence: Evidence | None = None
    missed_in: tuple[str, ...] = ()
    absent_in: str = ""
    sync_id: str = ""

    @property
    def key(self) -> Key:
        """What tells this price from the model's others."""
        return (self.tier, self.above_tokens, self.currency, self.region)

    @property
    def said(self) -> PriceSaid:
        """The price as an event says it."""
        return PriceSaid(rates=self.rates, free=self.free)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by its source's own words."""
        return midnight(self.effective_until + timedelta(days=1)) if self.effective_until else None

    def ended(self, now: datetime) -> bool:
        """Tell whether its last day is over."""
        return self.ends_at is not None and self.ends_at <= now

    def same_price(self, other: Price | PriceRow) -> bool:
        """Tell whether both cost the same, wherever they were read."""
        return self.rates == other.rates and self.free == other.free


class OwnKind(StrEnum):
    """Why the operator set a price: it was agreed with the provider, or what was read of the list is wrong."""

    NEGOTIATED = "negotiated"
    CORRECTION = "correction"


class OwnState(StrEnum):
    """Where an own price stands, as was last said of it."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class OwnPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a price that the operator set by hand, charged instead of the list's until its `end_date`.

    `number` names it, `id` the version. `corrects` is what the list said when it was recorded.
    """

    id: int = 0
    number: int
    kind: OwnKind
    price: Price
    end_date: datetime | None = None
    recorded_at: datetime
    state: OwnState = OwnState.SCHEDULED
    note: str = ""
    corrects: PriceSaid | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """Its place above others of its key: what was agreed is above a correction, and the later above the earlier."""
        return (self.kind is OwnKind.NEGOTIATED, self.number)

    def covers(self, when: datetime) -> bool:
        """Tell whether it is charged at that time, unless another is above it."""
        return self.price.effective_date <= when and (self.end_date is None or when < self.end_date)


class StoredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its prices.

    `facts` is the model as last enriched, without prices. `merged_into` is set on a page name whose model an API has
    named since. `own` are the operator's prices that are in force or scheduled.
    """

    provider: str
    facts: EnrichedModel
    applied: Applied
    discovered_at: datetime
    updated_at: datetime
    deprecated_at: datetime | None = None
    stale_since: datetime | None = None
    merged_into: str | None = None
    revision: int = 0
    prices: tuple[Price, ...] = ()
    announced: tuple[Price, ...] = ()
    own: tuple[OwnPrice, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """Provider and id."""
        return (self.provider, self.facts.id)


def midnight(day: date) -> datetime:
    """Return when a day begins: sources print days, and days here are UTC."""
    return datetime.combine(day, time(), UTC)
