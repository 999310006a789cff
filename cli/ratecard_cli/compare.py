"""`ratecard compare`: chosen models side by side, a line for each rate of the standard tier."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ratecard_cli import api
from ratecard_cli.answers import Model, Price
from ratecard_cli.faults import UsageError
from ratecard_cli.models import TBD, cost
from ratecard_cli.one_model import one_model
from ratecard_cli.terminal import Json, figure, show_table, write_json
from ratecard_shared.prices import USD

_FEWEST: Final = 2


def compare(*models: str, as_json: Json = False) -> None:
    """Show models side by side: `ratecard compare MODEL MODEL ...`, at the standard tier's price for short prompts.

    Parameters
    ----------
    models
        Ids, as their providers' APIs have them; or provider/id.
    as_json
        Print the API's JSON: {"data": [...]}.
    """
    if len(models) < _FEWEST:
        raise UsageError("name two models or more: `ratecard compare MODEL MODEL`")
    found = asyncio.run(_models(models))
    if as_json:
        write_json({"data": found})
        return
    shown = [msgspec.convert(one, Model) for one in found]
    names = [f"{model.provider}/{model.id}" for model in shown]
    show_table("Per million tokens, unless a unit is named", ["", *names], list(_rows(shown)), right=names)


async def _models(names: Sequence[str]) -> list[Any]:
    async with api.connected() as connection:
        return [await one_model(connection, name, {}) for name in names]


def _rows(models: Sequence[Model]) -> list[list[str]]:
    prices = [model.pricing[0] if model.pricing else None for model in models]
    others = dict.fromkeys(name for price in prices if price for name in price.rates)
    return [
        ["context", *(f"{model.context_window:,}" if model.context_window else "-" for model in models)],
        ["input", *(_with_currency(price, "input_cost_per_million") for price in prices)],
        ["output", *(_with_currency(price, "output_cost_per_million") for price in prices)],
        *([name, *(_rate(price, name) for price in prices)] for name in others),
        ["state", *(model.price_state.value for model in models)],
    ]


def _with_currency(price: Price | None, name: str) -> str:
    said = cost(price, name)
    return f"{said} {price.currency}" if price and price.currency != USD and said[:1].isdigit() else said


def _rate(price: Price | None, name: str) -> str:
    if price is None:
        return TBD
    return figure(price.rates[name].amount) if name in price.rates else "-"
