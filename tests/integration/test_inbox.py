"""The inbox forgets by age, and an event that it may have forgotten is refused: nothing is ever applied twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ratecard_shared import inbox
from ratecard_shared.database import open_pool
from ratecard_shared.delivery import PermanentError
from ratecard_shared.roles import ROLES, acting_as
from ratecard_shared.settings import DatabaseSettings

NOW = datetime.now(UTC)


def ago(hours: int) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    made = await open_pool(DatabaseSettings(database_url=acting_as(ROLES["enricher"], database_url)))
    yield made
    await made.close()


async def received(pool: asyncpg.Pool, event: str, *, hours: int, consumer: str = "enricher-pricing") -> None:
    await pool.execute(
        "INSERT INTO inbox (consumer, event_id, received_at) VALUES ($1, $2, $3)", consumer, event, ago(hours)
    )


async def known(pool: asyncpg.Pool) -> set[str]:
    return {row["event_id"] for row in await pool.fetch("SELECT event_id FROM inbox")}


async def test_what_is_old_goes_and_its_repeat_is_refused(pool: asyncpg.Pool) -> None:
    await received(pool, "old", hours=24 * 31)
    await received(pool, "young", hours=24 * 29)
    await inbox.forget(pool, service="enricher", days=30)
    assert await known(pool) == {"young"}
    async with pool.acquire() as connection:
        with pytest.raises(PermanentError, match="it may have been applied already"):
            await inbox.first_time(connection, "enricher-pricing", "old", said_at=ago(24 * 31))
        with pytest.raises(PermanentError):
            await inbox.first_times(connection, "enricher-pricing", [("new", NOW), ("old-2", ago(24 * 31))])
        assert not await inbox.first_time(connection, "enricher-pricing", "young", said_at=ago(24 * 29))
        assert await inbox.first_time(connection, "enricher-pricing", "late", said_at=ago(24 * 29))
        assert await inbox.first_time(connection, "enricher", "another consumer", said_at=ago(24 * 31))


async def test_nothing_is_forgotten_unasked_or_of_another_service(pool: asyncpg.Pool) -> None:
    await received(pool, "old", hours=24 * 1000)
    await inbox.forget(pool, service="enricher", days=0)
    await inbox.forget(pool, service="registry-api", days=1)
    assert await known(pool) == {"old"}
    assert await pool.fetchval("SELECT count(*) FROM inbox_forgotten") == 0


deliveries = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["deliver", "deliver", "forget"]), st.integers(1, 5)),
    max_size=20,
)
"""An event is delivered, or its service forgets what is older than so many days."""


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(course=deliveries, hours=st.fixed_dictionaries({event: st.integers(0, 24 * 6) for event in "abcd"}))
async def test_no_event_is_applied_twice_however_it_comes_and_is_forgotten(
    pool: asyncpg.Pool, course: Any, hours: dict[str, int]
) -> None:
    await pool.execute("DELETE FROM inbox")
    await pool.execute("DELETE FROM inbox_forgotten")
    applied = []
    for event, step, days in course:
        if step == "forget":
            await inbox.forget(pool, service="enricher", days=days)
            continue
        try:
            async with pool.acquire() as connection, connection.transaction():
                if await inbox.first_time(connection, "enricher", event, said_at=ago(hours[event])):
                    applied.append(event)
        except PermanentError:
            continue
        # As if it had been received right when it was said: the earliest that it can be forgotten.
        await pool.execute("UPDATE inbox SET received_at = $2 WHERE event_id = $1", event, ago(hours[event]))
    assert len(applied) == len(set(applied))
