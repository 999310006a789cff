"""`ratecard keys`: who may ask the API. A new key is printed once, alone on stdout, so that a script can take it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import quote

from ratecard_cli import api
from ratecard_cli.faults import UsageError
from ratecard_cli.terminal import Json, note, say, show_table, write_json

_PATH: Final = "/api/admin/keys"
_COLUMNS: Final = ("id", "name", "begins", "scopes", "state", "created", "by", "ends", "last used")


def keys(
    action: Literal["list", "create", "revoke"] = "list",
    which: str | None = None,
    /,
    *,
    scopes: str | None = None,
    expires: str | None = None,
    as_json: Json = False,
) -> None:
    """List the keys to the API, make one, or revoke one: `ratecard keys create NAME`, `ratecard keys revoke ID`.

    Parameters
    ----------
    action
        `list` them, `create` one, or `revoke` one.
    which
        With `create`: a name for the new key, such as the service that uses it. With `revoke`: the key's id.
    scopes
        With `create`: `read` (also without this option) or `admin`, which includes it.
    expires
        With `create`: the last day (2031-01-31, in UTC) or a time; without it the key has no end.
    as_json
        Print the API's JSON.
    """
    if action != "create" and (scopes is not None or expires is not None):
        raise UsageError("--scopes and --expires are for `ratecard keys create NAME`")
    match action:
        case "list":
            _list(which, as_json=as_json)
        case "create":
            _create(which, scopes, expires, as_json=as_json)
        case "revoke":
            _revoke(which, as_json=as_json)


def _list(which: str | None, *, as_json: bool) -> None:
    if which is not None:
        raise UsageError("`ratecard keys list` takes no name: it lists all")
    found = asyncio.run(_get())
    if as_json:
        write_json(found)
    elif found["data"]:
        show_table("Keys", _COLUMNS, [_row(key) for key in found["data"]], whole=_COLUMNS[:3])
    else:
        say("There are no keys yet: `ratecard keys create NAME` makes one.")


def _create(name: str | None, scopes: str | None, expires: str | None, *, as_json: bool) -> None:
    if name is None:
        raise UsageError("a key needs a name, such as the service that uses it: `ratecard keys create NAME`")
    wanted: dict[str, Any] = {"name": name}
    if scopes is not None:
        wanted["scopes"] = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    if expires is not None:
        wanted["expiresAt"] = _end(expires)
    made = asyncio.run(_post(_PATH, wanted))
    if as_json:
        write_json(made)
        return
    note(f"Key {made['id']} ({made['name']}; {', '.join(made['scopes'])}). It is shown this once: keep it safe.")
    say(made["key"])


def _revoke(which: str | None, *, as_json: bool) -> None:
    if which is None:
        raise UsageError("which key? `ratecard keys` lists them, and `ratecard keys revoke ID` revokes one")
    gone = asyncio.run(_post(f"{_PATH}/{quote(which, safe='')}/revoke", None))
    if as_json:
        write_json(gone)
    else:
        say(f"Key {gone['id']} ({gone['name']}) is revoked: within about a second nothing takes it any more.")


async def _get() -> Any:
    async with api.connected() as connection:
        return await connection.get(_PATH)


async def _post(path: str, body: Any) -> Any:
    async with api.connected() as connection:
        return await connection.post(path, body)


def _end(text: str) -> str:
    """Return the end of a day as the API takes it; a time as it is."""
    try:
        return f"{date.fromisoformat(text)}T23:59:59Z"
    except ValueError:
        return text


def _row(key: dict[str, Any]) -> Sequence[str]:
    return (
        key["id"],
        key["name"],
        key["prefix"],
        ", ".join(key["scopes"]),
        key["state"],
        key["createdAt"][:10],
        key["createdBy"],
        (key["expiresAt"] or "never")[:10],
        (key["lastUsedAt"] or "never")[:10],
    )
