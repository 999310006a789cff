"""The admin's routes to own prices: set one, look at them, end one, withdraw one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses, takes_no
from ratecard_registry.own.desk import OwnDesk
from ratecard_registry.own.requests import EndRequest, OwnPriceRequest, WithdrawRequest
from ratecard_registry.own.views import OwnPricesView, OwnPriceView
from ratecard_registry.problems import Invalid, as_json
from ratecard_registry.stored import OwnState

_MOST: Final = 500
_MOST_BYTES: Final = 64 * 1024
_DECIDED: Final[dict[int, Any]] = {
    200: answers(OwnPriceView, "The own price as it is now"),
    400: takes_no("`at` takes 2030-01-31 or 2030-01-31T12:00:00Z, not 'soon'."),
    404: refuses("There is no such own price", "There is no own price 7."),
    409: refuses("It has ended or is withdrawn already, or does not hold at that time"),
    **ADMINISTERING,
}
_WRONG: Final = takes_no("`state`: Invalid enum value 'lost'")
Number = Annotated[int, PathParameter(description="The own price's `number`")]


@post(
    "/api/admin/own-prices",
    operation_id="setOwnPrice",
    summary="Set an own price",
    request_max_body_size=_MOST_BYTES,
    responses={
        200: answers(OwnPriceView, "The same own price is there already"),
        201: answers(OwnPriceView, "The own price"),
        400: refuses("It is no price, or has no evidence", kind=Invalid),
        404: refuses("There is no such model", "There is no model 'swift-9'. GET /api/models lists them."),
        409: refuses("It looks like a slip: send `force` if it is right"),
        413: refuses("The request is larger than 64 KiB"),
        **ADMINISTERING,
    },
    tags=["own prices"],
)
async def record(
    *,
    own_desk: NamedDependency[OwnDesk],
    caller: NamedDependency[Caller],
    data: JSONBody[OwnPriceRequest],
) -> Response[bytes]:
    """Set a price that is charged instead of the list's: a negotiated rate, or a correction by hand.

    It is kept through every sync, until it ends or is withdrawn; what the list says stays visible beside it.
    """
    shown, new = await own_desk.record(data, caller)
    return as_json(shown, status=201 if new else 200)


@get(
    "/api/admin/own-prices",
    operation_id="listOwnPrices",
    summary="List own prices",
    responses={200: answers(OwnPricesView, "Own prices"), 400: _WRONG, **ADMINISTERING},
    tags=["own prices"],
)
async def list_own_prices(
    *,
    own_desk: NamedDependency[OwnDesk],
    provider: Annotated[str | None, QueryParameter(description="Of this provider only")] = None,
    model: Annotated[str | None, QueryParameter(description="Of this model only")] = None,
    of_state: Annotated[OwnState | None, QueryParameter(name="state", description="In this state only")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many at most")] = _MOST,
) -> Response[bytes]:
    """Return the own prices as they are now, the newest first: all, or those of a provider, model or state."""
    return as_json(await own_desk.listed(provider=provider, model=model, state=of_state, limit=limit))


@get(
    "/api/admin/own-prices/{number:int}",
    operation_id="getOwnPrice",
    summary="Get an own price",
    responses={200: _DECIDED[200], 400: _DECIDED[400], 404: _DECIDED[404], **ADMINISTERING},
    tags=["own prices"],
)
async def one_own_price(*, own_desk: NamedDependency[OwnDesk], number: Number) -> Response[bytes]:
    """Return an own price with all that was ever recorded of it."""
    return as_json(await own_desk.one(number))


@post(
    "/api/admin/own-prices/{number:int}/end",
    operation_id="endOwnPrice",
    summary="Let an own price end",
    status_code=200,
    responses=_DECIDED,
    tags=["own prices"],
)
async def end(
    *,
    own_desk: NamedDependency[OwnDesk],
    caller: NamedDependency[Caller],
    number: Number,
    data: JSONBody[EndRequest | None] = None,
) -> Response[bytes]:
    """Let an own price end, now or at another time: from then on the list's price is charged."""
    return as_json(await own_desk.end(number, data or EndRequest(), caller))


@post(
    "/api/admin/own-prices/{number:int}/withdraw",
    operation_id="withdrawOwnPrice",
    summary="Withdraw an own price",
    status_code=200,
    responses=_DECIDED,
    tags=["own prices"],
)
async def withdraw(
    *,
    own_desk: NamedDependency[OwnDesk],
    caller: NamedDependency[Caller],
    number: Number,
    data: JSONBody[WithdrawRequest | None] = None,
) -> Response[bytes]:
    """Take an own price back as if it had never been: for one that was recorded by mistake."""
    return as_json(await own_desk.withdraw(number, data.reason if data else "", caller))


ROUTES: Final[Sequence[Any]] = (record, list_own_prices, one_own_price, end, withdraw)
