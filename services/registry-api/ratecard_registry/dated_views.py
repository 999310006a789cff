"""What the API shows of a price of some time: whose it is, and what would be charged without it."""

from __future__ import annotations

from typing import Final

import msgspec

from ratecard_registry.dated import DatedPrice
from ratecard_registry.views import PriceView, Source, own_view, price_view

IMPORTED: Final = "imported"
"""The kind of the history's rows that came from another list."""


def source_of(kind: str) -> Source:
    """Return whose price a row of the history is, by its kind."""
    return "imported" if kind == IMPORTED else "list"


def dated_view(row: DatedPrice, *, stale: bool = False) -> PriceView:
    """Return what is shown of a price row."""
    if row.own is not None:
        return own_view(row.own, dated_view(row.instead_of, stale=stale) if row.instead_of else None)
    return msgspec.structs.replace(price_view(row.price, stale=stale), source=source_of(row.kind))
