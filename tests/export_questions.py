"""What clients of the exports are asked: the cost of each component of each price row, at the edges of its band.

The answer expected is calculated from `/api/models` alone, so that the exports are held to what the API shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from ratecard_shared.prices import UNITS

_TOKENS: Final = "million tokens"
_PER: Final = {
    **dict.fromkeys((_TOKENS, "million characters", "million tokens and hour"), 1_000_000),
    **dict.fromkeys(("1,000 requests", "1,000 pages"), 1_000),
}
_PART: Final = 1_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a request of this tier used, in disjoint components, and what it costs."""

    provider: str
    model: str
    tier: str
    band: int
    component: str
    used: Mapping[str, int]
    cost: Decimal


def questions(models: Iterable[Mapping[str, Any]]) -> Iterable[Question]:
    """Ask about every dollar price of models as the API shows them."""
    for model in models:
        rows = [row for row in model["pricing"] if row["currency"] == "USD" and row["region"] == "global"]
        for row in rows:
            edges = sorted(one["contextLimit"] for one in rows if one["tier"] == row["tier"])
            yield from _about_row(model, row, [edge for edge in edges if edge > row["contextLimit"]])


def _about_row(model: Mapping[str, Any], row: Mapping[str, Any], higher: list[int]) -> Iterable[Question]:
    rates = _rates(row)
    # The smallest and the greatest prompt of the band.
    prompts = {max(row["contextLimit"] + 1, _PART), higher[0] if higher else row["contextLimit"] + 2 * _PART}
    for component in rates:
        for prompt in sorted(prompts):
            used = _used(component, prompt, rates)
            cost = sum((rates[name] * count / _PER.get(UNITS[name], 1) for name, count in used.items()), Decimal(0))
            about = {"provider": model["provider"], "model": model["id"], "tier": row["tier"]}
            yield Question(**about, band=row["contextLimit"], component=component, used=used, cost=cost)


def _used(component: str, prompt: int, rates: Mapping[str, Decimal]) -> dict[str, int]:
    if UNITS[component] != _TOKENS:
        return {component: 3}
    if component == "input" or "input" not in rates:
        return {component: prompt}
    if "output" in component:
        return {"input": prompt, component: _PART}
    return {"input": prompt - _PART, component: _PART}


def _rates(row: Mapping[str, Any]) -> dict[str, Decimal]:
    named = {"input": row["inputCostPerMillion"], "output": row["outputCostPerMillion"]}
    rates = {name: Decimal(amount) for name, amount in named.items() if amount is not None}
    return rates | {_snake(name): Decimal(rate["amount"]) for name, rate in row["rates"].items()}


def _snake(name: str) -> str:
    parts = re.sub(r"([A-Z])", r"_\1", name).lower()
    return re.sub(r"(write)(\d)", r"\1_\2", parts)
