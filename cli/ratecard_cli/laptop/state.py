"""The folder that keeps the laptop's data between runs, for one run at a time.

The lock is inherited by the backends, so it is free only when the last of them has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ratecard_cli.laptop.errors import StateError

DEFAULT: Final = Path(".ratecard")
_ENDING_SECONDS: Final = 15
_LOOK_SECONDS: Final = 0.1


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold `folder` for this run and give the lock's file descriptor. Raises StateError when another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _ENDING_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        holder = os.pread(descriptor, 20, 0).decode()
        # A holder that is gone was killed: its backends are about to end.
        if _is_alive(holder) or time.monotonic() > deadline:
            raise StateError(
                f"another ratecard (process {holder or 'unknown'}) is using {folder}: stop it, or choose another folder"
            )
        time.sleep(_LOOK_SECONDS)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
