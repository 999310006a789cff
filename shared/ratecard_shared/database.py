"""PostgreSQL: one pool per service, named queries from .sql files, and the numbered migrations.

JSON columns take and give Python values, with every number exact.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosql
import asyncpg
import msgspec
from aiosql.adapters.asyncpg import AsyncPGAdapter
from opentelemetry.trace import SpanKind
from pogo_core.util import migrate as pogo

from ratecard_shared.roles import grant
from ratecard_shared.settings import DatabaseSettings
from ratecard_shared.tracing import traced

MIGRATIONS: Final = Path(__file__).parent / "migrations"
NOTHING: Final = "0000"
"""What is before the first migration."""

_MIGRATION_LOCK: Final = 7_246_001
_DROPPED: Final = re.compile(r"^DROP TABLE (\w+);", re.MULTILINE)
_LOG: Final = logging.getLogger(__name__)
_TO_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_FROM_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)


SERVER: Final = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""What the server is told of each session. A client whose machine is gone says nothing: its open transaction would
hold the relay's lock, and its rows', for hours."""

T = TypeVar("T")


class UnknownMigrationError(Exception):
    """There is no such migration in the database."""


class LossError(Exception):
    """A step back would drop tables that have rows: their names."""


@functools.cache
def queries(path: Path) -> Any:
    """Return the named queries of a .sql file, to be called with a connection or a pool. Each file is read once."""
    adapter: Any = _Asking
    return aiosql.from_path(path, adapter)


class _Asking(AsyncPGAdapter):
    """Asks pools and connections alike; aiosql's own looks by `dir()`, with each query, which of them it was given."""

    async def select(
        self, conn: Any, name: str, sql: str, parameters: dict[str, Any], _class: Any = None
    ) -> AsyncIterator[asyncpg.Record]:
        for row in await conn.fetch(sql, *self._sorted(name, parameters)):
            yield row

    async def select_one(self, conn: Any, name: str, sql: str, parameters: dict[str, Any], _class: Any = None) -> Any:
        return await conn.fetchrow(sql, *self._sorted(name, parameters))

    async def select_value(self, conn: Any, name: str, sql: str, parameters: dict[str, Any]) -> Any:
        return await conn.fetchval(sql, *self._sorted(name, parameters))

    async def insert_update_delete(self, conn: Any, name: str, sql: str, parameters: dict[str, Any]) -> Any:
        return await conn.execute(sql, *self._sorted(name, parameters))

    def _sorted(self, name: str, parameters: dict[str, Any]) -> list[Any]:
        return [parameters[key] for key in self.var_sorted[name]]


def tls_context(settings: DatabaseSettings) -> ssl.SSLContext | bool:
    """Return how to connect: False for plain text, else a context that verifies the server's certificate."""
    if not settings.database_tls:
        return False
    return ssl.create_default_context(cafile=settings.database_tls_ca or None)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """A connection that goes back to the pool without a question: nothing here leaves anything behind in a session."""

    def get_reset_query(self) -> str:
        """Return what to ask when it is given back: nothing, where asyncpg would ask once more for each question."""
        return ""


async def open_pool(settings: DatabaseSettings) -> asyncpg.Pool:
    """Return a pool whose connections speak JSON. Raises OSError or asyncpg.PostgresError if none can be had."""
    return await asyncpg.create_pool(
        settings.database_url,
        ssl=tls_context(settings),
        min_size=1,
        max_size=settings.database_pool_size,
        init=_speak_json,
        connection_class=_Connection,
        command_timeout=60,
        server_settings=SERVER,
    )


async def _speak_json(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind,
            schema="pg_catalog",
            encoder=lambda value: _TO_JSON.encode(value).decode(),
            decoder=_FROM_JSON.decode,
        )


async def within(seconds: float, question: Awaitable[T]) -> T:
    """Return what is answered in time, else raise TimeoutError. The question is left behind, to end whenever it does.

    Only so the time is kept: asyncpg takes a question back by asking the server, and waits for its answer.
    """
    asked = asyncio.ensure_future(question)
    asked.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([asked], timeout=seconds)
    if not asked.done():
        raise TimeoutError(f"no answer within {seconds:g} s")
    return asked.result()


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection in a transaction, which is a span where something is traced."""
    with traced("transaction", {"db.system.name": "postgresql"}, kind=SpanKind.CLIENT):
        async with pool.acquire() as connection, connection.transaction():
            yield connection


@asynccontextmanager
async def connected(database_url: str, *, tls: ssl.SSLContext | bool = False) -> AsyncIterator[asyncpg.Connection]:
    """Give one connection outside any pool, for commands and tests."""
    connection = await asyncpg.connect(database_url, ssl=tls)
    try:
        await _speak_json(connection)
        yield connection
    finally:
        await connection.close()


async def migrate(database_url: str, *, tls: ssl.SSLContext | bool = False, roles: bool = False) -> tuple[str, ...]:
    """Bring the schema up to date and return the migrations that were applied. Several at once wait for each other.

    With `roles` the services' roles are made; where they are, they may do what the new schema asks of them.
    """
    async with connected(database_url, tls=tls) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        before = await _applied(connection)
        await pogo.apply(connection, MIGRATIONS, schema_name="public", logger=_LOG)
        await grant(connection, make=roles)
        return tuple(sorted(await _applied(connection) - before))


async def roll_back(
    database_url: str, *, to: str, losing: bool = False, tls: ssl.SSLContext | bool = False
) -> tuple[str, ...]:
    """Take back every migration after `to` (`NOTHING` is all of them) and return those taken back, newest first.

    Raises LossError where a table would go that has rows, unless `losing`, and UnknownMigrationError.
    """
    async with connected(database_url, tls=tls) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        applied = await _applied(connection)
        if to != NOTHING and not any(name.startswith(to) for name in applied):
            raise UnknownMigrationError(to)
        later = sorted((name for name in applied if name > to and not name.startswith(to)), reverse=True)
        if not losing and (lost := [table for name in later async for table in _full_tables(connection, name)]):
            raise LossError(", ".join(lost))
        await pogo.rollback(connection, MIGRATIONS, schema_name="public", count=len(later), logger=_LOG)
        return tuple(later)


async def _full_tables(connection: asyncpg.Connection, migration: str) -> AsyncIterator[str]:
    text = (MIGRATIONS / f"{migration}.sql").read_text(encoding="utf-8")
    for table in _DROPPED.findall(text.partition("-- migrate: rollback")[2]):
        if await connection.fetchval("SELECT to_regclass($1)", table) is None:
            continue  # it is made and dropped on the way back
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):  # noqa: S608  # a name of our own files
            yield table


async def _applied(connection: asyncpg.Connection) -> set[str]:
    if await connection.fetchval("SELECT to_regclass('public._pogo_migration')") is None:
        return set()
    return {row["migration_id"] for row in await connection.fetch("SELECT migration_id FROM public._pogo_migration")}


async def missing_migrations(pool: asyncpg.Pool) -> tuple[str, ...]:
    """Return the migrations that the database still lacks."""
    async with pool.acquire() as connection:
        done = await _applied(connection)
    return tuple(sorted(path.stem for path in MIGRATIONS.glob("*.sql") if path.stem not in done))
