"""Each service's own role in PostgreSQL: what it may do stands in `roles.sql`, which `ratecard migrate` runs again."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import asyncpg

ROLES: Final = {
    "scheduler": "ratecard_scheduler",
    "enricher": "ratecard_enricher",
    "registry": "ratecard_registry",
}
"""The role of each service that has a database."""

_GRANTS: Final = Path(__file__).with_name("roles.sql")


async def grant(connection: asyncpg.Connection, *, make: bool) -> None:
    """Bring what the roles may do up to date with the schema, where there are roles or they are to be made."""
    known = await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = ANY($1)", list(ROLES.values()))
    if make or known == len(ROLES):
        async with connection.transaction():
            await connection.execute(_GRANTS.read_text(encoding="utf-8"))


def acting_as(role: str, database_url: str) -> str:
    """Return the URL with which somebody who may act as any role acts as this one."""
    parts = urlsplit(database_url)
    query = "&".join(part for part in (parts.query, f"role={quote(role)}") if part)
    return parts._replace(query=query).geturl()
