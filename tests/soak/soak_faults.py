"""The faults of a soak, one after the other: each kind once before any comes again, in an order by chance.

A process that is paused for longer than its group's session, or than its transaction may be idle, is thought dead by
everybody, and then goes on. The first replica of a service is never killed: what it takes of memory is measured.
"""

from __future__ import annotations

import asyncio
import math
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from replicas import BACKENDS, Replica, System

from ratecard_shared.database import connected

_SECONDS_TO_RECOVER: Final = 10.0
"""So long after PostgreSQL is back it may still be thought away."""

_LONGER_THAN_A_SESSION: Final = (12.0, 16.0)
"""Seconds; a member of a group that is silent for 10 is thought dead."""

_SLOW: Final = 0.02
_SECONDS_TO_CATCH: Final = 90
_SECONDS_TO_LOSE: Final = 120
_A_MOMENT: Final = 0.2
_HOLDER: Final = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND state = 'idle in transaction'
      AND classid = (hashtext('outbox')::bigint & 4294967295)::oid
      AND objid = (hashtext($1)::bigint & 4294967295)::oid
"""
"""Which replica has the relay's lock of a service, and waits for something else than PostgreSQL."""

_OUTBOXES: Final = {"scheduler": "scheduler", "enricher": "enricher", "registry": "registry-api"}
"""Whose outbox is whose."""

_LAST_SAID: Final = "SELECT max(id) FROM outbox WHERE service = $1"
_IS_PUBLISHED: Final = """
    SELECT NOT EXISTS (SELECT FROM outbox WHERE service = $1 AND id <= $2 AND published_at IS NULL)
"""


