"""One test's own part of the shared backends: a database copied from a migrated one, an empty cache, no old topics."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from aiokafka.admin import AIOKafkaAdminClient
from redis.asyncio import Redis

from ratecard_shared.database import connected, migrate

FreshDatabase = Callable[[], AbstractAsyncContextManager[str]]
"""Makes an empty, migrated database and gives its URL while the block lasts."""

_NAME: Final = "ratecard_test_"


@asynccontextmanager
async def migrated_template(server_url: str) -> AsyncIterator[str]:
    """Give the name of a migrated database to copy; copying is many times faster than migrating."""
    async with _database(server_url) as url:
        await migrate(url, roles=True)
        yield urlsplit(url).path.removeprefix("/")


@asynccontextmanager
async def a_database(server_url: str, template: str) -> AsyncIterator[str]:
    """Give the URL of a copy of `template`, dropped at the end even while a test's services still hold on to it."""
    async with _database(server_url, template=template) as url:
        yield url


@asynccontextmanager
async def _database(server_url: str, *, template: str = "template0") -> AsyncIterator[str]:
    name = f"{_NAME}{secrets.token_hex(6)}"
    async with connected(server_url) as server:
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        async with connected(server_url) as server:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def an_empty_cache(redis_url: str) -> None:
    """Empty the database that `redis_url` names."""
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()


async def without_topics(servers: str, prefix: str) -> None:
    """Delete every topic whose name begins with `prefix`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
        if topics:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
