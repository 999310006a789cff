"""`ratecard migrate`: the schema, brought up to date."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import asyncpg

from ratecard_cli import running
from ratecard_cli.faults import CommandError, UnreachableError
from ratecard_cli.terminal import Json, say, write_json
from ratecard_shared import database
from ratecard_shared.settings import DatabaseSettings, load

_PLACE: Final = re.compile(
    r"postgres(ql)?://([^/?#@]*@)?(?P<host>[\w.,:\[\]-]+)(/(?P<name>[^/?#@]*))?(\?[^#@]*)?", re.ASCII
)


def migrate(*, as_json: Json = False) -> None:
    """Bring the database at DATABASE_URL up to date.

    Parameters
    ----------
    as_json
        Print the applied migrations as JSON.
    """
    settings = load(DatabaseSettings, running.environ())
    database_there = place(settings.database_url)
    if not as_json:
        say(f"PostgreSQL: {database_there}")
    applied = asyncio.run(_migrate(settings))
    if as_json:
        write_json({"database": database_there, "applied": applied})
        return
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("The database is up to date.")


def place(url: str) -> str:
    """Return the database and the host of `url`, and nothing that could be of its password."""
    # A password that is not quoted may have any of /?#@ in it: then where it ends is not sure, and nothing is said.
    found = _PLACE.fullmatch(url)
    return f"database {found['name'] or '-'} at {found['host']}" if found else "the database at DATABASE_URL"


async def _migrate(settings: DatabaseSettings) -> tuple[str, ...]:
    try:
        return await database.migrate(settings.database_url, tls=database.tls_context(settings))
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, OSError) as error:
        raise UnreachableError(f"PostgreSQL cannot be used ({error}): is it running? See DATABASE_URL.") from error
    except asyncpg.PostgresError as error:
        raise CommandError(f"PostgreSQL refused a migration, and nothing was changed by it: {error}") from error
