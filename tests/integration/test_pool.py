"""The pool of connections to PostgreSQL: a question is one round trip, and nobody finds what another left behind."""

from __future__ import annotations

import pytest

from ratecard_shared.database import open_pool
from ratecard_shared.settings import DatabaseSettings

pytestmark = pytest.mark.backends


async def test_a_connection_is_given_back_without_a_question_and_without_a_transaction(database_url: str) -> None:
    asked: list[str] = []
    async with await open_pool(DatabaseSettings(database_url=database_url, database_pool_size=1)) as pool:
        async with pool.acquire() as connection:
            connection._con.add_query_logger(lambda record: asked.append(record.query))  # noqa: SLF001  # it is a proxy
            assert await connection.fetchval("SELECT 1") == 1
        assert await pool.fetchval("SELECT 2") == 2
        assert asked == ["SELECT 1", "SELECT 2"]
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")
            await connection.execute("CREATE TABLE left_behind ()")
        async with pool.acquire() as connection:
            assert not connection.is_in_transaction()
            assert await connection.fetchval("SELECT to_regclass('left_behind')") is None
