"""Reads for many who ask at once: while one reading runs, what is asked for meanwhile waits for the next, of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Calls `read` with the keys of all who wait. Who asks gets what was read after that, or the error of reading."""

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        """Wire it."""
        self._read = read
        self._one_reads = asyncio.Lock()
        self._keys: set[K] = set()
        self._next: asyncio.Future[Mapping[K, V]] | None = None

    async def get(self, keys: Collection[K]) -> Mapping[K, V]:
        """Return what was read of these keys, and of others'."""
        self._keys.update(keys)
        if self._next is None:
            self._next = asyncio.ensure_future(self._take_turn())
            # Whoever asked may have gone: then nobody else looks at the error.
            self._next.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(self._next)

    async def _take_turn(self) -> Mapping[K, V]:
        async with self._one_reads:
            keys, self._keys, self._next = self._keys, set(), None
            return await self._read(keys)
