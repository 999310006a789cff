"""What a running `ratecard up` or `ratecard demo` tells the other commands: a file that only its owner can read.

It is gone when the run ends; one that a crash left behind is not believed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ratecard_cli.laptop import state

_NAME: Final = "running.json"
FILE: Final = state.DEFAULT / _NAME
"""Where a stack in the usual folder announces itself."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running stack: where its API is, the key to it, and the environment of its services' backends."""

    pid: int
    api: str
    admin_key: str
    environment: dict[str, str] = {}


@contextlib.contextmanager
def announced(running: Running, folder: Path = state.DEFAULT) -> Iterator[None]:
    """Let other commands find `running` while the block lasts."""
    path = folder / _NAME
    write_private(path, msgspec.json.encode(running))
    try:
        yield
    finally:
        # A second stack in the same place may have announced itself since.
        if (found := _read(path)) and found.pid == running.pid:
            path.unlink(missing_ok=True)


def find(folder: Path = state.DEFAULT) -> Running | None:
    """Return the stack that runs in `folder`, None if there is none."""
    found = _read(folder / _NAME)
    return found if found and _is_alive(found.pid) else None


def environ(folder: Path = state.DEFAULT) -> dict[str, str]:
    """Return our environment, and under it that of the stack that runs in `folder`: where its backends are."""
    found = find(folder)
    return {**(found.environment if found else {}), **os.environ}


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    fresh.replace(path)


def _read(path: Path) -> Running | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
