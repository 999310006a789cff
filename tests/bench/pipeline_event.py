"""How soon a changed price is told: from `pricing.scraped` sent to `pricing.changed` received, one model.

What discovery and the scraper say is fed in; the enricher and the registry are real. The floor passes the same bytes
over the same three topics in one process, as many records each time, with a commit of as many rows where each of the
two services has one. What the relays mark afterwards nobody waits for: the floor has no commit for it.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pipeline_stage import Cluster, listening, running

from ratecard_shared.chunks import alone
from ratecard_shared.codec import encode
from ratecard_shared.events import (
    DiscoveredModel,
    ModelsDiscovered,
    PageRead,
    PricingScraped,
    SideOutcome,
    SyncStarted,
)
from ratecard_shared.prices import Evidence, PriceRow
from ratecard_shared.topics import MODEL_ENRICHED, MODELS_DISCOVERED, PRICING_CHANGED, PRICING_SCRAPED, SYNC_STARTED

_PROVIDER: Final = "made-up"
_MODEL: Final = "nimbus-1"
_URL: Final = "https://made-up.test/pricing"
_HOPS: Final = ((PRICING_SCRAPED.name, 1, 0), (MODEL_ENRICHED.name, 2, 7), (PRICING_CHANGED.name, 1, 16))
"""Topics in their order, with how many records the event is in each, and how many rows are committed before."""

_SECONDS_TO_SETTLE: Final = 0.7
"""Longer than an empty fetch is held: the one on its way leaves out the partition that was just read.

A listener asks for the next record before that, as services do: until it asks, aiokafka fetches nothing more for it.
"""
_SAY: Final = """
    INSERT INTO outbox (service, topic, key, event_id, body)
    SELECT 'bench', 't', 'k', 'e', $1 FROM generate_series(1, $2)
"""


def _said(number: int) -> dict[str, Any]:
    return {"event_id": f"e{number}", "sync_id": f"s{number}", "occurred_at": datetime.now(UTC), "provider": _PROVIDER}


def scraped(number: int) -> bytes:
    """Return the page's side of a sync: each has another price, a little above the one before."""
    now, amount = datetime.now(UTC), Decimal(1000 + number) / 1000
    sha256 = f"{number:064x}"
    evidence = Evidence(url=_URL, fetched_at=now, sha256=sha256, strategy="columns", text=f"{_MODEL} ${amount}")
    row = PriceRow(name=_MODEL, rates={"input": amount, "output": amount * 4}, evidence=evidence)
    page = PageRead(url=_URL, fetched_at=now, sha256=sha256, strategy="columns", rows=1)
    whole: dict[str, Any] = {"outcome": SideOutcome.COMPLETE, "chunk": alone(f"p{number}")}
    return encode(PricingScraped(**_said(number), **whole, prices=(row,), pages=(page,)))


async def _prepare(cluster: Cluster, producer: AIOKafkaProducer, number: int) -> None:
    started = SyncStarted(**_said(number), deadline=datetime.now(UTC) + timedelta(minutes=5))
    whole: dict[str, Any] = {"outcome": SideOutcome.COMPLETE, "chunk": alone(f"d{number}")}
    listed = ModelsDiscovered(**_said(number), **whole, models=(DiscoveredModel(id=_MODEL),))
    for topic, event in ((SYNC_STARTED, started), (MODELS_DISCOVERED, listed)):
        await producer.send_and_wait(cluster.named(topic.name), encode(event), key=_PROVIDER.encode())
    await asyncio.sleep(_SECONDS_TO_SETTLE)


async def ours(cluster: Cluster, folder: Path, rounds: int) -> float:
    """Return the median of that many rounds in milliseconds; the first is not counted."""
    folder.joinpath(f"{_PROVIDER}.toml").write_text(f'id = "{_PROVIDER}"\nname = "Made up"\n', encoding="utf-8")
    told = {"RATECARD_PROVIDERS": str(folder), "RATECARD_ENABLED_PROVIDERS": _PROVIDER}
    found = []
    async with (
        running(cluster, told, rooms=("enricher", "registry")),
        listening(cluster, PRICING_CHANGED.name) as listener,
        AIOKafkaProducer(bootstrap_servers=cluster.servers, acks="all") as producer,
    ):
        for number in range(rounds + 1):
            changed = asyncio.create_task(listener.getone())
            await _prepare(cluster, producer, number)
            body = scraped(number)
            async with asyncio.timeout(30):
                began = time.perf_counter()
                await producer.send(cluster.named(PRICING_SCRAPED.name), body, key=_PROVIDER.encode())
                await changed
                found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found[1:])


async def least(cluster: Cluster, rounds: int) -> float:
    """Return the median of as many hops and commits, in milliseconds; the first is not counted."""
    found = []
    async with AsyncExitStack() as until:
        connection = await asyncpg.connect(cluster.database_url)
        until.push_async_callback(connection.close)
        kafka: dict[str, Any] = {"bootstrap_servers": cluster.servers}
        producer = await until.enter_async_context(AIOKafkaProducer(**kafka, acks="all", enable_idempotence=True))
        listeners = [await until.enter_async_context(listening(cluster, topic)) for topic, _, _ in _HOPS]
        for number in range(rounds + 1):
            arrived = [
                asyncio.create_task(_take(listener, records))
                for listener, (_, records, _) in zip(listeners, _HOPS, strict=True)
            ]
            await asyncio.sleep(_SECONDS_TO_SETTLE)
            body = scraped(number)
            began = time.perf_counter()
            for (topic, records, rows), come in zip(_HOPS, arrived, strict=True):
                if rows:
                    async with connection.transaction():
                        await connection.execute(_SAY, body, rows)
                for _ in range(records):
                    await producer.send(cluster.named(topic), body, key=_PROVIDER.encode())
                await come
            found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found[1:])


async def _take(listener: AIOKafkaConsumer, records: int) -> None:
    for _ in range(records):
        await listener.getone()
