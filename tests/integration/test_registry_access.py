"""Keys and the audit log on PostgreSQL: what is kept, who is let in, how soon a revoked key stops, who did what."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from registry_bench import Bench, a_bench

from ratecard_registry import audit
from ratecard_registry.access import ADMINISTRATOR


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url, anonymous_read=False) as made:
        yield made


async def test_an_action_and_its_row_are_one_transaction(bench: Bench) -> None:
    async def act(*, fails: bool) -> None:
        async with bench.pool.acquire() as connection, connection.transaction():
            await audit.record(connection, ADMINISTRATOR, action="a.b", target="x\0y", details={"n": [1, {"m": "\0"}]})
            if fails:
                raise ValueError

    await act(fails=False)
    with pytest.raises(ValueError):  # noqa: PT011  # our own
        await act(fails=True)
    (row,) = await bench.pool.fetch("SELECT caller, key_id, action, target, details, outcome FROM audit_log")
    assert tuple(row) == ("administrator", "environment", "a.b", "xy", {"n": [1, {"m": ""}]}, "done")


async def test_what_was_asked_for_is_settled_once(bench: Bench) -> None:
    row = await audit.record(bench.pool, ADMINISTRATOR, action="a.b", target="", details={"n": 1}, outcome="asked")
    await audit.settle(bench.pool, row, target="it", outcome="done", more=2)
    await audit.settle(bench.pool, row, target="other", outcome="failed")
    (kept,) = await bench.pool.fetch("SELECT target, details, outcome FROM audit_log")
    assert tuple(kept) == ("it", {"n": 1, "more": 2}, "done")
