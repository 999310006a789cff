"""The admin's route to what administrators did."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import asyncpg
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from ratecard_registry import audit
from ratecard_registry.describing import ADMINISTERING, answers, takes_no
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.views import View

_DEFAULT: Final = 50
_MOST: Final = 500
_CURSOR: Final = re.compile("[0-9]{1,18}")


class ActionView(View, frozen=True, kw_only=True):
    """Who did what to what, when. `keyId` is "environment" for the key in RATECARD_ADMIN_KEY.

    `outcome` is `done` or `failed`, or `asked` where nobody knows how it ended: the registry stopped before it did.
    """

    id: int
    at: datetime
    caller: str
    key_id: str
    action: str
    target: str
    details: dict[str, Any]
    outcome: str


class ActionsView(View, frozen=True, kw_only=True):
    """A page of actions, the newest first. Send `nextCursor` as `cursor` for the next one; it is null on the last."""

    data: tuple[ActionView, ...]
    next_cursor: str | None


class AuditLog:
    """Reads the audit log."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool]) -> None:
        """Wire it."""
        self._pool = pool

    async def page(self, *, cursor: str | None, limit: int, action: str | None, caller: str | None) -> ActionsView:
        """Return the actions before the cursor. Raises Problem."""
        before = _before(cursor)
        rows = await audit.listed(self._pool(), before=before, action=action, caller=caller, limit=limit + 1)
        shown = tuple(ActionView(**row) for row in rows[:limit])
        return ActionsView(data=shown, next_cursor=str(shown[-1].id) if len(rows) > limit else None)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not _CURSOR.fullmatch(cursor):
        raise Problem(400, "`cursor` is not a `nextCursor` that a page gave: leave it out to start over.")
    return int(cursor)


@get(
    "/api/admin/audit",
    operation_id="listActions",
    summary="List what administrators did",
    responses={
        200: answers(ActionsView, "What was done"),
        400: takes_no("`cursor` is not a `nextCursor` that a page gave: leave it out to start over."),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def list_actions(
    *,
    audit_log: NamedDependency[AuditLog],
    action: Annotated[str | None, QueryParameter(description="Only this: `keys.create` ...")] = None,
    caller_name: Annotated[str | None, QueryParameter(name="caller", description="By this caller only")] = None,
    cursor: Annotated[str | None, QueryParameter(description="`nextCursor` of the page before")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many a page holds")] = _DEFAULT,
) -> Response[bytes]:
    """Return what administrators did, the newest first; `action` (such as `keys.create`) and `caller` choose some."""
    return as_json(await audit_log.page(cursor=cursor, limit=limit, action=action, caller=caller_name))


ROUTES: Sequence[Any] = (list_actions,)
