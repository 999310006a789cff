"""Migrations go forward and step by step back: each step leaves the schema of the one before, and loses no row."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from backends_isolation import a_database
from registry_bench import a_bench
from registry_events import closing, day, enriched, model, price
from schema_text import schema_text

from ratecard_cli.__main__ import run
from ratecard_cli.laptop.backends import Backends
from ratecard_shared import database
from ratecard_shared.database import LossError, connected, migrate, roll_back

NAMES = sorted(path.stem for path in database.MIGRATIONS.glob("*.sql"))
PARTITIONED = next(name for name in NAMES if name.endswith("history-partitions"))
BEFORE_PARTITIONS = NAMES[NAMES.index(PARTITIONED) - 1]


@pytest.fixture
async def empty_url(backends: Backends) -> AsyncIterator[str]:
    """A database without any table."""
    async with a_database(backends.database_url, "template0") as url:
        yield url


async def schema(url: str) -> list[str]:
    async with connected(url) as connection:
        return await schema_text(connection)


async def _nothing(_connection: Any, *, make: bool) -> None:
    assert not make


async def test_each_step_back_leaves_the_schema_before_it(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path)
    monkeypatch.setattr(database, "grant", _nothing)  # what the roles may do is of the whole schema
    schemas = [await schema(empty_url)]
    assert schemas == [[]]
    for name in NAMES:
        shutil.copy(Path(database.__file__).parent / "migrations" / f"{name}.sql", tmp_path)
        assert await migrate(empty_url) == (name,)
        schemas.append(await schema(empty_url))
    for number in range(len(NAMES) - 1, -1, -1):
        to = NAMES[number - 1] if number else database.NOTHING
        assert await roll_back(empty_url, to=to) == (NAMES[number],)
        assert await schema(empty_url) == schemas[number], f"after {NAMES[number]} was taken back"
    assert await migrate(empty_url) == tuple(NAMES)
    assert await schema(empty_url) == schemas[-1]


async def lived(url: str, redis_url: str) -> None:
    """Fill the database with what syncs leave: prices that changed, were misread, are announced, are in force."""
    async with a_bench(url, redis_url) as bench:
        for on, amount in enumerate(["1", "2", "3", "4"]):
            soon = price(str(on + 9), tier="batch", effective_from=day(on + 30).date())
            await bench.sync(on, enriched(model(prices=[price(amount), soon]), on=on), closing("swift-1", on=on))


async def rows(url: str, table: str) -> list[Any]:
    async with connected(url) as connection:
        found = await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2, 3")  # noqa: S608  # a name of this file
        return [tuple(row) for row in found]


async def test_every_row_of_the_history_survives_the_step_back_and_forward(database_url: str, redis_url: str) -> None:
    await lived(database_url, redis_url)
    before = await rows(database_url, "pricing_history")
    assert {row[13] is None for row in before} == {True, False}, "some prices ended and some did not"
    await roll_back(database_url, to=BEFORE_PARTITIONS, losing=True)
    assert await rows(database_url, "pricing_history") == before
    assert [row[0] for row in await rows(database_url, "pg_partitioned_table")] == []
    await migrate(database_url)
    assert await rows(database_url, "pricing_history") == before
    async with a_bench(database_url, redis_url) as bench:
        await bench.sync(9, enriched(model(prices=[price("7")]), on=9), closing("swift-1", on=9))
    after = await rows(database_url, "pricing_history")
    assert len(after) > len(before)
    assert len({row[0] for row in after}) == len(after)
    assert max(row[0] for row in after) > max(row[0] for row in before)


async def test_a_year_that_prices_ended_in_has_its_partition_after_the_migration(
    database_url: str, redis_url: str
) -> None:
    await lived(database_url, redis_url)
    await roll_back(database_url, to=BEFORE_PARTITIONS, losing=True)
    await migrate(database_url)
    async with connected(database_url) as connection:
        lies_in = {
            row["part"]: row["open"]
            for row in await connection.fetch(
                "SELECT DISTINCT tableoid::regclass::text AS part, end_date IS NULL AS open FROM pricing_history"
            )
        }
    assert lies_in == {"pricing_history_open": True, f"pricing_history_{day(0).year}": False}


async def test_a_step_back_that_would_lose_rows_is_refused(database_url: str, redis_url: str) -> None:
    await lived(database_url, redis_url)
    models = await rows(database_url, "models")
    with pytest.raises(LossError, match=r"\bmodels\b"):
        await roll_back(database_url, to="0003")
    assert await rows(database_url, "models") == models
    assert await database.migrate(database_url) == ()
    await roll_back(database_url, to=database.NOTHING, losing=True)
    assert await schema(database_url) == []


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["migrate", *arguments])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_the_command_steps_back_and_says_what_it_did(
    database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    code, shown = said(capsys, "--back-to", BEFORE_PARTITIONS[:4])
    assert (code, f"taken back {PARTITIONED}" in shown) == (0, True)
    code, shown = said(capsys)
    assert (code, f"applied {PARTITIONED}" in shown) == (0, True)
    code, shown = said(capsys, "--back-to", NAMES[-1])
    assert (code, "There is nothing to take back." in shown) == (0, True)
    code, shown = said(capsys, "--back-to", "9999")
    assert code != 0
    assert "No migration 9999 was applied" in shown


async def test_a_migration_that_fails_is_one_line_and_changes_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(database.MIGRATIONS, tmp_path / "m")
    (tmp_path / "m" / "9998-wrong.sql").write_text(
        f"-- Wrong.\n-- depends: {NAMES[-1]}\n\n-- migrate: apply\nCREATE TABLE a_first_part (a int);\n"
        "DROP TABLE not_there;\n-- migrate: rollback\nDROP TABLE a_first_part;\n"
    )
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path / "m")
    before = await schema(database_url)
    with pytest.raises(Exception, match="Failed to apply 9998-wrong"):
        await migrate(database_url)
    assert await schema(database_url) == before
