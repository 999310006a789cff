"""Whether a process that is not our child still runs, and waiting for what happens beside us."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Tell whether it runs; one that waits for an init that never asks after it does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def until(condition: Callable[[], bool], *, within_seconds: float = 5) -> None:
    """Wait until `condition` holds; fails the test when it does not."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {within_seconds:g} s"
        time.sleep(0.02)
