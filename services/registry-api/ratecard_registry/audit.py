"""What administrators did: one row per action, written in the transaction of the action. Rows are never deleted here.

An action that leaves the database is written down before it is tried, and settled after. Details hold no secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from ratecard_registry.access import Caller
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("audit.sql")
Outcome = Literal["asked", "done", "failed"]


async def record(
    connection: Any,
    caller: Caller,
    *,
    action: str,
    target: str,
    details: Mapping[str, Any] | None = None,
    outcome: Outcome = "done",
) -> int:
    """Write down who did what to what, over the connection whose transaction does it. Return the row's id.

    `action` is such as `quarantine.approve`, `target` what it was done to; `details` are what JSON can say.
    """
    said = _without_nul({"target": target, "details": dict(details or {})})
    return int(
        await _sql().add(connection, caller=caller.name, key_id=caller.key_id, action=action, outcome=outcome, **said)
    )


async def settle(connection: Any, row: int, *, outcome: Outcome, **details: Any) -> None:
    """Say how an action ended that was only `asked` for, and what more is known of it."""
    await _sql().settle(connection, id=row, outcome=outcome, details=_without_nul(details))


async def listed(
    connection: Any, *, before: int | None, action: str | None, caller: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return the rows of an action or a caller, or all, with ids below `before`, the newest first."""
    found = _sql().listed(connection, before=before, action=action, caller=caller, limit=limit)
    return [dict(row) async for row in found]


@cache
def _sql() -> Any:
    return queries(QUERIES)


def _without_nul(value: Any) -> Any:
    """Return the value without the one character that PostgreSQL cannot keep."""
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {_without_nul(name): _without_nul(item) for name, item in value.items()}
        case list() | tuple():
            return [_without_nul(item) for item in value]
        case _:
            return value
