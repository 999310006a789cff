"""A service that can be killed at its crash points and started anew at once: run by a test.

    python crash_child.py ROOM VISITED < lives

The service is imported and wired once. Each line that comes is one life: a forked process, which kills itself at the
first point that the file VISITED does not name (`calm`: at none). The exit code of each life is printed. SIGTERM ends
the life, too.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import crash_points

MOST_DEATHS: Final = 3
"""So many deaths in a row may meet one record: two more, and it would rightly be a dead letter."""


def main(room: str, visited: Path) -> None:
    """Run life after life, until there is no more to read."""
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    crash_points.install(room)
    live, spare = wired(room), spared_records()
    for line in sys.stdin:
        life = os.fork()
        if not life:
            crash_points.arm(crash_points.Crash(visited, kill=line.strip() != "calm", spare=spare))
            live()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(life, 0)[1]), flush=True)  # noqa: T201  # the test reads it


def wired(room: str) -> Callable[[], None]:
    """Return what runs the service, without the half second that wiring the registry takes."""
    from ratecard_shared import service, settings  # noqa: PLC0415  # with their crash points

    run, said = service.main, list[Any]()
    service.main = lambda *args: said.extend(args)
    runpy.run_module(f"ratecard_{room}", run_name="__main__")
    name, kind, build = said
    app = build(settings.load(kind, os.environ))
    return lambda: run(name, kind, lambda _settings: app)


def spared_records() -> Callable[[], bool]:
    """Return what tells whether a record is here that has been met by enough deaths, and is not handled yet."""
    from ratecard_shared.attempts import Attempts  # noqa: PLC0415  # with its crash points

    near: set[tuple[Attempts, Any]] = set()
    look, ended = Attempts._look, Attempts.ended  # noqa: SLF001  # nobody else knows of the deaths

    async def looked(self: Attempts, partitions: Any) -> None:
        await look(self, partitions)
        watched = self._watched.items()  # as above
        near.update((self, partition) for partition, watch in watched if watch.deaths >= MOST_DEATHS)

    async def left(self: Attempts, record: Any) -> None:
        await ended(self, record)
        near.difference_update(
            {(self, one) for _, one in near if (one.topic, one.partition) == (record.topic, record.partition)}
        )

    Attempts._look, Attempts.ended = looked, left  # type: ignore[method-assign]  # noqa: SLF001  # as above
    return lambda: bool(near)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
