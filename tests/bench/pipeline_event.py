"""How soon a changed price is told: from `pricing.scraped` sent to `pricing.changed` received, one model.

What discovery and the scraper say is fed in; the enricher and the registry are real. The floor passes the same bytes
over the same three topics in one process, with a row and a commit where each of the two services has one.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
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
_HOPS: Final = (PRICING_SCRAPED.name, MODEL_ENRICHED.name, PRICING_CHANGED.name)
_SECONDS_TO_SETTLE: Final = 0.7
"""Longer than an empty fetch is held: the one on its way leaves out the partition that was just read."""
_SAY: Final = "INSERT INTO outbox (service, topic, key, event_id, body) VALUES ('bench', 't', 'k', 'e', $1)"


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
            await _prepare(cluster, producer, number)
            body = scraped(number)
            async with asyncio.timeout(30):
                began = time.perf_counter()
                await producer.send(cluster.named(PRICING_SCRAPED.name), body, key=_PROVIDER.encode())
                await listener.getone()
                found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found[1:])


async def least(cluster: Cluster, rounds: int) -> float:
    """Return the median of as many hops and commits, in milliseconds."""
    connection = await asyncpg.connect(cluster.database_url)
    topics = [cluster.named(name) for name in _HOPS]
    found = []
    try:
        async with AIOKafkaProducer(bootstrap_servers=cluster.servers, acks="all") as producer:
            consumers = [
                AIOKafkaConsumer(topic, bootstrap_servers=cluster.servers, auto_offset_reset="earliest")
                for topic in topics
            ]
            for consumer in consumers:
                await consumer.start()
            for number in range(rounds + 1):
                await asyncio.sleep(_SECONDS_TO_SETTLE)
                body = scraped(number)
                began = time.perf_counter()
                await _pass_on(producer, consumers, topics, connection, body)
                found.append((time.perf_counter() - began) * 1000)
            for consumer in consumers:
                await consumer.stop()
    finally:
        await connection.close()
    return statistics.median(found[1:])


async def _pass_on(
    producer: AIOKafkaProducer,
    consumers: Sequence[AIOKafkaConsumer],
    topics: Sequence[str],
    connection: asyncpg.Connection,
    body: bytes,
) -> None:
    """Send and receive over each topic in turn, with a commit before each but the first."""
    for number, (consumer, topic) in enumerate(zip(consumers, topics, strict=True)):
        if number:
            async with connection.transaction():
                await connection.execute(_SAY, body)
        await producer.send(topic, body, key=_PROVIDER.encode())
        await consumer.getone()
