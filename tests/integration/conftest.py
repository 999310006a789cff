"""A registry for each test that asks for one; what is to be in it, or how it is set up, a test file says itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis
from registry_bench import Bench, a_bench
from registry_stage import Stage

from ratecard_shared.database import connected


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    """A registry in which nothing has happened."""
    async with a_bench(database_url, redis_url) as made:
        yield made


@pytest.fixture(scope="module")
async def stage(fresh_database: Any, backends: Any) -> AsyncIterator[Stage]:
    """A database for many examples, each in a transaction that is rolled back."""
    async with (
        fresh_database() as url,
        connected(url) as connection,
        Redis.from_url(backends.redis_url) as redis,
    ):
        yield Stage(connection, redis)
