"""The sample consumer in docs/consumer, run as its readers would, on a real broker that repeats and reorders."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from registry_events import START

from ratecard_shared.admin import create_topics
from ratecard_shared.codec import encode
from ratecard_shared.events import PriceChangeKind, PriceSaid, PricingChanged
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import PRICING_CHANGED

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "events" / "examples" / "pricing.changed"

pytestmark = pytest.mark.slow


def said(revision: int, amount: str, *, kind: PriceChangeKind = PriceChangeKind.CHANGED, **fields: Any) -> bytes:
    new = None if kind is PriceChangeKind.WITHDRAWN else PriceSaid(rates={"input": Decimal(amount)})
    known = {"provider": "acme", "model_id": "swift-1", "effective_date": START, "new": new, **fields}
    event = PricingChanged(
        event_id=f"e{revision}", sync_id="s", occurred_at=START, revision=revision, kind=kind, **known
    )
    return encode(event)


class Follower:
    """The consumer as a process, and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, word: str) -> list[str]:
        """Return the lines up to the one with this word."""
        lines: list[str] = []
        assert self._process.stdout
        while not lines or word not in lines[-1]:
            line = await asyncio.wait_for(self._process.stdout.readline(), 60)
            assert line, lines
            lines.append(line.decode().strip())
        return lines


@pytest.fixture
async def settings(environment: dict[str, str]) -> KafkaSettings:
    made = load(KafkaSettings, environment)
    await create_topics(made)
    return made


@asynccontextmanager
async def following(settings: KafkaSettings, state: Path, group: str = "copy") -> AsyncIterator[Follower]:
    prefix = settings.kafka_topic_prefix
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "docs" / "consumer" / "consumer.py")),
        *("--kafka", settings.kafka_bootstrap_servers, "--topic", prefix + PRICING_CHANGED.name),
        *("--group", prefix + group, "--state", str(state)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Follower(process)
    finally:
        process.kill()
        await process.wait()


async def publish(settings: KafkaSettings, bodies: Sequence[bytes | None]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    try:
        for body in bodies:
            await producer.send_and_wait(settings.kafka_topic_prefix + PRICING_CHANGED.name, body, key=b"acme/swift-1")
    finally:
        await producer.stop()


def end(number: int) -> bytes:
    return said(1, "1", model_id=f"end-{number}")


async def test_repeats_and_late_ones_are_dropped_also_after_a_kill(settings: KafkaSettings, tmp_path: Path) -> None:
    first = said(1, "1.25", kind=PriceChangeKind.FIRST_SEEN)
    announced = said(4, "9", kind=PriceChangeKind.SCHEDULED, effective_date=START + timedelta(days=9))
    before = [first, first, said(3, "1.75"), said(2, "1.5"), announced, said(2, "0.6", tier="batch"), None, b"{", first]
    after = [*before[:4], said(6, "1.75", kind=PriceChangeKind.WITHDRAWN), said(5, "8"), announced, said(7, "2")]
    state = tmp_path / "prices.db"
    async with following(settings, state) as follower:
        await publish(settings, [*before, end(1)])
        taken = await follower.until("end-1")
    assert [line.partition(" (")[0] for line in taken[:-1]] == [
        "first_seen acme/swift-1 r1",
        "changed acme/swift-1 r3",
        "scheduled acme/swift-1 r4",
        "changed acme/swift-1 r2",  # of the batch tier: another price
    ]
    await publish(settings, [*after, end(2)])
    # Another group has no place in the topic yet: all of it comes again.
    async with following(settings, state, "another") as follower:
        again = await follower.until("end-2")
    assert [line.partition(" (")[0] for line in again[:-1]] == [
        "withdrawn acme/swift-1 r6",
        "changed acme/swift-1 r7",
    ]
    assert again[-2].endswith("none -> input 2")
    with sqlite3.connect(state) as kept:
        rows = kept.execute("SELECT tier, announced_for, revision, kind, rates FROM prices WHERE model_id = 'swift-1'")
        assert sorted(rows) == [
            ("batch", "", 2, "changed", '{"input": "0.6"}'),
            ("standard", "", 7, "changed", '{"input": 2}'),
            ("standard", "2031-03-10T02:00:00Z", 4, "scheduled", '{"input": 9}'),
        ]


async def test_every_example_of_the_contract_is_understood(settings: KafkaSettings, tmp_path: Path) -> None:
    examples = sorted(EXAMPLES.glob("*.json"))
    await publish(settings, [*(file.read_bytes() for file in examples), end(1)])
    async with following(settings, tmp_path / "prices.db") as follower:
        taken = await follower.until("end-1")
    kinds = {line.partition(" ")[0] for line in taken}
    assert {kind.value for kind in PriceChangeKind} == kinds
