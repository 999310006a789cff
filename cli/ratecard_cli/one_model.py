"""One model, by whatever name people give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ratecard_cli.api import Api
from ratecard_cli.faults import NotFoundError, UsageError


async def one_model(connection: Api, name: str, query: Mapping[str, str]) -> Any:
    """Return the model of this name as the API gives it. Raises CommandError."""
    try:
        found = await connection.get(f"/api/models/{path(name)}", query)
    except NotFoundError as error:
        raise NotFoundError(await _nearest(connection, name, query)) from error
    if not isinstance(found, dict) or "pricing" not in found:
        raise NotFoundError(f"there is no model {name!r}")
    return found


async def _nearest(connection: Api, name: str, query: Mapping[str, str]) -> str:
    wanted = {key: value for key, value in query.items() if key == "provider"}
    try:
        found = await connection.get("/api/resolve", {**wanted, "model": name.encode(errors="replace").decode()})
    except NotFoundError as error:
        alike = f", but {', '.join(error.nearest)}" if error.nearest else ""
        return f"there is no model {name!r}{alike}: `ratecard models` lists all"
    return f"there is no model {name!r}: did you mean {found['provider']}/{found['id']}?"


def path(name: str) -> str:
    """Return a model's id as it stands in a path, where `..` would lead out. Raises UsageError for an empty one."""
    if not name.strip("/ "):
        raise UsageError("the model's id is empty: `ratecard models` lists them")
    return "/".join(map(_quoted, name.split("/")))


def _quoted(part: str) -> str:
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="", errors="replace")
