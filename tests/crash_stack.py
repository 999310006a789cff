"""The five services, each killed at its next crash point as often as there is one left, and started again at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import stack

from ratecard_cli.laptop.processes import leashed
from ratecard_shared.roles import ROLES, acting_as

PROGRAM: Final = Path(__file__).with_name("crash_child.py")


class Room:
    """One service under kill. `due` are the points at which it must die."""

    def __init__(self, name: str, due: Collection[str], visited: Path, *, calm: bool = False) -> None:
        self.name = name
        self.due = frozenset(due)
        self.deaths = 0
        self._visited = visited
        self._life = b"calm\n" if calm else b"armed\n"

    @property
    def visited(self) -> list[str]:
        """The points that were visited, in that order."""
        return self._visited.read_text(encoding="utf-8").splitlines() if self._visited.exists() else []

    @property
    def left(self) -> frozenset[str]:
        """The points that were not visited yet."""
        return self.due - {*self.visited}

    async def live(self, environment: Mapping[str, str]) -> None:
        """Run life after life. Raises RuntimeError if one ends otherwise than by its own hand."""
        command: list[str | Path] = [sys.executable, PROGRAM, self.name, self._visited]
        child = await asyncio.create_subprocess_exec(
            *leashed(command, on_parent_death=signal.SIGTERM),
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert child.stdin
        assert child.stdout
        try:
            while True:
                child.stdin.write(self._life)
                code = (await child.stdout.readline()).strip()
                if code != b"%d" % -signal.SIGKILL:
                    raise RuntimeError(f"{self.name} ended with {code!r} instead of being killed")
                self.deaths += 1
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


@asynccontextmanager
async def living(environment: Mapping[str, str], rooms: Collection[Room]) -> AsyncIterator[Mapping[str, int]]:
    """Let the services live and die while the block lasts; give their ports. One that ends otherwise ends the block."""
    ports = {room.name: stack.free_port() for room in rooms}
    async with asyncio.TaskGroup() as group:
        lives = [group.create_task(room.live(_own(environment, room.name, ports[room.name]))) for room in rooms]
        try:
            yield ports
        finally:
            for life in lives:
                life.cancel()


def _own(environment: Mapping[str, str], room: str, port: int) -> dict[str, str]:
    own = {**environment, "HTTP_PORT": str(port), "LOG_FORMAT": "text", "LOG_LEVEL": "ERROR"}
    own["KAFKA_INSTANCE_ID"] = room  # who was killed has its place back at once
    if room in ROLES:
        own["DATABASE_URL"] = acting_as(ROLES[room], environment["DATABASE_URL"])
    return own
