"""Whether this machine has room for the data, and the port that was asked for is free."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ratecard_cli import running
from ratecard_cli.doctor.finding import Finding, problem, warning, well
from ratecard_cli.laptop import ports, state
from ratecard_cli.laptop.errors import PortTakenError

_LEAST: Final = 1_000_000_000


def look_at_machine(environ: Mapping[str, str], folder: Path) -> Iterator[Finding]:
    """Look at the disk below `folder`, and at HTTP_PORT unless a stack of ours runs here."""
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB are free in {folder}"
    if free < _LEAST:
        yield problem("machine", said, do="free some: PostgreSQL and Kafka stop when the disk is full")
    else:
        yield well("machine", said)
    if found := running.find(folder / state.DEFAULT):
        yield well("machine", f"a stack runs here, as process {found.pid}, with its API at {found.api}")
        return
    port = environ.get("HTTP_PORT", "").strip()
    if port.isdecimal() and port != "0":
        try:
            ports.choose(int(port), "HTTP_PORT")
        except (PortTakenError, OverflowError) as error:
            yield warning("machine", str(error), do="that is as it should be if it is ours; else choose another port")
