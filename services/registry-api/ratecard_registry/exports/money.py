"""Amounts of money as exact decimal expansions: no rounding, no exponent, no trailing zeros."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from typing import Final

import msgspec

# Wide enough for any figure a page prints times a factor here; anything that would be rounded raises instead.
_EXACT: Final = Context(prec=200, traps=[Inexact])


def plain(amount: Decimal) -> str:
    """Return the amount in digits: `0.00000125`, `3`, `0`."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(amount: Decimal) -> msgspec.Raw:
    """Return the amount as a JSON number."""
    return msgspec.Raw(plain(amount).encode())


def per_token(amount: Decimal) -> Decimal:
    """Return the price of one token, where `amount` is that of a million."""
    sign, digits, exponent = amount.as_tuple()
    return Decimal((sign, digits, int(exponent) - 6))


def times(amount: Decimal, factor: int) -> Decimal:
    """Return the product, exactly."""
    return _EXACT.multiply(amount, Decimal(factor))


def divided(amount: Decimal, divisor: int) -> Decimal | None:
    """Return the quotient, or nothing where its digits do not end."""
    try:
        return _EXACT.divide(amount, Decimal(divisor))
    except Inexact:
        return None
