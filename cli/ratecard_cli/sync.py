"""`ratecard sync`: a sync now, through the API, watched until it has ended."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.answers import Sync
from ratecard_cli.api import Api
from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.progress import follow, showing, summary
from ratecard_cli.terminal import Json, say, write_json
from ratecard_cli.tracing import beginning


def sync(
    *,
    providers: str | None = None,
    wait: Annotated[bool, Parameter(negative="--no-wait", show_default=False)] = True,
    as_json: Json = False,
) -> None:
    """Ask for a sync now. Exit code 1 if a provider did not end well.

    Parameters
    ----------
    providers
        Their ids, with commas between; all without this option.
    wait
        Wait for the end and say how it went.
    as_json
        Print the sync as the API's JSON.
    """
    names = [name.strip() for name in (providers or "").split(",") if name.strip()]
    if providers is not None and not names:
        raise UsageError("--providers names none: give ids with commas between, or leave it out to sync all")
    found = asyncio.run(_sync(names, wait=wait, quiet=as_json))
    if as_json:
        write_json(found)
    else:
        say(summary(msgspec.convert(found, Sync)) if wait else f"The sync {found['syncId']} was asked for.")
    if wait:
        _judge(msgspec.convert(found, Sync))


async def _sync(names: list[str], *, wait: bool, quiet: bool) -> Any:
    async with api.connected() as connection:
        asked = await ask(connection, names)
        if not wait:
            return asked
        with showing(quiet=quiet) as board:
            return await follow(connection, asked["syncId"], board)


async def ask(connection: Api, names: list[str]) -> Any:
    """Ask for a sync of these providers, of all if there are none, and return its `syncId`."""
    body = {"providers": names, "reason": "ratecard sync"}
    with beginning("ratecard sync") as headers:
        return await connection.request("POST", "/api/admin/sync/trigger", body=body, headers=headers)


def _judge(ended: Sync) -> None:
    if ended.result is None:
        raise CommandError(f"the sync was not run: {ended.error or ended.state}")
    if not ended.result.success:
        unwell = [provider.provider for provider in ended.providers if provider.outcome != "joined"]
        raise CommandError(f"the sync did not end well for {', '.join(unwell)}; what was known of them stays")
