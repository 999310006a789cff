"""Every price row in force as CSV: all tiers, bands, currencies and regions; a column names the unit of its amounts."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from ratecard_registry.exports.document import Document
from ratecard_registry.exports.money import plain
from ratecard_registry.exports.offers import LeftOut, rates_of
from ratecard_registry.views import ModelView, PriceView
from ratecard_shared.prices import UNITS

_ABOUT: Final = (
    "provider",
    "model",
    "display_name",
    "usability",
    "tier",
    "above_tokens",
    "currency",
    "region",
    "state",
)
_READ: Final = ("effective_date", "effective_until", "source", "fetched_at", "own_price")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def document(models: Sequence[ModelView]) -> Document:
    """Return the table. A model without a price has no row; what a row does not price is empty."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([*_ABOUT, *(f"{name} per {unit}" for name, unit in UNITS.items()), *_READ])
    for model in models:
        for row in model.pricing:
            table.writerow([_cell(value) for value in _values(model, row)])
    unknown = sum(not model.pricing for model in models)
    left_out = Counter({LeftOut.UNKNOWN_PRICE: unknown}) if unknown else {}
    return Document(body=text.getvalue().encode(), left_out=left_out, media_type="text/csv")


def _values(model: ModelView, row: PriceView) -> list[Any]:
    rates = rates_of(row)
    evidence = row.evidence
    return [
        model.provider,
        model.id,
        model.display_name,
        model.usability.value,
        row.tier,
        row.context_limit,
        row.currency,
        row.region,
        row.state.value,
        *(plain(rates[name]) if name in rates else "" for name in UNITS),
        row.effective_date.isoformat(),
        row.effective_until or "",
        evidence.url if evidence else "",
        evidence.fetched_at.isoformat() if evidence else "",
        f"{row.own.kind.value} {row.own.number}" if row.own else "",
    ]


def _cell(value: Any) -> str:
    text = str(value)
    # A spreadsheet runs what looks like a formula, and names come from pages.
    return f"'{text}" if text.startswith(_FORMULA) else text
