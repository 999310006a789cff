"""The admin's routes to what is not believed: held prices with evidence, decisions on them, what matched nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses, takes_no
from ratecard_registry.problems import as_json
from ratecard_registry.quarantine_desk import Desk
from ratecard_registry.quarantine_views import EntryView, QuarantineView, UnmatchedView
from ratecard_registry.quarantined import State

_States = Literal["held", "approved", "rejected", "released", "withdrawn", "all"]
_MOST: Final = 500
_LONGEST_NOTE: Final = 2000


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it was decided so, for whoever looks later."""

    note: Annotated[str, msgspec.Meta(max_length=_LONGEST_NOTE)] = ""


_WRONG: Final = takes_no("`state`: Invalid enum value 'lost'")
OfProvider = Annotated[str | None, QueryParameter(description="Of this provider only")]
Entry = Annotated[int, PathParameter(description="The entry's `id`")]
_DECIDED: Final[dict[int, Any]] = {
    200: answers(EntryView, "The entry as it is now"),
    400: takes_no("`note`: Expected `str`, got `int`"),
    404: refuses("There is no such entry", "There is no entry 7 in the quarantine."),
    409: refuses("It is decided already, or its model is gone", "Entry 7 is approved already."),
    **ADMINISTERING,
}


@get(
    "/api/admin/quarantine",
    operation_id="listQuarantine",
    summary="List held prices",
    responses={200: answers(QuarantineView, "Held prices"), 400: _WRONG, **ADMINISTERING},
    tags=["admin"],
)
async def list_quarantine(
    *,
    desk: NamedDependency[Desk],
    provider: OfProvider = None,
    of_state: Annotated[_States, QueryParameter(name="state", description="In this state")] = "held",
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many at most")] = _MOST,
) -> Response[bytes]:
    """Return the prices that are held back, or those of another `state`, and what the newest pages refused."""
    wanted = None if of_state == "all" else State(of_state)
    return as_json(await desk.listed(provider=provider, state=wanted, limit=limit))


@post(
    "/api/admin/quarantine/{entry_id:int}/approve",
    operation_id="approvePrice",
    summary="Approve a held price",
    status_code=200,
    responses=_DECIDED,
    tags=["admin"],
)
async def approve(
    *,
    desk: NamedDependency[Desk],
    caller: NamedDependency[Caller],
    entry_id: Entry,
    data: JSONBody[Verdict | None] = None,
) -> Response[bytes]:
    """Bring a held price into force: it is charged since it was first seen."""
    return as_json(await desk.approve(entry_id, data.note if data else "", caller))


@post(
    "/api/admin/quarantine/{entry_id:int}/reject",
    operation_id="rejectPrice",
    summary="Reject a held price",
    status_code=200,
    responses=_DECIDED,
    tags=["admin"],
)
async def reject(
    *,
    desk: NamedDependency[Desk],
    caller: NamedDependency[Caller],
    entry_id: Entry,
    data: JSONBody[Verdict | None] = None,
) -> Response[bytes]:
    """Keep a held price out of force for as long as its page says it."""
    return as_json(await desk.reject(entry_id, data.note if data else "", caller))


@get(
    "/api/admin/unmatched",
    operation_id="listUnmatched",
    summary="List names and models that found no partner",
    responses={200: answers(UnmatchedView, "What was left over"), 400: _WRONG, **ADMINISTERING},
    tags=["admin"],
)
async def list_unmatched(*, desk: NamedDependency[Desk], provider: OfProvider = None) -> Response[bytes]:
    """Return names on pages that are no model's, and models without a price, from each provider's last good list."""
    return as_json(await desk.unmatched(provider))


ROUTES: Sequence[Any] = (list_quarantine, approve, reject, list_unmatched)
