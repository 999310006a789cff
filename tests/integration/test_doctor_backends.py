"""`ratecard doctor` on real backends: all is well where it is, and what is missing is named with what makes it."""

from __future__ import annotations

import pytest

from ratecard_cli.doctor.finding import Finding, State
from ratecard_cli.doctor.kafka import look_at_kafka
from ratecard_cli.doctor.postgres import look_at_postgres
from ratecard_cli.doctor.redis import look_at_redis
from ratecard_shared.admin import create_topics
from ratecard_shared.database import connected, roll_back
from ratecard_shared.settings import KafkaSettings, load


def by_check(found: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in found}


async def test_a_migrated_database_is_well(environment: dict[str, str]) -> None:
    found = [finding async for finding in look_at_postgres(environment)]
    assert [finding.check for finding in found] == ["postgresql", "clock", "migrations", "roles"]
    assert {finding.state for finding in found} == {State.OK}
    assert "without TLS" in found[0].says


async def test_missing_migrations_are_named(environment: dict[str, str]) -> None:
    taken_back = await roll_back(environment["DATABASE_URL"], to="0008")
    found = by_check([finding async for finding in look_at_postgres(environment)])["migrations"]
    assert found.state is State.PROBLEM
    assert all(name in found.says for name in taken_back)
    assert "ratecard migrate" in found.do


async def test_a_newer_database_is_said(environment: dict[str, str]) -> None:
    async with connected(environment["DATABASE_URL"]) as connection:
        columns = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = '_pogo_migration' ORDER BY 1"
        )
        names = [row["column_name"] for row in columns]
        values = ["'9999-future'" if name.startswith("migration_") else name for name in names]
        await connection.execute(
            f"INSERT INTO _pogo_migration ({', '.join(names)}) SELECT {', '.join(values)} FROM _pogo_migration LIMIT 1"  # noqa: S608
        )
    found = by_check([finding async for finding in look_at_postgres(environment)])["migrations"]
    assert found.state is State.WARNING
    assert "9999-future" in found.says


async def test_a_wrong_password_is_a_problem(environment: dict[str, str]) -> None:
    url = environment["DATABASE_URL"].replace("ratecard:", "ratecard:wr0ng-", 1)
    [found] = [finding async for finding in look_at_postgres({**environment, "DATABASE_URL": url})]
    assert found.state is State.PROBLEM
    assert "wr0ng-" not in found.says


async def test_missing_topics_are_named_until_they_are_made(environment: dict[str, str], topic_prefix: str) -> None:
    before = by_check([finding async for finding in look_at_kafka(environment)])
    assert before["kafka"].state is State.OK
    assert before["topics"].state is State.PROBLEM
    assert f"{topic_prefix}sync.requested" in before["topics"].says
    await create_topics(load(KafkaSettings, environment))
    after = [finding async for finding in look_at_kafka(environment)]
    assert {finding.state for finding in after} == {State.OK}
    assert len(after) == 3


async def test_more_replicas_than_brokers_are_a_problem(environment: dict[str, str]) -> None:
    found = by_check([one async for one in look_at_kafka({**environment, "KAFKA_REPLICATION_FACTOR": "3"})])
    assert found["kafka"].state is State.PROBLEM


async def test_redis_says_its_version(environment: dict[str, str]) -> None:
    found = [finding async for finding in look_at_redis(environment)]
    assert [finding.state for finding in found] == [State.OK]


@pytest.mark.parametrize("look", [look_at_postgres, look_at_kafka, look_at_redis])
async def test_tls_that_the_server_does_not_speak_is_said(look: object, environment: dict[str, str]) -> None:
    assert callable(look)
    told = {
        **environment,
        "DATABASE_TLS": "true",
        "KAFKA_TLS": "true",
        "REDIS_URL": environment["REDIS_URL"].replace("redis://", "rediss://"),
    }
    found = [finding async for finding in look(told)]
    assert [finding.state for finding in found] != [State.OK]
    assert found[0].do
