"""Made-up dated prices and usages, and strategies for them: whatever a cost is computed from."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from registry_events import START, day

from ratecard_registry.cost import PROMPT, Cost, Quantity, Usage, tariff_of
from ratecard_registry.dated import DatedPrice
from ratecard_registry.stored import Price
from ratecard_shared.prices import UNITS

_IDS = itertools.count(1)

amounts = st.decimals(min_value=0, max_value=10**6, places=9, allow_nan=False)
counts = st.integers(0, 10**9)
components = st.sampled_from(sorted(UNITS))


def dated(rates: dict[str, Decimal], *, begins: int = 0, ends: int | None = None, **fields: Any) -> DatedPrice:
    """Make a price that is in force from day `begins` to day `ends`."""
    known: dict[str, Any] = {"tier": "standard", "above_tokens": 0, "currency": "USD", "region": "global"}
    return DatedPrice(
        id=next(_IDS),
        provider="acme",
        model_id="swift-1",
        price=Price(**known | fields, rates=rates, effective_date=day(begins)),
        end_date=None if ends is None else day(ends),
        recorded_at=day(begins),
        kind="changed",
    )


def usage(quantities: Mapping[str, Quantity], *, when: datetime = START, **fields: Any) -> Usage:
    return Usage(quantities=quantities, when=when, **fields)


def cost_of(used: Usage, rows: Sequence[DatedPrice]) -> Cost:
    return tariff_of(used, rows).cost(used.quantities)


def prompt_of(quantities: Mapping[str, Quantity]) -> Quantity:
    return sum(count for name, count in quantities.items() if name in PROMPT)


@st.composite
def priced(draw: st.DrawFn) -> tuple[DatedPrice, dict[str, Quantity]]:
    """A price row, and quantities of some of what it prices."""
    rates = draw(st.dictionaries(components, amounts, min_size=1, max_size=6))
    names = draw(st.lists(st.sampled_from(sorted(rates)), unique=True))
    return dated(rates), {name: draw(counts) for name in names}


def in_order(rows: Iterable[DatedPrice]) -> list[DatedPrice]:
    return sorted(rows, key=lambda row: row.order)
