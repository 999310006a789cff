"""`ratecard price`: everything that is known of what one model costs, now or on a day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

import msgspec

from ratecard_cli import api
from ratecard_cli.answers import Model, Price
from ratecard_cli.courses import show_courses
from ratecard_cli.faults import UsageError
from ratecard_cli.history import Entry, read, show_history
from ratecard_cli.models import cost, others
from ratecard_cli.one_model import one_model
from ratecard_cli.terminal import Flag, Json, note, on_terminal, say, show_table, write_json
from ratecard_shared.prices import GLOBAL, USD, PriceState

_COLUMNS: Final = ("tier", "prompts", "region", "currency", "input", "output", "other rates", "since", "note")
FORECAST: Final = "That time is to come: this is what is in force or announced for then, as far as is known now."
_USUAL: Final = {"prompts": "any", "region": "any", "currency": USD, "note": ""}
"""Columns that are left out where all is as usual; without a terminal they stay, so that scripts can count on them."""


def price(
    model: str,
    /,
    *,
    provider: str | None = None,
    at: str | None = None,
    history: Flag = False,
    as_json: Json = False,
) -> None:
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
    history
        Every price that it has had, with its dates. On a terminal the course of what changed is shown without it, too.
    as_json
        Print the API's JSON; with --history: {"data": [...], "total": n}.
    """
    if history and at:
        raise UsageError("--history is of all times: leave --at out")
    now = datetime.now(UTC)
    when = at and moment(at, now)
    query = {name: value for name, value in {"provider": provider, "at": when}.items() if value}
    courses = on_terminal() and not at and not as_json
    found, past = asyncio.run(_ask(model, query, history=history or courses))
    if as_json:
        write_json({"data": past, "total": len(past)} if history else found)
        return
    shown, entries = msgspec.convert(found, Model), msgspec.convert(past, list[Entry])
    _say_which(shown)
    if history:
        show_history(shown, entries, now)
    else:
        _show(shown, at)
    if courses:
        show_courses(entries, now, every_tier=history)


async def _ask(name: str, query: Mapping[str, str], *, history: bool) -> tuple[Any, list[Any]]:
    async with api.connected() as connection:
        found = await one_model(connection, name, query)
        return found, await read(connection, found) if history else []


def moment(at: str, now: datetime) -> str:
    """Return `at` as the API takes it: a day that is over is its end, today is now."""
    try:
        day = date.fromisoformat(at)
    except ValueError:
        return at
    end = now if day == now.date() else datetime.combine(day, time.max, UTC)
    return end.isoformat().replace("+00:00", "Z")


def _say_which(model: Model) -> None:
    context = f", context {model.context_window:,} tokens" if model.context_window else ""
    say(f"{model.provider}/{model.id} ({model.display_name}), {model.usability}{context}")


def _show(model: Model, at: str | None) -> None:
    when = f" at {at}" if at else ""
    if not model.pricing:
        say(f"Its price{when} is not known (TBD).")
        return
    rows = [dict(zip(_COLUMNS, _row(row), strict=True)) for row in model.pricing]
    usual = [name for name in _USUAL if name == "note" or on_terminal()]
    left_out = [name for name in usual if {row[name] for row in rows} == {_USUAL[name]}]
    columns = [name for name in _COLUMNS if name not in left_out]
    title = f"Prices{when}, {'US dollars ' if 'currency' in left_out else ''}per million tokens"
    show_table(title, columns, [[row[name] for name in columns] for row in rows], right=_COLUMNS[4:6], whole=("since",))
    for row in model.scheduled_pricing:
        say(f"announced: {' '.join(_row(row)).strip()}")
    if model.forecast:
        note(FORECAST)
    if model.stale_since:
        note(f"These are the last good prices: nobody could verify them since {model.stale_since:%Y-%m-%d %H:%M}.")
    for url in sorted({row.evidence.url for row in model.pricing if row.evidence and row.evidence.url}):
        say(f"read from {url}")


def _row(row: Price) -> tuple[str, ...]:
    return (
        row.tier,
        f"> {row.context_limit:,}" if row.context_limit else "any",
        "any" if row.region == GLOBAL else row.region,
        row.currency,
        cost(row, "input_cost_per_million"),
        cost(row, "output_cost_per_million"),
        others(row),
        f"{row.effective_date:%Y-%m-%d}",
        ", ".join(_notes(row)),
    )


def _notes(row: Price) -> Iterator[str]:
    if row.source != "list":
        yield row.source
    if row.state is PriceState.STALE:
        yield "stale"
