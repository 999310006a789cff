"""Delivery on a real broker and database: dead letters untouched, outages waited for, the outbox in order and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from ratecard_shared import outbox
from ratecard_shared import service as service_module
from ratecard_shared.admin import create_topics
from ratecard_shared.codec import decode, encode
from ratecard_shared.database import open_pool
from ratecard_shared.events import AlertRaised
from ratecard_shared.kafka import Kafka
from ratecard_shared.patience import wait_between_empty_fetches
from ratecard_shared.service import Service
from ratecard_shared.settings import DatabaseSettings, KafkaSettings, load
from ratecard_shared.topics import ALERT_RAISED, SYNC_REQUESTED, dead_letters

GROUP = "scheduler-alerts"


def alert(number: int) -> AlertRaised:
    return AlertRaised(
        event_id=str(number),
        sync_id="",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        kind="test",
        severity="warning",
        summary=f"alert {number}",
        action="nothing",
    )


@pytest.fixture
async def settings(environment: dict[str, str]) -> KafkaSettings:
    made = load(KafkaSettings, environment)
    await create_topics(made)
    return made


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    yield pool
    await pool.close()


@asynccontextmanager
async def running(kafka: Kafka) -> AsyncIterator[None]:
    await kafka.start()
    wait_between_empty_fetches(kafka.broker)
    try:
        yield
    finally:
        kafka.stopping.set()
        await kafka.stop()


async def records(settings: KafkaSettings, topic: str, count: int) -> list[ConsumerRecord]:
    """Return the first records of a topic, and no more than came within a second after them."""
    consumer = AIOKafkaConsumer(
        settings.kafka_topic_prefix + topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []
        async with asyncio.timeout(30):
            while len(found) < count:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
        for batch in (await consumer.getmany(timeout_ms=1000)).values():
            found += batch
        return found
    finally:
        await consumer.stop()


async def test_a_malformed_record_is_set_aside_untouched_and_the_rest_goes_on(settings: KafkaSettings) -> None:
    kafka, seen = Kafka(settings, client_id="test"), asyncio.Queue[str]()

    async def handle(event: AlertRaised, _record: Any) -> None:
        await seen.put(event.summary)

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    async with running(kafka):
        topic = kafka.named(ALERT_RAISED.name)
        bad = b'{"kind": "\xff"'
        await producer.send_and_wait(topic, bad, key=b"k", partition=0, headers=[("odd", b"\xff\xfe"), ("even", b"2")])
        await kafka.publish(ALERT_RAISED, "k", alert(1))
        async with asyncio.timeout(30):
            assert await seen.get() == "alert 1"
        (dead,) = await records(settings, dead_letters(GROUP), 1)
    await producer.stop()
    assert dead.headers[:2] == (("odd", b"\xff\xfe"), ("even", b"2"))
    headers = {name: value.decode() for name, value in dead.headers[2:]}
    assert (dead.value, dead.key) == (bad, b"k")
    assert (headers["dlq-topic"], headers["dlq-partition"], headers["dlq-offset"]) == (topic, "0", "0")
    assert "AlertRaised" in headers["dlq-error"]


async def test_a_record_cannot_say_where_an_answer_goes(settings: KafkaSettings) -> None:
    kafka, seen = Kafka(settings, client_id="test"), asyncio.Queue[str]()

    async def handle(event: AlertRaised, _record: Any) -> str:
        await seen.put(event.summary)
        return "an answer"

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)  # type: ignore[arg-type]  # a handler that says too much
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    async with running(kafka):
        elsewhere = kafka.named(SYNC_REQUESTED.name)
        headers = [("reply_to", elsewhere.encode()), ("correlation_id", b"1")]
        for event in (alert(1), alert(2)):
            await producer.send_and_wait(kafka.named(ALERT_RAISED.name), encode(event), partition=0, headers=headers)
        async with asyncio.timeout(30):
            assert [await seen.get(), await seen.get()] == ["alert 1", "alert 2"]
        assert await records(settings, SYNC_REQUESTED.name, 0) == []
    await producer.stop()


async def test_a_record_whose_dependency_is_down_is_neither_lost_nor_set_aside(settings: KafkaSettings) -> None:
    kafka, seen, calls = Kafka(settings, client_id="test"), asyncio.Queue[str](), 0

    async def handle(event: AlertRaised, _record: Any) -> None:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise ConnectionRefusedError("the database is away")
        await seen.put(event.summary)

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    async with running(kafka):
        await kafka.publish(ALERT_RAISED, "k", alert(1))
        async with asyncio.timeout(30):
            assert await seen.get() == "alert 1"
    assert calls == 3


async def test_a_record_that_was_not_handled_comes_again_after_a_restart(settings: KafkaSettings) -> None:
    seen = asyncio.Queue[str]()
    asked = asyncio.Event()

    async def away(event: AlertRaised, _record: Any) -> None:
        if event.summary != "alert 0":  # the first record of a partition is committed as not begun, whatever comes
            asked.set()
            raise ConnectionRefusedError("the database is away")

    async def back(event: AlertRaised, _record: Any) -> None:
        await seen.put(event.summary)

    first, second = Kafka(settings, client_id="first"), Kafka(settings, client_id="second")
    first.consume(ALERT_RAISED, group=GROUP, handle=away)
    second.consume(ALERT_RAISED, group=GROUP, handle=back)
    async with running(first):
        for number in range(2):
            await first.publish(ALERT_RAISED, "k", alert(number))
        await asyncio.wait_for(asked.wait(), 30)
    async with running(second):
        async with asyncio.timeout(30):
            assert await seen.get() == "alert 1"


async def test_two_relays_publish_the_outbox_in_order_and_once(settings: KafkaSettings, pool: asyncpg.Pool) -> None:
    kafka, prefix = Kafka(settings, client_id="test"), settings.kafka_topic_prefix
    for number in range(50):
        async with pool.acquire() as connection, connection.transaction():
            await outbox.say(connection, service="test", topic=ALERT_RAISED, key="same", event=alert(number))
    with pytest.raises(RuntimeError, match="rolled back"):
        await said_and_rolled_back(pool)
    async with running(kafka):

        async def relay() -> int:
            return await outbox.relay(pool, kafka.producer, service="test", prefix=prefix, limit=20)

        counts = [await asyncio.gather(relay(), relay()) for _ in range(4)]
        found = await records(settings, ALERT_RAISED.name, 50)
    assert sum(map(sum, counts)) == 50
    summaries = [decode(record.value, AlertRaised).summary for record in found]
    assert summaries == [f"alert {number}" for number in range(50)]
    assert all(record.key == b"same" for record in found)


async def said_and_rolled_back(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await outbox.say(connection, service="test", topic=ALERT_RAISED, key="same", event=alert(99))
        raise RuntimeError("rolled back")


async def test_idle_consumers_do_not_spin(settings: KafkaSettings) -> None:
    kafka = Kafka(settings, client_id="test")

    async def handle(_event: Any, _record: Any) -> None:
        return

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    async with running(kafka):
        (subscriber,) = kafka.broker.subscribers
        client = subscriber.consumer._client  # type: ignore[attr-defined]  # noqa: SLF001  # nobody else counts requests
        asked = 0
        send = client.send

        async def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal asked
            asked += 1
            return await send(*args, **kwargs)

        client.send = counted
        await asyncio.sleep(2)
    assert asked < 100


async def test_a_static_member_that_died_has_its_place_back_at_once(settings: KafkaSettings) -> None:
    static = msgspec.structs.replace(settings, kafka_instance_id="laptop")
    seen = asyncio.Queue[str]()

    async def handle(event: AlertRaised, _record: Any) -> None:
        await seen.put(event.summary)

    killed, back = Kafka(static, client_id="first"), Kafka(static, client_id="second")
    for kafka in (killed, back):
        kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    await killed.broker.start()
    (subscriber,) = killed.broker.subscribers
    coordinator = subscriber.consumer._coordinator  # type: ignore[attr-defined]  # noqa: SLF001  # as kill -9: no good-bye
    coordinator._maybe_leave_group = _nothing  # noqa: SLF001  # as above
    await killed.broker.stop()
    async with running(back):
        await back.publish(ALERT_RAISED, "k", alert(1))
        async with asyncio.timeout(20):
            assert await seen.get() == "alert 1"


async def _nothing() -> None:
    return


async def test_what_a_handler_says_is_relayed_without_waiting_for_the_next_look(
    settings: KafkaSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_RELAY_SECONDS", 3600.0)
    kafka = Kafka(settings, client_id="test")
    service = Service("test", kafka=kafka, database_settings=DatabaseSettings(database_url=database_url))

    async def handle(event: AlertRaised, _record: Any) -> None:
        if event.summary == "alert 1":
            async with service.pool.acquire() as connection, connection.transaction():
                await outbox.say(connection, service="test", topic=ALERT_RAISED, key="k", event=alert(2))

    kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    async with service.running():
        async with asyncio.timeout(30):
            while service.state != "running":  # noqa: ASYNC110  # it tells its state to who asks
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)  # the first look at the outbox finds nothing
        await kafka.publish(ALERT_RAISED, "k", alert(1))
        found = await records(settings, ALERT_RAISED.name, 2)
    assert [decode(record.value, AlertRaised).summary for record in found] == ["alert 1", "alert 2"]