class Faults:
    """What breaks things, and remembers what it did."""

    def __init__(self, system: System, chance: random.Random) -> None:
        """Begin with nothing broken."""
        self._system = system
        self._chance = chance
        self._kinds: tuple[Callable[[], Awaitable[str]], ...] = (
            *(self.kill, self.pause, self.stall_a_relay),
            *(self.cut, self.stall, self.slow, self.flush, self.restart),
        )
        self._due: list[Callable[[], Awaitable[str]]] = []
        self._postgresql_away_until = 0.0
        self.done: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()

    def postgresql_was_away(self, since: float) -> bool:
        """Tell whether we had it away at some time since then, in seconds of `time.monotonic`."""
        return since < self._postgresql_away_until

    async def next(self) -> str:
        """Break one thing and mend it; return what was done. Raises TimeoutError if it does not recover."""
        if not self._due:
            self._due = [*self._kinds]
            self._chance.shuffle(self._due)
        return await self._do(self._due.pop())

    async def at_last(self) -> str | None:
        """Stall a relay unless that was done: it is part of every soak."""
        return None if self.done["stall_a_relay"] else await self._do(self.stall_a_relay)

    async def _do(self, fault: Callable[[], Awaitable[str]]) -> str:
        self.done[fault.__name__] += 1
        try:
            return await fault()
        except TimeoutError as error:
            raise TimeoutError(f"no recovery from {fault.__name__}: {error}") from error

    async def kill(self) -> str:
        """Kill a replica and start it again."""
        replica = self._chance.choice([one for one in self._system.replicas if one.number])
        seconds = self._chance.uniform(0, 5)
        await replica.kill()
        self.kills[replica.room] += 1
        await asyncio.sleep(seconds)
        await replica.start()
        return f"{replica.name} killed, and started again after {seconds:.1f} s"

    async def pause(self) -> str:
        """Stop a replica for longer than its groups' sessions last."""
        replica = self._chance.choice(self._system.replicas)
        seconds = self._chance.uniform(*_LONGER_THAN_A_SESSION)
        replica.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            replica.process.send_signal(signal.SIGCONT)
        return f"{replica.name} paused for {seconds:.1f} s"

    async def stall_a_relay(self) -> str:
        """Stop a replica while it publishes, until it has lost its lock and others have gone on; then let it go on."""
        room = self._chance.choice([*_OUTBOXES])
        async with connected(self._system.environment["DATABASE_URL"]) as connection:
            replica = await self._stopped_while_it_publishes(room, connection)
            began = time.monotonic()
            try:
                await _until(lambda: _has_lost(connection, replica), f"{replica.name} keeps its relay's lock")
                lost = time.monotonic() - began
                last = await connection.fetchval(_LAST_SAID, _OUTBOXES[room])
                published = lambda: connection.fetchval(_IS_PUBLISHED, _OUTBOXES[room], last)  # noqa: E731  # one query
                await _until(published, f"nobody publishes in the place of {replica.name}")
            finally:
                replica.process.send_signal(signal.SIGCONT)
        return f"{replica.name} stopped while it published, lost its lock after {lost:.0f} s, and goes on"

    async def _stopped_while_it_publishes(self, room: str, connection: Any) -> Replica:
        replicas = {replica.name: replica for replica in self._system.of(room)}
        kafka = self._system.wires["kafka"]
        kafka.delay = _SLOW
        try:
            async with asyncio.timeout(_SECONDS_TO_CATCH):
                while True:
                    holder = replicas.get(await connection.fetchval(_HOLDER, _OUTBOXES[room]) or "")
                    if holder:
                        holder.process.send_signal(signal.SIGSTOP)
                        await asyncio.sleep(_A_MOMENT)
                        if not await _has_lost(connection, holder):
                            return holder
                        holder.process.send_signal(signal.SIGCONT)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise TimeoutError(f"no {room} published anything within {_SECONDS_TO_CATCH} s") from None
        finally:
            kafka.heal()

    async def cut(self) -> str:
        """Reset the connections to a backend a few times."""
        backend = self._chance.choice(BACKENDS)
        with self._harming(backend):
            for _ in range(3):
                self._system.wires[backend].cut()
                await asyncio.sleep(0.3)
        return f"connections to {backend} cut"

    async def stall(self) -> str:
        """Let a backend say nothing; afterwards connections go on, or are cut."""
        backend, seconds = self._chance.choice(BACKENDS), self._chance.uniform(3, 12)
        wire, ends = self._system.wires[backend], self._chance.choice((True, False))
        with self._harming(backend):
            wire.stall()
            await asyncio.sleep(seconds)
            if ends:
                wire.cut()
            wire.flow()
        return f"{backend} hung for {seconds:.1f} s" + (", and connections were cut" if ends else "")

    async def slow(self) -> str:
        """Let bytes of a backend come late and in small pieces."""
        backend, seconds = self._chance.choice(BACKENDS), self._chance.uniform(3, 8)
        wire = self._system.wires[backend]
        wire.sliced, wire.delay = True, _SLOW / 4
        try:
            await asyncio.sleep(seconds)
        finally:
            wire.heal()
        return f"{backend} slow for {seconds:.1f} s"

    async def flush(self) -> str:
        """Empty Redis."""
        async with Redis.from_url(self._system.environment["REDIS_URL"]) as redis:
            await redis.flushall()
        return "redis emptied"

    async def restart(self) -> str:
        """Kill a backend and start it again."""
        backend, seconds = self._chance.choice(BACKENDS), self._chance.uniform(0.5, 5)
        with self._harming(backend):
            await self._system.kill(backend)
            self.kills[backend] += 1
            await asyncio.sleep(seconds)
            await self._system.start(backend)
        return f"{backend} killed, and started again after {seconds:.1f} s"

    @contextmanager
    def _harming(self, backend: str) -> Iterator[None]:
        if backend != "postgresql":
            yield
            return
        self._postgresql_away_until = math.inf
        try:
            yield
        finally:
            self._postgresql_away_until = time.monotonic() + _SECONDS_TO_RECOVER


async def _has_lost(connection: Any, replica: Replica) -> bool:
    return bool(await connection.fetchval(_HOLDER, _OUTBOXES[replica.room]) != replica.name)


async def _until(is_so: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    try:
        async with asyncio.timeout(_SECONDS_TO_LOSE):
            while not await is_so():  # noqa: ASYNC110  # PostgreSQL tells nobody
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise TimeoutError(f"{otherwise}, {_SECONDS_TO_LOSE} s long") from None
