"""`ratecard status`: how the system is, and how the newest sync of each provider went."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ratecard_cli import api
from ratecard_cli.faults import CommandError
from ratecard_cli.terminal import Json, say, show_table, write_json

_COLUMNS: Final = ("provider", "state", "discovery", "pricing", "enrichment", "storage", "ended")
_SYNCS: Final = "100"


def status(*, as_json: Json = False) -> None:
    """Say how the system is, and how the newest sync of each provider went. Exit code 1 if something is down.

    Parameters
    ----------
    as_json
        Print JSON: the API's health, and the newest sync of each provider.
    """
    health, newest = asyncio.run(_look())
    if as_json:
        write_json({"health": health, "providers": newest})
    else:
        parts = (f"{name} {found['status']}" for name, found in health["services"].items())
        say(f"{health['status']}: {', '.join(parts)}")
        rows = [_row(provider) for provider in newest]
        if rows:
            show_table("Newest syncs", _COLUMNS, rows, whole=_COLUMNS[:1])
    down = [name for name, found in health["services"].items() if found["status"] == "down"]
    if down:
        raise CommandError(f"{', '.join(down)} cannot be reached")


async def _look() -> tuple[Any, list[Any]]:
    async with api.connected() as connection:
        health = await connection.get("/health")
        syncs = await connection.get("/api/admin/syncs", {"limit": _SYNCS})
    newest: dict[str, Any] = {}
    for sync in syncs["data"]:
        for provider in sync["providers"]:
            newest.setdefault(provider["provider"], provider)
    return health, [newest[name] for name in sorted(newest)]


def _row(provider: Any) -> tuple[str, ...]:
    stages = provider["stages"]
    ended = (provider["endedAt"] or "-")[:16].replace("T", " ")
    state = provider["outcome"] or provider["state"]
    return (provider["provider"], state, *(stages[name] for name in _COLUMNS[2:6]), ended)
