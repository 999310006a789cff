"""The backends that every integration test stands on, and that two tests cannot see each other's part of them."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from backends_isolation import FreshDatabase
from redis.asyncio import Redis

from ratecard_cli.laptop.backends import Backends
from ratecard_shared.database import connected


async def test_a_database_is_migrated_and_empty(database_url: str) -> None:
    async with connected(database_url) as connection:
        tables = {row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables")}
        assert "models" in tables
        assert await connection.fetchval("SELECT count(*) FROM models") == 0


async def test_two_databases_do_not_see_each_other(fresh_database: FreshDatabase) -> None:
    async with fresh_database() as one, fresh_database() as other:
        async with connected(one) as connection:
            await connection.execute("CREATE TABLE only_here (id int)")
        async with connected(other) as connection:
            assert await connection.fetchval("SELECT to_regclass('only_here')") is None


async def test_the_cache_is_empty_for_each_test(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        assert await redis.dbsize() == 0
        await redis.set("left", "behind")


async def test_the_cache_forgets_the_test_before(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        assert await redis.get("left") is None


async def test_the_broker_keeps_what_was_sent(backends: Backends, topic_prefix: str) -> None:
    topic = f"{topic_prefix}said"
    admin = AIOKafkaAdminClient(bootstrap_servers=backends.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=backends.kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key", headers=[("h", b"\xff")])
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=backends.kafka, group_id=f"{topic_prefix}group", auto_offset_reset="earliest"
    )
    async with consumer:
        record = await consumer.getone()
    assert (record.key, record.value, list(record.headers)) == (b"key", b"value", [("h", b"\xff")])
