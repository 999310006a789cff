"""`ratecard own-price`: prices that are set by hand, through the API."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

import msgspec
from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.answers import Answer, Rate
from ratecard_cli.faults import UsageError
from ratecard_cli.terminal import Json, figure, say, show_table, write_json
from ratecard_shared.prices import GLOBAL, STANDARD, USD

PATH: Final = "/api/admin/own-prices"
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
_COLUMNS: Final = ("number", "kind", "model", "tier", "prompts", "rates", "from", "until", "state", "note")


class OwnPrice(Answer, frozen=True, kw_only=True):
    """An own price as it is now."""

    number: int
    kind: str
    state: str
    provider: str
    model_id: str
    tier: str
    context_limit: int
    currency: str
    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, Rate]
    effective_date: datetime
    end_date: datetime | None
    note: str


def own_price(  # options
    action: Literal["list", "add", "end", "withdraw"] = "list",
    target: str | None = None,
    /,
    *,
    kind: Literal["negotiated", "correction"] = "negotiated",
    rate: tuple[str, ...] = (),
    free: Flag = False,
    tier: str = STANDARD,
    above: int = 0,
    currency: str = USD,
    region: str = GLOBAL,
    since: str | None = None,
    until: str | None = None,
    evidence: str = "",
    evidence_url: str = "",
    note: str = "",
    at: str | None = None,
    reason: str = "",
    force: Flag = False,
    as_json: Json = False,
) -> None:
    """Set prices by hand, charged instead of the list's and kept through every sync.

    Parameters
    ----------
    action
        `list` them, `add` one, or `end` or `withdraw` one.
    target
        With `add`: provider/model. With `end` and `withdraw`: the number of the own price.
    kind
        With `add`: agreed with the provider, or a correction of what was misread.
    rate
        With `add`, once per component: input=1.5, output=6, cachedInput=0.15 ...
    free
        With `add`: it costs nothing.
    tier
        With `add`: which tier it is the price of.
    above
        With `add`: for prompts of more than so many tokens.
    currency
        With `add`: three letters.
    region
        With `add`: where it holds.
    since
        With `add`: from which day or time on; now without it, or for a correction since the misread price.
    until
        With `add`: its last day.
    evidence
        With `add`: what proves it, such as a contract's number and words.
    evidence_url
        With `add`: where that can be read.
    note
        With `add`: a word for whoever sees it.
    at
        With `end`: when; now without it.
    reason
        With `end` and `withdraw`: why.
    force
        With `add`: take what looks like a slip.
    as_json
        Print the API's JSON.
    """
    if action == "list":
        _show(asyncio.run(_ask(None, None)), as_json=as_json)
        return
    if target is None:
        raise UsageError(
            f"say of what: `ratecard own-price {action} {'PROVIDER/MODEL' if action == 'add' else 'NUMBER'}`"
        )
    if action == "add":
        provider, _, model = target.partition("/")
        asked = {
            "provider": provider,
            "model": model,
            "kind": kind,
            "rates": dict(map(_rate, rate)),
            "free": free,
            "tier": tier,
            "contextLimit": above,
            "currency": currency,
            "region": region,
            "effectiveFrom": since,
            "effectiveUntil": until,
            "note": note,
            "evidence": {"text": evidence, "url": evidence_url},
            "force": force,
        }
        found = asyncio.run(_ask(PATH, asked))
    else:
        if not target.isdecimal():
            raise UsageError(f"an own price has a number, not {target!r}: `ratecard own-price` lists them")
        body = {"at": at, "reason": reason} if action == "end" else {"reason": reason}
        found = asyncio.run(_ask(f"{PATH}/{target}/{action}", body))
    if as_json:
        write_json(found)
    else:
        _show({"data": [found]}, as_json=False)


def _rate(said: str) -> tuple[str, Decimal]:
    name, _, amount = said.partition("=")
    try:
        return name.strip(), Decimal(amount)
    except InvalidOperation as error:
        raise UsageError(f"--rate takes a component and its amount, such as input=1.5, not {said!r}") from error


async def _ask(path: str | None, body: Any) -> Any:
    async with api.connected() as connection:
        if path is None:
            return await connection.get(PATH)
        return await connection.send(path, {}, msgspec.json.Encoder(decimal_format="number").encode(body))


def _show(found: Any, *, as_json: bool) -> None:
    if as_json:
        write_json(found)
        return
    own = [msgspec.convert(one, OwnPrice) for one in found["data"]]
    if not own:
        say("There are no own prices.")
        return
    show_table("Own prices", _COLUMNS, [_row(one) for one in own])


def _row(own: OwnPrice) -> tuple[str, ...]:
    named = {"input": own.input_cost_per_million, "output": own.output_cost_per_million}
    rates = {**named, **{name: one.amount for name, one in own.rates.items()}}
    said = ", ".join(f"{name} {figure(amount)}" for name, amount in rates.items() if amount is not None)
    return (
        str(own.number),
        own.kind,
        f"{own.provider}/{own.model_id}",
        own.tier,
        f"> {own.context_limit:,}" if own.context_limit else "any",
        f"{said or 'free'} {own.currency}",
        f"{own.effective_date:%Y-%m-%d}",
        f"{own.end_date:%Y-%m-%d %H:%M}" if own.end_date else "-",
        own.state,
        own.note,
    )
