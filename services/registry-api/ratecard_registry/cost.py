"""What a usage costs by the prices in force at its time. Pure and exact.

Components are disjoint. A band prices the whole request, and only prompts of strictly more tokens than it names. What
has no price is refused, with the reason: unknown is never zero, and free is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import reduce
from typing import Final

import msgspec

from ratecard_registry.dated import DatedPrice, in_force
from ratecard_registry.views import camel
from ratecard_shared.prices import GLOBAL, MODALITIES, PER_MILLION_TOKENS, STANDARD, UNITS, USD

Quantity = int | Decimal
"""How many tokens, images, minutes ...: a count of the component itself, not of its unit."""

POWERS: Final[dict[str, int]] = {
    PER_MILLION_TOKENS: 6,
    "image": 0,
    "minute of audio": 0,
    "second of video": 0,
    "million characters": 6,
    "1,000 requests": 3,
    "1,000 pages": 3,
    "million tokens and hour": 6,
}
"""Of how many the unit of a rate consists, as a power of ten."""

_SHIFTS: Final = {component: -POWERS[unit] for component, unit in UNITS.items()}
"""By how many digits the cost of one is less than a component's rate."""

CHARGED_AS: Final[dict[str, str]] = {
    "cache_write_5m": "cache_write",
    **{f"{kind}_{part}": part for kind in ("image", "video") for part in ("input", "cached_input")},
}
"""What a component is charged as where the row has no rate for it: pages print one price for text, images and video,
and one for cache writes of the usual length. Audio is not among these: where it is priced apart it costs several times
as much."""

_PLAIN: Final = ("input", "cached_input", "cache_write", "cache_write_5m", "cache_write_1h")
PROMPT: Final = (*_PLAIN, *(f"{kind}_{part}" for kind in MODALITIES for part in ("input", "cached_input")))
"""The components that together are the prompt, which bands are compared with."""

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_TEN: Final = Decimal(10)
_EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one request used. Without a region or currency: global and USD if so priced, else the only one there is."""

    quantities: Mapping[str, Quantity]
    when: datetime
    tier: str = STANDARD
    currency: str | None = None
    region: str | None = None


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Why a band was picked: the prompt's tokens, of which components, and the bands that there were."""

    prompt_tokens: Quantity
    counted: tuple[str, ...]
    above_tokens: int
    bands: tuple[int, ...]


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One component of a cost. `charged_as` is the component whose rate was taken."""

    component: str
    quantity: Quantity
    charged_as: str
    rate: Decimal
    cost: Decimal


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a usage costs, in the currency of the price row that it was taken from."""

    total: Decimal
    row: DatedPrice
    band: Band
    charges: tuple[Charge, ...]


class CannotPriceError(Exception):
    """A usage that has no known cost: `code` for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        """Say what is missing and what to do."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def cost_of(usage: Usage, rows: Sequence[DatedPrice]) -> Cost:
    """Return the cost by the model's prices, which come in their `order`. Raises CannotPriceError."""
    then = in_force(rows, usage.when)
    if not then:
        raise CannotPriceError("no_price", f"No price was in force at {usage.when.isoformat()}.")
    band, row = _pick_band(usage, _where(usage, _of_tier(usage, then)))
    charges = tuple([_charge(row, component, count) for component, count in usage.quantities.items() if count])
    return Cost(total=total([charge.cost for charge in charges]), row=row, band=band, charges=charges)


def total(costs: Sequence[Decimal]) -> Decimal:
    """Return the exact sum of tidy costs."""
    if len(costs) > 1:
        return tidy(reduce(_EXACT.add, costs))
    return costs[0] if costs else _ZERO


def tidy(amount: Decimal) -> Decimal:
    """Return the same amount without trailing zeros, and without an exponent if it is whole."""
    plain = amount.normalize(_EXACT)
    if _ZERO < plain < _TEN or _EXACT.remainder(plain, _TEN):
        return plain
    return plain.quantize(_ONE, context=_EXACT)


def _of_tier(usage: Usage, rows: Sequence[DatedPrice]) -> list[DatedPrice]:
    found = [row for row in rows if row.price.tier == usage.tier]
    if not found:
        raise CannotPriceError(
            "no_tier", f"No {usage.tier} price was in force then; there was: {_names(rows, 'tier')}."
        )
    return found


def _where(usage: Usage, rows: list[DatedPrice]) -> list[DatedPrice]:
    if len(rows) == 1 and usage.currency is None and usage.region is None:
        return rows
    return _only(_only(rows, "currency", usage.currency, USD), "region", usage.region, GLOBAL)


def _only(rows: list[DatedPrice], what: str, asked: str | None, usual: str) -> list[DatedPrice]:
    found = {getattr(row.price, what) for row in rows}
    if asked is not None and asked not in found:
        raise CannotPriceError(f"no_{what}", f"No price for {what} {asked!r} was in force; for: {_names(rows, what)}.")
    if asked is None and usual not in found and len(found) > 1:
        raise CannotPriceError("ambiguous_price", f"The price depends on the {what}: say one of {_names(rows, what)}.")
    if len(found) == 1:
        return rows
    wanted = asked or (usual if usual in found else found.pop())
    return [row for row in rows if getattr(row.price, what) == wanted]


def _names(rows: Sequence[DatedPrice], what: str) -> str:
    return ", ".join(sorted({getattr(row.price, what) for row in rows}))


def _pick_band(usage: Usage, rows: list[DatedPrice]) -> tuple[Band, DatedPrice]:
    quantities = usage.quantities
    counted = tuple([name for name in PROMPT if quantities.get(name)])
    prompt = sum([quantities[name] for name in counted])
    bands = {row.price.above_tokens: row for row in rows}
    reached = [above for above in bands if above == 0 or prompt > above]
    if not reached:
        raise CannotPriceError("no_band", f"Prompts are only priced above {min(bands)} tokens; this one has {prompt}.")
    above = max(reached)
    band = Band(prompt_tokens=prompt, counted=counted, above_tokens=above, bands=tuple(sorted(bands)))
    return band, bands[above]


def _charge(row: DatedPrice, component: str, quantity: Quantity) -> Charge:
    rates = row.price.rates
    charged_as = component if component in rates else CHARGED_AS.get(component, component)
    rate = rates.get(charged_as)
    if rate is None:
        if not row.price.free:
            raise CannotPriceError("no_rate", _no_rate(row, component))
        charged_as, rate = component, Decimal(0)
    cost = _EXACT.multiply(rate, quantity).scaleb(_SHIFTS[component], _EXACT)
    return Charge(component=component, quantity=quantity, charged_as=charged_as, rate=rate, cost=tidy(cost))


def _no_rate(row: DatedPrice, component: str) -> str:
    priced = ", ".join(camel(name) for name in row.price.rates)
    return f"No rate for {camel(component)} is known in price {row.id}, which prices: {priced or 'nothing'}."
