"""A registry for properties: every example runs in one transaction that is rolled back, with an empty cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from redis.asyncio import Redis
from registry_bench import Bench
from registry_events import day


class OneConnection:
    """A pool of one connection, so that everything happens in the example's transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def acquire(self) -> Lent:
        return Lent(self._connection)

    async def release(self, _connection: asyncpg.Connection) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Lent:
    """What a pool lends: to be awaited, or to be entered."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def __await__(self) -> Generator[Any, None, asyncpg.Connection]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> asyncpg.Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        return None


class Stage:
    """Gives each example a registry that forgets everything afterwards."""

    def __init__(self, connection: asyncpg.Connection, redis: Redis, **more: Any) -> None:
        self.connection = connection
        self.bench = Bench(OneConnection(connection), redis, **more)

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[Bench]:
        transaction = self.connection.transaction()
        await transaction.start()
        await self.bench.redis.flushdb()
        self.bench.forget()
        self.bench.now = day(0)
        try:
            yield self.bench
        finally:
            await transaction.rollback()
