"""`ratecard price`: everything that is known of what one model costs, now or on a day."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import quote

import msgspec

from ratecard_cli import api
from ratecard_cli.answers import Model, Price, Rate
from ratecard_cli.faults import NotFoundError, UsageError
from ratecard_cli.models import cost
from ratecard_cli.terminal import Json, figure, note, say, show_table, write_json
from ratecard_shared.prices import GLOBAL, PER_MILLION_TOKENS

_COLUMNS: Final = ("tier", "prompts", "region", "currency", "input", "output", "other rates", "since")


def price(model: str, /, *, provider: str | None = None, at: str | None = None, as_json: Json = False) -> None:
    """Say what a model costs: every tier and context band, per million tokens unless a unit is named.

    Parameters
    ----------
    model
        The model's id, as its provider's API has it; or provider/id.
    provider
        Whose, where several have a model of this name.
    at
        A date or time (2026-03-01, 2026-03-01T12:00:00Z): what it cost then, as far as is known today. A date means
        the end of that day in UTC, and today's means now.
    as_json
        Print the API's JSON.
    """
    when = at and moment(at, datetime.now(UTC))
    query = {name: value for name, value in {"provider": provider, "at": when}.items() if value}
    found = asyncio.run(_model(model, query))
    if as_json:
        write_json(found)
    else:
        _show(msgspec.convert(found, Model), at)


async def _model(name: str, query: dict[str, str]) -> Any:
    async with api.connected() as connection:
        found = await connection.get(f"/api/models/{path(name)}", query)
    if not isinstance(found, dict) or "pricing" not in found:
        raise NotFoundError(f"there is no model {name!r}")
    return found


def path(name: str) -> str:
    """Return a model's id as it stands in a path, where `..` would lead out. Raises UsageError for an empty one."""
    if not name.strip("/ "):
        raise UsageError("the model's id is empty: `ratecard models` lists them")
    return "/".join(map(_quoted, name.split("/")))


def _quoted(part: str) -> str:
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="", errors="replace")


def moment(at: str, now: datetime) -> str:
    """Return `at` as the API takes it: a day that is over is its end, today is now."""
    try:
        day = date.fromisoformat(at)
    except ValueError:
        return at
    end = now if day == now.date() else datetime.combine(day, time.max, UTC)
    return end.isoformat().replace("+00:00", "Z")


def _show(model: Model, at: str | None) -> None:
    when = f" at {at}" if at else ""
    context = f", context {model.context_window:,} tokens" if model.context_window else ""
    say(f"{model.provider}/{model.id} ({model.display_name}), {model.usability}{context}")
    if not model.pricing:
        say(f"Its price{when} is not known (TBD).")
        return
    show_table(f"Prices{when}, per million tokens", _COLUMNS, [_row(row) for row in model.pricing], right=_COLUMNS[4:6])
    for row in model.scheduled_pricing:
        say(f"announced: {' '.join(_row(row))}")
    if model.stale_since:
        note(f"These are the last good prices: nobody could verify them since {model.stale_since:%Y-%m-%d %H:%M}.")
    for url in sorted({row.evidence.url for row in model.pricing if row.evidence}):
        say(f"read from {url}")


def _row(row: Price) -> tuple[str, ...]:
    return (
        row.tier,
        f"> {row.context_limit:,}" if row.context_limit else "any",
        "any" if row.region == GLOBAL else row.region,
        row.currency,
        cost(row, "input_cost_per_million"),
        cost(row, "output_cost_per_million"),
        ", ".join(_rate(name, rate) for name, rate in row.rates.items()) or "-",
        f"{row.effective_date:%Y-%m-%d}",
    )


def _rate(name: str, rate: Rate) -> str:
    per = "" if rate.unit == PER_MILLION_TOKENS else f" per {rate.unit}"
    return f"{name} {figure(rate.amount)}{per}"
