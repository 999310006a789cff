"""What makes a newly read price row suspicious by itself and beside its own past. Pure, and the same in any order.

A row that says what is in force already is never suspicious. A second source that states the same figure clears it of
every doubt about its size, and of none about its form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from ratecard_registry.stored import Price
from ratecard_shared.prices import PriceRow

Rates = Mapping[str, Decimal]

LARGEST_CHANGE: Final = Decimal(3)
FARTHEST_SIBLING: Final = Decimal(10)
_FAR_BEYOND_A_SIBLING: Final = Decimal(300)
_SLIPS: Final = (Decimal(10) ** 3, Decimal(10) ** 6)
_NEAR: Final = Decimal("0.02")
"""A slipped unit whose figure the page rounds is still a slipped unit."""
_ZERO: Final = re.compile(r"(?<![\d.,])(?:0(?:[.,]0+)?|[.]0+)(?![\d]|[.,]\d)")
_FREE: Final = re.compile(r"\bfree\b|\bno charge\b|免费|限免", re.IGNORECASE)


class Kind(StrEnum):
    """Why a row is held back. Only a plain `jump` is released by itself, once two later syncs have said the same."""

    NEGATIVE = "negative"
    NOT_A_NUMBER = "not_a_number"
    CURRENCY = "currency"
    UNIT = "unit"
    MOVED_ROW = "moved_row"
    MOVED_COLUMN = "moved_column"
    CACHED_ABOVE_INPUT = "cached_above_input"
    ZERO = "zero"
    SECOND_SOURCE = "second_source"
    PAGE_IN_DOUBT = "page_in_doubt"
    JUMP = "jump"


SEVERITY: Final = {kind: place for place, kind in enumerate(Kind)}


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to hold a row back, in words that name the figures."""

    kind: Kind
    reason: str


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What a row is compared with: the price in force for its key, the API's own, the siblings' in force.

    `currencies` are those that the provider's file expects, none where no file says so.
    """

    old: Price | None = None
    stated: PriceRow | None = None
    siblings: tuple[Rates, ...] = ()
    currencies: frozenset[str] = frozenset()


def suspicions(row: PriceRow, beside: Beside) -> tuple[Suspicion, ...]:
    """Return every reason to hold the row back, the gravest first."""
    if beside.old is not None and beside.old.same_price(row):
        return ()
    found = [*_impossible(row), *_currency(row, beside), *_cached_above_input(row), *_zero(row)]
    if all(amount.is_finite() and amount >= 0 for amount in row.rates.values()):
        found += _size(row, beside)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (SEVERITY[one.kind], one.reason)))


def releasable(found: Iterable[Suspicion]) -> bool:
    """Tell whether a row with these suspicions comes into force by being said again."""
    return all(one.kind is Kind.JUMP for one in found)


def _impossible(row: PriceRow) -> Iterator[Suspicion]:
    for name, amount in sorted(row.rates.items()):
        if not amount.is_finite():
            yield Suspicion(kind=Kind.NOT_A_NUMBER, reason=f"{name} is {amount}, which is no number")
        elif amount < 0:
            yield Suspicion(kind=Kind.NEGATIVE, reason=f"{name} is {amount}, less than nothing")


def _currency(row: PriceRow, beside: Beside) -> Iterator[Suspicion]:
    if beside.currencies and row.currency not in beside.currencies and beside.old is None:
        expected = " or ".join(sorted(beside.currencies))
        yield Suspicion(
            kind=Kind.CURRENCY, reason=f"the price is in {row.currency}; the provider's file expects {expected}"
        )


def _cached_above_input(row: PriceRow) -> Iterator[Suspicion]:
    for name, amount in sorted(row.rates.items()):
        plain = name.replace("cached_input", "input")
        full = row.rates.get(plain)
        if plain != name and full is not None and amount.is_finite() and full.is_finite() and amount > full:
            yield Suspicion(
                kind=Kind.CACHED_ABOVE_INPUT, reason=f"{name} {plainly(amount)} is dearer than {plain} {plainly(full)}"
            )


def _zero(row: PriceRow) -> Iterator[Suspicion]:
    zeros = sorted(name for name, amount in row.rates.items() if amount == 0)
    if not zeros:
        return
    text = row.evidence.text if row.evidence else ""
    said_so = row.free if row.evidence is None else bool(_ZERO.search(text) or _FREE.search(text))
    if not said_so:
        yield Suspicion(
            kind=Kind.ZERO, reason=f"{', '.join(zeros)} is zero, but the page neither says free nor prints a zero"
        )


def _size(row: PriceRow, beside: Beside) -> Iterator[Suspicion]:
    confirmed = beside.stated.rates if beside.stated and beside.stated.currency == row.currency else {}
    doubtful = {name: amount for name, amount in row.rates.items() if amount > 0 and confirmed.get(name) != amount}
    if beside.old is not None:
        yield from _against("in force", beside.old.rates, doubtful, Kind.JUMP)
    elif confirmed:
        yield from _against("stated by the API", confirmed, doubtful, Kind.SECOND_SOURCE)
    else:
        yield from _against_siblings(doubtful, beside.siblings)


def _against(whose: str, known: Rates, read: Rates, kind: Kind) -> Iterator[Suspicion]:
    for name, amount in sorted(read.items()):
        if (before := known.get(name)) is None or before <= 0:
            continue
        factor = distance(before, amount)
        words = f"{name} is {plainly(amount)}, {plainly(before)} {whose}: {_times(factor)}"
        if slip := _slip(factor):
            yield Suspicion(kind=Kind.UNIT, reason=f"{words}, as if a unit had slipped by {slip:,}")
        elif factor > LARGEST_CHANGE:
            yield Suspicion(kind=kind, reason=f"{words}, more than {LARGEST_CHANGE} times")


def _against_siblings(read: Rates, siblings: tuple[Rates, ...]) -> Iterator[Suspicion]:
    for name, amount in sorted(read.items()):
        known = [rates[name] for rates in siblings if rates.get(name, 0) > 0]
        if not known:
            continue
        nearest = min(known, key=lambda other: (distance(other, amount), other))
        factor = distance(nearest, amount)
        words = f"a first {name} of {plainly(amount)}, {plainly(nearest)} for its nearest sibling: {_times(factor)}"
        if factor > _FAR_BEYOND_A_SIBLING:
            yield Suspicion(kind=Kind.UNIT, reason=f"{words}, as if a unit had slipped")
        elif factor > FARTHEST_SIBLING:
            yield Suspicion(kind=Kind.JUMP, reason=words)


def distance(one: Decimal, other: Decimal) -> Decimal:
    """Return how many times the greater is the lesser; both are above zero."""
    return max(one, other) / min(one, other)


def _slip(factor: Decimal) -> int:
    return next((int(slip) for slip in _SLIPS if abs(factor - slip) <= slip * _NEAR), 0)


def _times(factor: Decimal) -> str:
    return f"{plainly(factor.quantize(Decimal('0.1')) if factor < _SLIPS[1] * _SLIPS[1] else factor)} times"


def plainly(amount: Decimal) -> str:
    """Return the amount as a person writes it."""
    text = f"{amount:f}" if amount.is_finite() else str(amount)
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
