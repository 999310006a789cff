"""`ratecard cost`: what a usage of a model costs, or cost then, component by component."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.faults import NotFoundError, UsageError
from ratecard_cli.price import FORECAST, moment
from ratecard_cli.terminal import Json, figure, note, say, show_table, write_json

_COLUMNS: Final = ("component", "quantity", "rate", "per", "cost")


def cost(
    model: str,
    /,
    *,
    input_tokens: Annotated[int, Parameter(name="--input")] = 0,
    output_tokens: Annotated[int, Parameter(name="--output")] = 0,
    cached_input: int = 0,
    provider: str | None = None,
    tier: str | None = None,
    at: str | None = None,
    as_json: Json = False,
) -> None:
    """Say what a usage costs. Exit code 4 if it has no known price: unknown is never counted as zero.

    Parameters
    ----------
    model
        The model's id, as its provider's API has it; or provider/id.
    input_tokens
        Tokens of the prompt that no cache gave.
    output_tokens
        Tokens of the answer.
    cached_input
        Tokens of the prompt that came from a cache; they are not part of the input.
    provider
        Whose, where several have a model of this name.
    tier
        standard (also without this option), batch, flex, priority ...
    at
        A date or time: by the price that was in force then.
    as_json
        Print the API's JSON.
    """
    usage = {"input": input_tokens, "output": output_tokens, "cachedInput": cached_input}
    used = {name: count for name, count in usage.items() if count}
    if not used or min(used.values()) < 0:
        raise UsageError("how many tokens? for example --input 1000 --output 200")
    when = moment(at, datetime.now(UTC)) if at else None
    line = {"model": model, "usage": used, "provider": provider, "tier": tier, "when": when}
    usages = [{name: value for name, value in line.items() if value is not None}]
    found = asyncio.run(_cost({"usages": usages}))
    (answer,) = found["lines"]
    if as_json:
        write_json(found)
    elif not answer["error"]:
        rows = [_row(charge) for charge in answer["components"]]
        show_table(f"{answer['provider']}/{answer['modelId']}", _COLUMNS, rows, right=("quantity", "rate", "cost"))
        say(f"{figure(Decimal(answer['cost']))} {answer['currency']}")
        if answer["forecast"]:
            note(FORECAST)
        if answer["stale"]:
            note("It is by the last good price: nobody could verify what was charged at that time.")
    if answer["error"]:
        raise NotFoundError(answer["error"]["detail"])


async def _cost(body: Any) -> Any:
    async with api.connected() as connection:
        return await connection.post("/api/cost", body)


def _row(charge: Any) -> tuple[str, ...]:
    quantity, rate, amount = (figure(Decimal(charge[name])) for name in ("quantity", "amount", "cost"))
    return (charge["component"], quantity, rate, charge["unit"], amount)
