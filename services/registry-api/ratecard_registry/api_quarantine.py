"""The admin's routes to what is not believed: held prices with evidence, decisions on them, what matched nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import answers, refuses
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


_DECIDED: Final[dict[int, Any]] = {
    200: answers(EntryView, "The entry as it is now"),
    404: refuses("There is no such entry"),
    409: refuses("It is decided already, or its model is gone"),
}


@get("/api/admin/quarantine", responses={200: answers(QuarantineView, "Held prices")}, tags=["admin"])
async def list_quarantine(
    *,
    desk: NamedDependency[Desk],
    provider: FromQuery[str | None] = None,
    of_state: Annotated[_States, QueryParameter(name="state")] = "held",
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = _MOST,
) -> Response[bytes]:
    """Return the prices that are held back, or those of another `state`, and what the newest pages refused."""
    wanted = None if of_state == "all" else State(of_state)
    return as_json(await desk.listed(provider=provider, state=wanted, limit=limit))


@post("/api/admin/quarantine/{entry_id:int}/approve", status_code=200, responses=_DECIDED, tags=["admin"])
async def approve(
    *,
    desk: NamedDependency[Desk],
    caller: NamedDependency[Caller],
    entry_id: FromPath[int],
    data: JSONBody[Verdict | None] = None,
) -> Response[bytes]:
    """Bring a held price into force: it is charged since it was first seen."""
    return as_json(await desk.approve(entry_id, data.note if data else "", caller))


@post("/api/admin/quarantine/{entry_id:int}/reject", status_code=200, responses=_DECIDED, tags=["admin"])
async def reject(
    *,
    desk: NamedDependency[Desk],
    caller: NamedDependency[Caller],
    entry_id: FromPath[int],
    data: JSONBody[Verdict | None] = None,
) -> Response[bytes]:
    """Keep a held price out of force for as long as its page says it."""
    return as_json(await desk.reject(entry_id, data.note if data else "", caller))


@get("/api/admin/unmatched", responses={200: answers(UnmatchedView, "What was left over")}, tags=["admin"])
async def list_unmatched(*, desk: NamedDependency[Desk], provider: FromQuery[str | None] = None) -> Response[bytes]:
    """Return names on pages that are no model's, and models without a price, from each provider's last good list."""
    return as_json(await desk.unmatched(provider))


ROUTES: Sequence[Any] = (list_quarantine, approve, reject, list_unmatched)
