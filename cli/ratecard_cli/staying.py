"""A stack that is up stays up: what stops by itself is started again, and Ctrl-C or SIGTERM ends it all in order."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ratecard_cli.laptop.processes import Process, terminate_like_ctrl_c
from ratecard_cli.terminal import say

_LOOK_SECONDS: Final = 1.0
_SECONDS_OF_PEACE: Final = 30.0


@contextmanager
def until_stopped() -> Iterator[None]:
    """Run a block until it ends or is asked to end; being asked is no fault."""
    # A shell without job control starts what runs in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with terminate_like_ctrl_c():
        try:
            yield
        except KeyboardInterrupt:
            say("Stopped.")


async def stay(processes: Sequence[Process]) -> None:
    """Start again what stops, for ever. Raises ProcessError for a process that stops twice within half a minute."""
    started: dict[int, float] = {}
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for place, process in enumerate(processes):
            if process.exit_code is None:
                continue
            if time.monotonic() - started.get(place, float("-inf")) < _SECONDS_OF_PEACE:
                process.check()
            started[place] = time.monotonic()
            say(f"{process.spec.name} has stopped and is started again; see {process.spec.log}.previous")
            process.launch()
