"""PostgreSQL: one pool per service, named queries from .sql files, and the numbered migrations.

JSON columns take and give Python values, with every number exact.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiosql
import asyncpg
import msgspec
from pogo_core.util import migrate as pogo

from ratecard_shared.settings import DatabaseSettings

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 7_246_001
_LOG: Final = logging.getLogger(__name__)
_TO_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_FROM_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)


def queries(path: Path) -> Any:
    """Return the named queries of a .sql file, to be called with a connection or a pool."""
    return aiosql.from_path(path, "asyncpg")


def tls_context(settings: DatabaseSettings) -> ssl.SSLContext | bool:
    """Return how to connect: False for plain text, else a context that verifies the server's certificate."""
    if not settings.database_tls:
        return False
    return ssl.create_default_context(cafile=settings.database_tls_ca or None)


async def open_pool(settings: DatabaseSettings) -> asyncpg.Pool:
    """Return a pool whose connections speak JSON. Raises OSError or asyncpg.PostgresError if none can be had."""
    return await asyncpg.create_pool(
        settings.database_url,
        ssl=tls_context(settings),
        min_size=1,
        max_size=settings.database_pool_size,
        init=_speak_json,
        command_timeout=60,
    )


async def _speak_json(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind,
            schema="pg_catalog",
            encoder=lambda value: _TO_JSON.encode(value).decode(),
            decoder=_FROM_JSON.decode,
        )


@asynccontextmanager
async def connected(database_url: str, *, tls: ssl.SSLContext | bool = False) -> AsyncIterator[asyncpg.Connection]:
    """Give one connection outside any pool, for commands and tests."""
    connection = await asyncpg.connect(database_url, ssl=tls)
    try:
        await _speak_json(connection)
        yield connection
    finally:
        await connection.close()


async def migrate(database_url: str, *, tls: ssl.SSLContext | bool = False) -> tuple[str, ...]:
    """Bring the schema up to date and return the migrations that were applied. Several at once wait for each other."""
    async with connected(database_url, tls=tls) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        before = await _applied(connection)
        await pogo.apply(connection, MIGRATIONS, schema_name="public", logger=_LOG)
        return tuple(sorted(await _applied(connection) - before))


async def _applied(connection: asyncpg.Connection) -> set[str]:
    if await connection.fetchval("SELECT to_regclass('public._pogo_migration')") is None:
        return set()
    return {row["migration_id"] for row in await connection.fetch("SELECT migration_id FROM public._pogo_migration")}


async def missing_migrations(pool: asyncpg.Pool) -> tuple[str, ...]:
    """Return the migrations that the database still lacks."""
    async with pool.acquire() as connection:
        done = await _applied(connection)
    return tuple(sorted(path.stem for path in MIGRATIONS.glob("*.sql") if path.stem not in done))
