"""Whether PostgreSQL is there, new enough, up to date and has the services' roles, and what its clock says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from ratecard_cli.doctor.clock import look_at_clock
from ratecard_cli.doctor.finding import Finding, problem, warning, well
from ratecard_cli.migrate import place
from ratecard_shared import database
from ratecard_shared.roles import ROLES
from ratecard_shared.settings import DatabaseSettings, load

_OLDEST: Final = 140_000
_SECONDS: Final = 5
_UNREACHABLE: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)


async def look_at_postgres(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Connect as the services do and ask PostgreSQL about itself."""
    settings = load(DatabaseSettings, environ)
    where = place(settings.database_url)
    try:
        async with asyncio.timeout(_SECONDS):
            pool = await database.open_pool(settings)
    except _UNREACHABLE as error:
        yield problem(
            "postgresql",
            f"{where} cannot be used: {error or type(error).__name__}",
            do="start it (`ratecard up` does on a laptop), or see DATABASE_URL, DATABASE_TLS and DATABASE_TLS_CA",
        )
        return
    try:
        async with pool.acquire() as connection:
            yield await _version(connection, where)
            yield look_at_clock("PostgreSQL's", await connection.fetchval("SELECT now()"), datetime.now(UTC))
            yield await _migrations(connection, await database.missing_migrations(pool))
            yield await _roles(connection)
    except _UNREACHABLE as error:
        yield problem("postgresql", f"{where} does not answer any more: {error}", do="see its log")
    finally:
        await pool.close()


async def _version(connection: asyncpg.Connection, where: str) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = await connection.fetchval("SHOW server_version")
    tls = await connection.fetchval("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")
    said = f"{where} is version {version}, reached {f'over {tls}' if tls else 'without TLS'}"
    if number < _OLDEST:
        return problem("postgresql", said, do="use PostgreSQL 14 or later")
    return well("postgresql", said)


async def _migrations(connection: asyncpg.Connection, missing: tuple[str, ...]) -> Finding:
    known = {path.stem for path in database.MIGRATIONS.glob("*.sql")}
    if missing:
        return problem("migrations", f"{', '.join(missing)} are missing", do="run `ratecard migrate`")
    there: list[Any] = await connection.fetch("SELECT migration_id FROM public._pogo_migration")
    newer = sorted({row["migration_id"] for row in there} - known)
    if newer:
        return warning(
            "migrations",
            f"the database has {', '.join(newer)}, which this version does not know",
            do="upgrade this one",
        )
    return well("migrations", f"all {len(known)} are there")


async def _roles(connection: asyncpg.Connection) -> Finding:
    asked = "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = ANY($1)"
    found = {row["rolname"]: row["rolcanlogin"] for row in await connection.fetch(asked, list(ROLES.values()))}
    missing = [role for role in ROLES.values() if role not in found]
    us = await connection.fetchval("SELECT current_user")
    if missing:
        return warning(
            "roles",
            f"{', '.join(missing)} are missing: services as {us} may write each other's tables",
            do="run `ratecard migrate --roles`",
        )
    logging_in = [role for role, can in found.items() if can]
    return well("roles", f"all {len(found)} are there, {len(logging_in)} of them can log in; this is {us}")
