"""`ratecard migrate`: the schema, brought up to date."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import asyncpg
from cyclopts import Parameter
from pogo_core.error import BadMigrationError

from ratecard_cli import running
from ratecard_cli.faults import CommandError, UnreachableError
from ratecard_cli.terminal import Json, say, write_json
from ratecard_shared import database
from ratecard_shared.roles import ROLES
from ratecard_shared.settings import DatabaseSettings, load

_PLACE: Final = re.compile(
    r"postgres(ql)?://([^/?#@]*@)?(?P<host>[\w.,:\[\]-]+)(/(?P<name>[^/?#@]*))?(\?[^#@]*)?", re.ASCII
)


def migrate(
    *,
    back_to: Annotated[str | None, Parameter(show_default=False)] = None,
    lose_data: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    roles: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """Bring the database at DATABASE_URL up to date, or step by step back.

    Parameters
    ----------
    back_to
        Take back every migration after this one, such as 0006; 0000 takes back all. Stop the services first.
    lose_data
        With --back-to, also where tables that have rows would go.
    roles
        Also make the roles that let each service write its own tables only, and say how they log in.
    as_json
        Print the migrations as JSON.
    """
    settings = load(DatabaseSettings, running.environ())
    database_there = place(settings.database_url)
    if not as_json:
        say(f"PostgreSQL: {database_there}")
    done, word = (
        (asyncio.run(_forward(settings, roles=roles)), "applied")
        if back_to is None
        else (asyncio.run(_back(settings, back_to, losing=lose_data)), "taken back")
    )
    if as_json:
        write_json({"database": database_there, word.replace(" ", "_"): done})
        return
    for name in done:
        say(f"{word} {name}")
    if not done:
        say("The database is up to date." if back_to is None else "There is nothing to take back.")
    if roles:
        say(f"The roles are {', '.join(ROLES.values())}. Let each log in, such as ALTER ROLE ... LOGIN PASSWORD '...'.")


def place(url: str) -> str:
    """Return the database and the host of `url`, and nothing that could be of its password."""
    # A password that is not quoted may have any of /?#@ in it: then where it ends is not sure, and nothing is said.
    found = _PLACE.fullmatch(url)
    return f"database {found['name'] or '-'} at {found['host']}" if found else "the database at DATABASE_URL"


async def _forward(settings: DatabaseSettings, *, roles: bool) -> tuple[str, ...]:
    with _explained():
        return await database.migrate(settings.database_url, tls=database.tls_context(settings), roles=roles)


async def _back(settings: DatabaseSettings, to: str, *, losing: bool) -> tuple[str, ...]:
    with _explained():
        return await database.roll_back(settings.database_url, to=to, losing=losing, tls=database.tls_context(settings))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, OSError) as error:
        raise UnreachableError(f"PostgreSQL cannot be used ({error}): is it running? See DATABASE_URL.") from error
    except database.LossError as error:
        raise CommandError(f"That would lose what is in {error}. Nothing was done; --lose-data does it.") from error
    except database.UnknownMigrationError as error:
        raise CommandError(f"No migration {error} was applied to this database. Nothing was done.") from error
    except (asyncpg.PostgresError, BadMigrationError) as error:
        why = f"{error}: {error.__cause__}" if error.__cause__ else str(error)
        raise CommandError(f"PostgreSQL refused a migration, and nothing was changed by it: {why}") from error
