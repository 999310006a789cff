"""llm-prices' two lists, in dollars per million tokens: what holds now, and what held from which day to which.

It has no bands: the prices above 200,000 tokens are an entry of their own, `model-200k`, as in the original list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import msgspec

from ratecard_registry.exports.document import Carried, Document
from ratecard_registry.exports.money import number
from ratecard_registry.exports.offers import Card, Offer, Rates, chat_priced_by_tokens
from ratecard_registry.views import ModelView

SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a price began of which an imported list does not say it."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A price of the standard tier in USD that was in force from a time on, until another if it has ended."""

    provider: str
    model_id: str
    context_limit: int
    rates: dict[str, Decimal]
    effective_date: datetime
    end_date: datetime | None
    layer: tuple[int, ...] = ()


def charged(rows: Iterable[Past]) -> list[Past]:
    """Return what was charged when, of rows of several layers: of those that held at a time the highest."""
    found: list[Past] = []
    for _, of_key in groupby(rows, key=lambda row: (row.provider, row.model_id, row.context_limit)):
        together = list(of_key)
        found += together if len({row.layer for row in together}) == 1 else _uppermost(together)
    return found


def _uppermost(rows: Sequence[Past]) -> list[Past]:
    """Return the highest row of each time, in order; what goes on unbroken is one row."""
    found: list[tuple[Past, Past]] = []
    edges = sorted({row.effective_date for row in rows} | {row.end_date for row in rows if row.end_date})
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        held = [row for row in rows if row.effective_date <= start and (row.end_date is None or start < row.end_date)]
        if not held:
            continue
        highest = max(held, key=lambda row: (row.layer, row.effective_date))
        goes_on = found and found[-1][0] is highest and found[-1][1].end_date == start
        begun = found.pop()[1].effective_date if goes_on else start
        found.append((highest, msgspec.structs.replace(highest, effective_date=begun, end_date=end)))
    return [piece for _, piece in found]


def current(models: Sequence[ModelView]) -> Document:
    """Return what holds now."""
    carried = Carried()
    found = [entry for _, entries in carried.each(models, _entries) for entry in entries]
    return carried.document({"updated_at": _updated(models), "prices": found})


def historical(models: Sequence[ModelView], past: Iterable[Past]) -> Document:
    """Return what held when: of the models that the current list has, and of those whose price has ended."""
    carried = Carried()
    now = {(model.provider, model.id) for model, _ in carried.each(models, chat_priced_by_tokens)}
    by_place = {(one.provider, one.id): one for one in models if not one.pricing or (one.provider, one.id) in now}
    rows = [row for row in past if (row.provider, row.model_id) in by_place and {"input", "output"} <= row.rates.keys()]
    bands: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        bands.setdefault((row.provider, row.model_id), set()).add(row.context_limit)
    found = []
    for row in rows:
        model = by_place[row.provider, row.model_id]
        first, end = row.effective_date.date(), row.end_date.date() if row.end_date else None
        began = None if row.effective_date <= SINCE_EVER else first
        # What began and ended on one day was the price of no whole day.
        if end is None or end > first:
            entry = _entry(model, row.rates, row.context_limit, bands[row.provider, row.model_id])
            found.append({**entry, "from_date": began, "to_date": end})
    return carried.document({"updated_at": _updated(models), "prices": found})


def _entries(offer: Offer) -> list[Mapping[str, Any]]:
    card: Card = chat_priced_by_tokens(offer).standard
    return [_entry(offer.model, card.bands[start], start, set(card.bands)) for start in sorted(card.bands)]


def _entry(model: ModelView, rates: Rates, start: int, bands: set[int]) -> dict[str, Any]:
    first_above = min((other for other in bands if other > start), default=None)
    within = f" ≤{_thousands(first_above)}" if start == 0 and first_above else ""
    cached = rates.get("cached_input")
    return {
        "id": f"{model.id}-{_thousands(start)}" if start else model.id,
        "vendor": model.provider,
        "name": f"{model.display_name}{f' >{_thousands(start)}' if start else within}",
        "input": number(rates["input"]),
        "output": number(rates["output"]),
        "input_cached": None if cached is None else number(cached),
    }


def _thousands(tokens: int) -> str:
    return f"{tokens // 1000}k" if tokens % 1000 == 0 else str(tokens)


def _updated(models: Sequence[ModelView]) -> date | None:
    return max((model.updated_at.date() for model in models), default=None)
