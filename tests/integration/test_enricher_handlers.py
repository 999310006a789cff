"""The enricher's handlers on a real database: whatever comes first, twice or late, each join is closed as promised."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest
from opentelemetry.trace import StatusCode
from recorded_spans import recording

from ratecard_enricher.handlers import Enricher
from ratecard_providers.spec import Provider
from ratecard_shared.codec import decode
from ratecard_shared.database import open_pool
from ratecard_shared.delivery import PermanentError
from ratecard_shared.events import (
    Chunk,
    DiscoveredModel,
    Enriched,
    ModelEnriched,
    ModelsDiscovered,
    PageRead,
    PricingScraped,
    ProviderEnriched,
    SideOutcome,
    SyncStarted,
)
from ratecard_shared.prices import PriceRow
from ratecard_shared.roles import ROLES, acting_as
from ratecard_shared.settings import DatabaseSettings
from ratecard_shared.tracing import root

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROVIDER = Provider(id="acme", name="Acme")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(DatabaseSettings(database_url=acting_as(ROLES["enricher"], database_url)))
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def enricher(pool: asyncpg.Pool, clock: Clock) -> Enricher:
    return Enricher(providers={"acme": PROVIDER}, pool=lambda: pool, now=clock)


STARTED = SyncStarted(
    event_id="s1", sync_id="sync", occurred_at=START, provider="acme", deadline=START + timedelta(minutes=5)
)
DISCOVERED = ModelsDiscovered(
    event_id="d1",
    sync_id="sync",
    occurred_at=START,
    provider="acme",
    outcome=SideOutcome.COMPLETE,
    chunk=Chunk(attempt_id="a", index=0, total=1, digest="x"),
    models=(DiscoveredModel(id="acme-large-2"), DiscoveredModel(id="acme-mini")),
)
SCRAPED = PricingScraped(
    event_id="p1",
    sync_id="sync",
    occurred_at=START,
    provider="acme",
    outcome=SideOutcome.COMPLETE,
    chunk=Chunk(attempt_id="b", index=0, total=1, digest="y"),
    prices=(PriceRow(name="Acme Large 2", rates={"input": Decimal("1.25"), "output": Decimal(10)}),),
    pages=(PageRead(url="https://acme.example/pricing", fetched_at=START, rows=1),),
)


async def said(pool: asyncpg.Pool) -> list[Any]:
    rows = await pool.fetch("SELECT body FROM outbox WHERE service = 'enricher' ORDER BY id")
    return [decode(row["body"], Enriched) for row in rows]


async def give(enricher: Enricher, event: Any) -> None:
    handle: dict[Any, Any] = {
        SyncStarted: enricher.on_started,
        ModelsDiscovered: enricher.on_discovered,
        PricingScraped: enricher.on_scraped,
    }
    await handle[type(event)](event)


@pytest.mark.parametrize("order", list(itertools.permutations((STARTED, DISCOVERED, SCRAPED))))
async def test_any_order_and_repeats_give_one_join(enricher: Enricher, pool: asyncpg.Pool, order: Any) -> None:
    for event in order:
        await give(enricher, event)
        await give(enricher, event)
    *models, closing = await said(pool)
    assert [model.model.id for model in models] == ["acme-large-2", "acme-mini"]
    assert models[0].model.prices[0].rates == {"input": Decimal("1.25"), "output": Decimal(10)}
    assert models[1].model.prices == ()
    assert isinstance(closing, ProviderEnriched)
    assert (closing.generation, closing.model_ids) == (1, ("acme-large-2", "acme-mini"))
    assert closing.unpriced_ids == ("acme-mini",)


async def test_two_sides_that_speak_at_once_are_joined(enricher: Enricher, pool: asyncpg.Pool) -> None:
    for number in range(10):
        what = {"sync_id": f"sync-{number}"}
        await enricher.on_started(msgspec.structs.replace(STARTED, event_id=f"s{number}", **what))
        await asyncio.gather(
            enricher.on_discovered(msgspec.structs.replace(DISCOVERED, event_id=f"d{number}", **what)),
            enricher.on_scraped(msgspec.structs.replace(SCRAPED, event_id=f"p{number}", **what)),
        )
    closings = [event.sync_id for event in await said(pool) if isinstance(event, ProviderEnriched)]
    assert closings == [f"sync-{number}" for number in range(10)]


async def test_a_side_that_never_speaks_is_closed_at_the_deadline(
    enricher: Enricher, pool: asyncpg.Pool, clock: Clock
) -> None:
    await enricher.on_started(STARTED)
    await enricher.on_discovered(DISCOVERED)
    await enricher.sweep()
    assert await said(pool) == []
    clock.now = STARTED.deadline + timedelta(seconds=1)
    await enricher.sweep()
    await enricher.sweep()
    *models, closing = await said(pool)
    assert closing.pricing.outcome == "missing"
    assert [model.model.prices for model in models] == [None, None]


async def test_what_the_deadline_closes_goes_on_with_the_trace_of_its_start(
    enricher: Enricher, pool: asyncpg.Pool, clock: Clock
) -> None:
    with recording() as recorded:
        with root("sync.started process"):
            await enricher.on_started(STARTED)
        clock.now = STARTED.deadline + timedelta(seconds=1)
        await enricher.sweep()
        await enricher.sweep()
    start, deadline, join = (recorded.named(name) for name in ("sync.started process", "deadline", "join"))
    assert start.context.trace_id == deadline.context.trace_id == join.context.trace_id
    assert deadline.status.status_code is StatusCode.ERROR
    assert (join.attributes or {})["ratecard.sync_id"] == STARTED.sync_id
    closing = await pool.fetchval("SELECT headers FROM outbox ORDER BY id DESC LIMIT 1")
    assert f"{start.context.trace_id:032x}" in closing["traceparent"]


async def test_a_side_after_the_deadline_is_the_next_generation(
    enricher: Enricher, pool: asyncpg.Pool, clock: Clock
) -> None:
    await enricher.on_started(STARTED)
    await enricher.on_discovered(DISCOVERED)
    clock.now = STARTED.deadline + timedelta(seconds=1)
    await enricher.sweep()
    await enricher.on_scraped(SCRAPED)
    first, second = [event for event in await said(pool) if isinstance(event, ProviderEnriched)]
    assert (first.generation, second.generation) == (1, 2)
    assert second.pricing.outcome == "complete"
    priced = [event for event in await said(pool) if isinstance(event, ModelEnriched) and event.generation == 2]
    assert priced[0].model.prices


async def test_chunks_of_two_attempts_are_never_mixed(enricher: Enricher, pool: asyncpg.Pool) -> None:
    await enricher.on_started(STARTED)
    await enricher.on_discovered(DISCOVERED)
    for attempt, index in (("one", 0), ("two", 1)):
        part = PricingScraped(
            event_id=f"{attempt}{index}",
            sync_id="sync",
            occurred_at=START,
            provider="acme",
            outcome=SideOutcome.COMPLETE,
            chunk=Chunk(attempt_id=attempt, index=index, total=2, digest="same"),
        )
        await enricher.on_scraped(part)
    assert await said(pool) == []


async def test_known_ids_serve_when_discovery_fails(enricher: Enricher, pool: asyncpg.Pool) -> None:
    for event in (STARTED, DISCOVERED, SCRAPED):
        await give(enricher, event)
    later = START + timedelta(hours=1)
    started = SyncStarted(
        event_id="s2", sync_id="next", occurred_at=later, provider="acme", deadline=later + timedelta(minutes=5)
    )
    failed = ModelsDiscovered(
        event_id="d2",
        sync_id="next",
        occurred_at=later,
        provider="acme",
        outcome=SideOutcome.FAILED,
        error="HTTP 500",
        chunk=Chunk(attempt_id="c", index=0, total=1, digest="z"),
    )
    scraped = PricingScraped(
        event_id="p2",
        sync_id="next",
        occurred_at=later,
        provider="acme",
        outcome=SideOutcome.COMPLETE,
        chunk=Chunk(attempt_id="d", index=0, total=1, digest="y"),
        prices=SCRAPED.prices,
        pages=SCRAPED.pages,
    )
    for event in (started, failed, scraped):
        await give(enricher, event)
    closing = (await said(pool))[-1]
    assert closing.model_ids == ("acme-large-2", "acme-mini")
    assert closing.discovery.outcome == "failed"
    assert closing.errors[0].stage == "discovery"


async def test_a_provider_without_a_file_is_never_joined(enricher: Enricher, pool: asyncpg.Pool) -> None:
    for event in (STARTED, DISCOVERED, SCRAPED):
        with pytest.raises(PermanentError, match="no provider file for nope"):
            await give(enricher, msgspec.structs.replace(event, provider="nope"))
    assert await pool.fetchval("SELECT count(*) FROM joins") == 0
