"""What a price is: one row per (name, tier, context band, currency, region), with every rate and its evidence.

Money is Decimal. A rate is an amount of the row's currency per unit of its component; a component that the
source does not price is absent, and absent is never zero.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without is refused."""

PER_MILLION_TOKENS: Final = "million tokens"
MODALITIES: Final = ("audio", "image", "video")

UNITS: Final[dict[str, str]] = {
    "input": PER_MILLION_TOKENS,
    "cached_input": PER_MILLION_TOKENS,
    "cache_write": PER_MILLION_TOKENS,
    "cache_write_5m": PER_MILLION_TOKENS,
    "cache_write_1h": PER_MILLION_TOKENS,
    "output": PER_MILLION_TOKENS,
    **{f"{kind}_{part}": PER_MILLION_TOKENS for kind in MODALITIES for part in ("input", "cached_input", "output")},
    "image": "image",
    "audio_minute": "minute of audio",
    "video_second": "second of video",
    "characters": "million characters",
    "requests": "1,000 requests",
    "pages": "1,000 pages",
    "cache_storage_hour": "million tokens and hour",
}
"""Every component a row may price, and the unit its rate is for."""

_MOST_PER_MILLION: Final = {"USD": 10_000, "EUR": 10_000, "GBP": 10_000, "CNY": 100_000}
"""Ten times and more what any model costs. Other currencies have no such bound."""
_LEAST_PER_MILLION: Final = {"USD": Decimal("0.001"), "EUR": Decimal("0.001"), "GBP": Decimal("0.001")}
"""A fraction of what any model costs, but for what it remembers."""

STANDARD: Final = "standard"
GLOBAL: Final = "global"
USD: Final = "USD"


class PriceState(StrEnum):
    """How much is known of a price. Unknown is shown as "TBD" and never becomes zero."""

    PRICED = "priced"
    FREE = "free"
    UNKNOWN = "unknown"
    STALE = "stale"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Where a price was read: `text` is a piece of the page that holds every figure as printed."""

    url: str
    fetched_at: Instant
    sha256: str
    strategy: str
    text: str


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One price row as its source states it, normalised to the units of `UNITS`.

    `name` is the model as the source names it. `above_tokens` is 0 for the base band, N for prompts of more than
    N tokens. `free` is true only where the source says so or prints zero. `effective_from` and `effective_until`
    are the dates the source announces, the second exclusive of nothing: it is the last day as printed.
    """

    name: str
    tier: str = STANDARD
    above_tokens: int = 0
    currency: str = USD
    region: str = GLOBAL
    rates: dict[str, Decimal]
    free: bool = False
    effective_from: date | None = None
    effective_until: date | None = None
    evidence: Evidence | None = None

    @property
    def key(self) -> tuple[str, int, str, str]:
        """What tells the rows of one model apart: tier, band, currency, region."""
        return (self.tier, self.above_tokens, self.currency, self.region)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a page that looked like a price and was not taken, and why."""

    text: str
    reason: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A price that the page states only as a rule ("50 % off with batch"): words, and the factor if there is one."""

    text: str
    factor: Decimal | None = None


def is_beyond_measure(component: str, amount: Decimal, currency: str) -> bool:
    """Whether no model costs as much, or as little but nothing, for a million tokens: the figure has another unit."""
    if UNITS[component] != PER_MILLION_TOKENS:
        return False
    most, least = _MOST_PER_MILLION.get(currency), _LEAST_PER_MILLION.get(currency)
    too_little = least is not None and component in ("input", "output") and 0 < amount < least
    return too_little or (most is not None and amount > most)
