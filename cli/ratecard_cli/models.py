"""`ratecard models`: one line per model with its standard price; `ratecard price` shows the other tiers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.answers import Model, Price, Rate, Row
from ratecard_cli.faults import NotFoundError
from ratecard_cli.terminal import Json, figure, say, show_table, write_json
from ratecard_shared.events import Usability
from ratecard_shared.prices import GLOBAL, PER_MILLION_TOKENS, USD, PriceState

TBD: Final = "TBD"
_COLUMNS: Final = ("provider", "model", "context", "input", "output", "also")
_FIGURES: Final = ("context", "input", "output")


def models(
    *,
    provider: str | None = None,
    classification: str | None = None,
    usability: Literal["available", "preview", "deprecated"] | None = None,
    all_models: Annotated[bool, Parameter(name="--all", negative="", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """List models with their prices, in dollars per million tokens unless another currency is named.

    Parameters
    ----------
    provider
        Only this provider's.
    classification
        Only these: chat, reasoning, coding, multimodal, embedding, tools, general ...
    usability
        Only these.
    all_models
        Deprecated ones, too.
    as_json
        Print the API's JSON: {"data": [...], "total": n}.
    """
    asked = {"provider": provider, "classification": classification, "usability": usability}
    query = {name: value for name, value in asked.items() if value}
    if all_models:
        query["includeDeprecated"] = "true"
    found = asyncio.run(_models(query))
    if as_json:
        write_json({"data": found, "total": len(found)})
    else:
        show(found)


async def _models(query: dict[str, str]) -> list[Any]:
    async with api.connected() as connection:
        found = await connection.models(query)
        if not found and "provider" in query:
            _judge(query["provider"], await connection.models({"includeDeprecated": "true"}))
        return found


def _judge(provider: str, models: Sequence[Any]) -> None:
    known = sorted({model["provider"] for model in models})
    if known and provider not in known:
        raise NotFoundError(f"there are no models of {provider!r}: there are some of {', '.join(known)}")


def show(found: Sequence[Any], title: str = "Models, US dollars per million tokens") -> None:
    """Print models as the API gives them."""
    if not found:
        say("There are no such models: `ratecard sync` looks for new ones, `--all` lists deprecated ones, too.")
        return
    rows = [_row(msgspec.convert(model, Model)) for model in found]
    show_table(title, _COLUMNS, rows, right=_FIGURES, whole=_COLUMNS[:2])


def _row(model: Model) -> tuple[str, ...]:
    base = model.pricing[0] if model.pricing else None
    return (
        model.provider,
        model.id,
        f"{model.context_window:,}" if model.context_window else "-",
        cost(base, "input_cost_per_million"),
        cost(base, "output_cost_per_million"),
        ", ".join(_notes(model)),
    )


def _notes(model: Model) -> list[str]:
    base = model.pricing[0] if model.pricing else None
    currency = [f"in {base.currency}"] if base and base.currency != USD else []
    usability = [model.usability] if model.usability != Usability.AVAILABLE else []
    stale = ["stale"] if model.price_state is PriceState.STALE else []
    source = [base.source] if base and base.source != "list" else []
    return [*usability, *currency, *source, *stale, *dict.fromkeys(band(row) for row in model.pricing[1:])]


def cost(row: Price | None, name: str) -> str:
    """Return a cost as people read it: unknown is TBD, and one that does not apply a dash."""
    if row is None:
        return TBD
    if row.free:
        return "free"
    amount = getattr(row, name)
    return "-" if amount is None else figure(amount)


def band(row: Row) -> str:
    """Return how a row's tier and context band are called, in a word or two."""
    above = f" >{row.context_limit // 1000}k" if row.context_limit else ""
    region = f" {row.region}" if row.region != GLOBAL else ""
    return row.tier + above + region


def others(row: Row) -> str:
    """Return the rates of a row besides input and output; a dash for none."""
    return ", ".join(_rate(name, rate) for name, rate in row.rates.items()) or "-"


def _rate(name: str, rate: Rate) -> str:
    per = "" if rate.unit == PER_MILLION_TOKENS else f" per {rate.unit}"
    return f"{name} {figure(rate.amount)}{per}"
