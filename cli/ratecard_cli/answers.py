"""What the commands read of the API's answers. Fields that they do not show are not looked at."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from ratecard_shared.events import SyncError
from ratecard_shared.prices import PriceState


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A piece of an answer."""


class Rate(Answer, frozen=True, kw_only=True):
    """An amount of the row's currency per unit."""

    amount: Decimal
    unit: str


class Source(Answer, frozen=True, kw_only=True):
    """Where a price was read."""

    url: str


class Row(Answer, frozen=True, kw_only=True):
    """A price of some time; a cost is None where the unit does not apply. `source` is list, imported or own."""

    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    tier: str
    context_limit: int
    currency: str
    region: str
    effective_date: datetime
    rates: dict[str, Rate] = {}
    source: str = "list"


class Price(Row, frozen=True, kw_only=True):
    """One price row of now, or of the time that was asked for."""

    state: PriceState
    evidence: Source | None = None

    @property
    def free(self) -> bool:
        """Whether nothing is charged, also when nobody could verify it."""
        costs = (
            self.input_cost_per_million,
            self.output_cost_per_million,
            *(rate.amount for rate in self.rates.values()),
        )
        known = [cost for cost in costs if cost is not None]
        return self.state is PriceState.FREE or (self.state is PriceState.STALE and bool(known) and not any(known))


class Model(Answer, frozen=True, kw_only=True):
    """A model with its prices, the standard tier's base band first."""

    provider: str
    id: str
    display_name: str
    usability: str
    price_state: PriceState
    context_window: int | None = None
    stale_since: datetime | None = None
    forecast: bool = False
    pricing: tuple[Price, ...] = ()
    scheduled_pricing: tuple[Price, ...] = ()


class ProviderSync(Answer, frozen=True, kw_only=True):
    """One provider in a sync. `stages` are waiting, running, done or failed by name."""

    provider: str
    state: str
    stages: dict[str, str] = {}
    outcome: str | None = None
    models_discovered: int = 0
    models_updated: int = 0
    models_deprecated: int = 0
    pricing_updated: int = 0
    pricing_held: int | None = None
    errors: tuple[SyncError, ...] = ()


class SyncResult(Answer, frozen=True, kw_only=True):
    """The outcome of a sync in the mission's counts."""

    success: bool
    models_discovered: int
    models_updated: int
    models_deprecated: int
    pricing_updated: int
    pricing_held: int | None = None


class Sync(Answer, frozen=True, kw_only=True):
    """A sync. `state` is requested, running, completed, expired or refused."""

    sync_id: str
    state: str
    error: str | None = None
    providers: tuple[ProviderSync, ...] = ()
    result: SyncResult | None = None
