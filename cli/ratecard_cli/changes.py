"""`ratecard changes`: what changed of prices and models, and what changes now."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from ratecard_cli import api
from ratecard_cli.api import Api
from ratecard_cli.change_lines import event, pieces
from ratecard_cli.faults import NotFoundError, UsageError
from ratecard_cli.feed import Feed
from ratecard_cli.one_model import one_model
from ratecard_cli.terminal import Flag, Json, note, say_pieces, write_json_line

_LATEST: Final = "latest"
_CURSOR: Final = re.compile(r"\d+-\d+")
_FIRST: Final = datetime.min.replace(tzinfo=UTC)

Kind = Literal["first_seen", "changed", "corrected", "scheduled", "withdrawn", "appeared", "deprecated", "reappeared"]


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """Where to begin: after a cursor (None: with the first that is kept), and not before a time."""

    cursor: str | None = None
    time: datetime = _FIRST


def changes(
    *,
    follow: Flag = False,
    since: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    kind: Kind | None = None,
    as_json: Json = False,
) -> None:
    """List what changed, the newest last; with --follow from now on, as it comes, until Ctrl-C.

    Times are in UTC. When the registry restarts, --follow waits for it, and goes on where it was.

    Parameters
    ----------
    follow
        Go on with what comes. Without --since, nothing older is listed.
    since
        A day (its beginning, in UTC), a time, the `cursor` of a change that `--json` printed, or `latest`.
    provider
        Of this provider only.
    model
        Of this model only: its id, or provider/id.
    kind
        Of this kind only.
    as_json
        Print each change in a line, as the API's JSON.
    """
    begin = place(since or (_LATEST if follow else None))
    show = write_json_line if as_json else _say

    async def run() -> int:
        async with api.connected() as connection:
            wanted = {**await _only(connection, provider, model), **({"kind": kind} if kind else {})}
            feed = Feed(connection, wanted, begin.cursor)
            return await _show(feed.followed() if follow else feed.kept(), begin.time, show)

    with suppress(KeyboardInterrupt) if follow else nullcontext():
        if not asyncio.run(run()):
            note("Nothing has changed.")


def place(since: str | None) -> Since:
    """Return where to begin. Raises UsageError."""
    if not since or since == _LATEST or _CURSOR.fullmatch(since):
        return Since(cursor=since)
    try:
        time = datetime.fromisoformat(since)
    except ValueError as error:
        raise UsageError(
            f"--since takes a day (2026-03-01), a time (2026-03-01T12:00:00Z), a cursor or latest, not {since!r}"
        ) from error
    return Since(time=time if time.tzinfo else time.replace(tzinfo=UTC))


async def _show(found: AsyncGenerator[Any], since: datetime, show: Callable[[Any], None]) -> int:
    """Show the changes from a time on, and return how many there were."""
    count = 0
    async with aclosing(found):
        async for change in found:
            if datetime.fromisoformat(change["occurredAt"]) >= since:
                show(change)
                count += 1
    return count


async def _only(connection: Api, provider: str | None, model: str | None) -> dict[str, str]:
    """Return what asks for changes of these only, by the names that they have now. Raises NotFoundError."""
    if model:
        found = await one_model(connection, model, {"provider": provider} if provider else {})
        return {"provider": found["provider"], "model": found["id"]}
    if not provider:
        return {}
    known = sorted(one["id"] for one in (await connection.get("/api/providers"))["data"])
    if provider not in known:
        raise NotFoundError(f"there is no provider {provider!r}: there are {', '.join(known)}")
    return {"provider": provider}


def _say(change: Any) -> None:
    said = event(change)
    say_pieces([(f"{said.occurred_at:%Y-%m-%d %H:%M:%S}  ", "dim"), *pieces(said)])
