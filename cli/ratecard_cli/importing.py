"""`ratecard import`: the past prices of another tool's list, through the API."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ratecard_cli import api
from ratecard_cli.faults import UsageError
from ratecard_cli.terminal import Json, note, say, write_json

Flag = Annotated[bool, Parameter(negative="", show_default=False)]


def import_list(
    file: str,
    /,
    *,
    format: Literal["llm-prices", "genai-prices"],  # noqa: A002  # its name on the command line
    source: str | None = None,
    dry_run: Flag = False,
    force: Flag = False,
    as_json: Json = False,
) -> None:
    """Import the past prices of another tool's list, to answer costs of the time before Ratecard's first sync.

    Parameters
    ----------
    file
        A file of llm-prices (historical-v1.json, or a vendor's) or genai-prices (data.json).
    format
        Whose format it is.
    source
        Where the file came from, for the evidence; the file's name without it.
    dry_run
        Say what would be imported, and import nothing.
    force
        Import it although a figure looks like a slipped unit.
    as_json
        Print the API's report as JSON.
    """
    try:
        body = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    query = {
        "format": format,
        "source": source or Path(file).name,
        "dryRun": str(dry_run).lower(),
        "force": str(force).lower(),
    }
    found = asyncio.run(_send(query, body))
    if as_json:
        write_json(found)
    else:
        _show(found)


async def _send(query: dict[str, str], body: bytes) -> Any:
    async with api.connected() as connection:
        return await connection.send("/api/admin/import", query, body)


def _show(found: Any) -> None:
    would = "would be" if found["dryRun"] else "were"
    models = len({(row["provider"], row["modelId"]) for row in found["rows"]})
    say(
        f"{found['added']} prices of {models} models {would} imported; {found['known']} are of a time already recorded."
    )
    for reason, count in Counter(one["reason"] for one in found["leftAside"]).most_common():
        note(f"left aside {count}: {reason}")
    for doubt in found["doubts"]:
        note(f"doubtful: {doubt}")
