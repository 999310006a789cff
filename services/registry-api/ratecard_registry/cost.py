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
from ratecard_registry.views import View, camel
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

_SHOWN: Final = {component: camel(component) for component in UNITS}

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


class Band(View, frozen=True, kw_only=True):
    """Why a band was picked: `prompt_tokens`, the sum of `counted`, was compared with each `above_tokens` of `bands`.

    Components are named as the API shows them.
    """

    prompt_tokens: Decimal
    counted: tuple[str, ...]
    above_tokens: int
    bands: tuple[int, ...]


class Charge(View, frozen=True, kw_only=True):
    """One component, named as the API shows it: `quantity` at `amount` per `unit`.

    `charged_as` is the component whose rate was taken.
    """

    component: str
    quantity: Decimal
    charged_as: str
    amount: Decimal
    unit: str
    cost: Decimal


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What a component is charged as: `amount` for its unit, `of_one` for one."""

    component: str
    charged_as: str
    amount: Decimal
    of_one: Decimal

    def charge(self, count: Decimal) -> Charge:
        """Return the charge for so many."""
        return Charge(
            component=_SHOWN[self.component],
            quantity=count,
            charged_as=_SHOWN[self.charged_as],
            amount=self.amount,
            unit=UNITS[self.component],
            cost=tidy(_EXACT.multiply(self.of_one, count)),
        )


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


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's usages of one tier, currency and region are charged by: a price row for each band."""

    rows: Mapping[int, DatedPrice]
    bands: tuple[int, ...]
    rates: Mapping[int, dict[str, Rate]]
    """Those of each band that were charged before, by component."""

    def cost(self, quantities: Mapping[str, Quantity]) -> Cost:
        """Return what these cost. Raises CannotPriceError."""
        counted = [name for name in PROMPT if quantities.get(name)]
        prompt = sum([quantities[name] for name in counted])
        reached = [above for above in self.bands if above == 0 or prompt > above]
        if not reached:
            why = f"Prompts are only priced above {self.bands[0]} tokens; this one has {prompt}."
            raise CannotPriceError("no_band", why)
        above = reached[-1]
        row, rates = self.rows[above], self.rates[above]
        charges = []
        for component, count in quantities.items():
            if count:
                rate = rates.get(component) or rates.setdefault(component, _rate(row, component))
                charges.append(rate.charge(Decimal(count)))
        return Cost(
            total=total([charge.cost for charge in charges]),
            row=row,
            band=Band(
                prompt_tokens=Decimal(prompt),
                counted=tuple([_SHOWN[name] for name in counted]),
                above_tokens=above,
                bands=self.bands,
            ),
            charges=tuple(charges),
        )


def tariff_of(usage: Usage, rows: Sequence[DatedPrice]) -> Tariff:
    """Return what prices this usage, and every other with its time, tier, currency and region.

    `rows` are the model's prices, in their `order`. Raises CannotPriceError.
    """
    then = in_force(rows, usage.when)
    if not then:
        raise CannotPriceError("no_price", f"No price was in force at {usage.when.isoformat()}.")
    by_band = {row.price.above_tokens: row for row in _where(usage, _of_tier(usage, then))}
    return Tariff(rows=by_band, bands=tuple(sorted(by_band)), rates={above: {} for above in by_band})


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


def _rate(row: DatedPrice, component: str) -> Rate:
    rates = row.price.rates
    charged_as = component if component in rates else CHARGED_AS.get(component, component)
    amount = rates.get(charged_as)
    if amount is None:
        if not row.price.free:
            raise CannotPriceError("no_rate", _no_rate(row, component))
        charged_as, amount = component, _ZERO
    of_one = amount.scaleb(_SHIFTS[component], _EXACT)
    return Rate(component=component, charged_as=charged_as, amount=amount, of_one=of_one)


def _no_rate(row: DatedPrice, component: str) -> str:
    priced = ", ".join(camel(name) for name in row.price.rates)
    return f"No rate for {camel(component)} is known in price {row.id}, which prices: {priced or 'nothing'}."
