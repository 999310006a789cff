"""`ratecard config`: which pages of a provider are read and how, changed without a restart and tried before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.terminal import Flag, Json, note, say, show_table, write_json

_PATH: Final = "/api/admin/scraping-config"
_LINES: Final = ("provider", "source", "version", "revision", "pages")
_VERSIONS: Final = ("version", "active", "stored", "by", "note")
_DIFFERENCES: Final = ("what", "model", "tier", "above", "in force", "read")
Action = Literal["list", "get", "put", "dry-run", "versions", "activate", "deactivate"]


def config(
    action: Action = "list",
    provider: str | None = None,
    what: str | None = None,
    /,
    *,
    revision: int | None = None,
    why: Annotated[str, Parameter(name="--note")] = "",
    force: Flag = False,
    page: Path | None = None,
    url: str | None = None,
    as_json: Json = False,
) -> None:
    """Show or change a provider's scraping configuration. A change is used by the next sync that starts.

    Parameters
    ----------
    action
        `list` all providers; `get` one's configuration; `put` another; `dry-run` one; list `versions`; `activate` a
        version; `deactivate` what is stored, so that the file is in force.
    provider
        Whose.
    what
        With `put` and `dry-run`: a JSON file with the configuration; `dry-run` without one tries the one in force. With
        `activate`: the number of the version.
    revision
        With `put` (needed), `activate` and `deactivate`: the revision that you have seen, as `get` says it.
    why
        With `put`: why, for whoever looks later.
    force
        With `put` and `activate`: also if it does not read the newest page well.
    page
        With `dry-run`: a saved page to read, instead of the newest kept ones.
    url
        With `dry-run`: which page of the configuration to read.
    as_json
        Print the API's JSON.
    """
    if action == "list":
        _show(action, asyncio.run(_ask("GET", "")), as_json=as_json)
        return
    if provider is None:
        raise UsageError(f"whose? `ratecard config {action} PROVIDER`; `ratecard config` lists them")
    path = f"/{quote(provider, safe='')}"
    match action:
        case "get":
            _show(action, asyncio.run(_ask("GET", path)), as_json=as_json)
        case "versions":
            _show(action, asyncio.run(_ask("GET", f"{path}/versions")), as_json=as_json)
        case "put":
            _show(action, asyncio.run(_put(path, what, revision, why, force=force)), as_json=as_json)
        case "activate":
            _show(action, asyncio.run(_activate(path, what, revision, force=force)), as_json=as_json)
        case "deactivate":
            _show(action, asyncio.run(_ask("POST", f"{path}/deactivate", revision=revision)), as_json=as_json)
        case "dry-run":
            _tried(asyncio.run(_dry_run(path, what, page, url)), as_json=as_json)


async def _put(path: str, file: str | None, revision: int | None, why: str, *, force: bool) -> Any:
    if file is None or revision is None:
        raise UsageError("`ratecard config put PROVIDER FILE --revision N`, with N as `config get` says it")
    query = {"note": why, "force": str(force).lower()}
    return await _ask("PUT", path, query=query, body=_read(Path(file)), revision=revision)


async def _activate(path: str, number: str | None, revision: int | None, *, force: bool) -> Any:
    if number is None or not number.isdecimal():
        raise UsageError("`ratecard config activate PROVIDER N`: `config versions` lists the numbers")
    query = {"force": str(force).lower()}
    return await _ask("POST", f"{path}/versions/{number}/activate", query=query, revision=revision)


async def _dry_run(path: str, file: str | None, page: Path | None, url: str | None) -> Any:
    asked = {"config": _read(Path(file)) if file else None, "page": _text(page) if page else None, "url": url}
    body = {name: value for name, value in asked.items() if value is not None}
    return await _ask("POST", f"{path}/dry-run", body=body)


async def _ask(
    method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None, revision: int | None = None
) -> Any:
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    async with api.connected() as connection:
        return await connection.request(method, _PATH + path, query=query, body=body, headers=headers)


def _show(action: Action, found: Any, *, as_json: bool) -> None:
    if as_json:
        write_json(found)
    elif action == "list":
        rows = [[_said(one[name]) for name in _LINES] for one in found["data"]]
        show_table("Scraping configurations", _LINES, rows, whole=_LINES[:2])
    elif action == "versions":
        names = ("version", "active", "createdAt", "createdBy", "note")
        show_table("Versions", _VERSIONS, [[_said(one[name]) for name in names] for one in found["data"]])
    else:
        write_json(found["config"])
        source = f"version {found['version']}" if found["source"] == "stored" else f"source {found['source']}"
        note(f"{found['provider']}: {source}, revision {found['revision']}.")


def _tried(found: Any, *, as_json: bool) -> None:
    if as_json:
        write_json(found)
    else:
        for page in found["pages"]:
            how = f"{page['rows']} prices by {page['strategy']}" if page["strategy"] else page["error"]
            say(f"{page['url']}: {how or 'never fetched: give a saved page with --page'}")
        rows = [_difference(one) for one in found["differences"]]
        if rows:
            show_table("Not as in force", _DIFFERENCES, rows, whole=_DIFFERENCES[:2])
    if not found["passes"]:
        raise CommandError(f"it would not be taken: {'; '.join(found['errors'])}")


def _difference(one: Any) -> tuple[str, ...]:
    above = f"{one['contextLimit']:,}" if one["contextLimit"] else "-"
    return (one["kind"], one["modelId"], one["tier"], above, _rates(one["inForce"]), _rates(one["read"]))


def _rates(rates: dict[str, Any] | None) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in (rates or {}).items()) or "-"


def _said(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "-"
        case _:
            return str(value)


def _read(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
