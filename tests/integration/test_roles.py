"""Each service may write its own tables and read what decision 0001 lets it read; no table is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

from ratecard_shared.database import connected, migrate
from ratecard_shared.roles import ROLES, acting_as

PAGE = Path(__file__).parents[2] / "docs/architecture/database.md"
_ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|([^|]+)\|$", re.MULTILINE)
EVERY = frozenset(ROLES)


def described() -> dict[str, tuple[frozenset[str], frozenset[str], str]]:
    """Return the tables on the page: who writes each, who only reads it, and what bounds it."""
    found = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {name: (_services(writes), _services(reads), bound.strip()) for name, writes, reads, bound in found}


def _services(cell: str) -> frozenset[str]:
    return EVERY if cell.strip() == "each its rows" else frozenset(re.findall(r"\w+", cell))


async def may(connection: asyncpg.Connection, what: str) -> dict[str, frozenset[str]]:
    """Return which services' roles may do it, by table."""
    rows = await connection.fetch(
        "SELECT c.relname, r.service, has_table_privilege(r.role, c.oid, $1) AS may"
        " FROM pg_class c, unnest($2::text[], $3::text[]) AS r (service, role)"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND c.relname NOT LIKE '\\_pogo%'",
        what,
        list(ROLES),
        list(ROLES.values()),
    )
    names = {row["relname"] for row in rows}
    return {name: frozenset(r["service"] for r in rows if r["relname"] == name and r["may"]) for name in names}


async def test_every_table_has_a_writer_its_grants_and_a_stated_bound(database_url: str) -> None:
    page = described()
    async with connected(database_url) as connection:
        writers, readers = await may(connection, "INSERT"), await may(connection, "SELECT")
        both = {what: await may(connection, what) for what in ("UPDATE", "DELETE")}
    missing = writers.keys() - page.keys()
    assert not missing, f"say in {PAGE.name} who writes {missing} and what bounds it, and grant it in roles.sql"
    assert writers.keys() == page.keys(), "the page speaks of a table that is not there"
    for name, (writes, reads, bound) in page.items():
        assert writers[name] == writes, f"who writes {name}"
        assert readers[name] == writes | reads, f"who reads {name}"
        assert all(found[name] <= writes for found in both.values()), f"who changes {name}"
        assert len(writes) == 1 or writes == EVERY, f"{name} has one writer"
        assert bound, f"what bounds {name}"


@pytest.mark.parametrize(
    ("service", "statement"),
    [
        ("registry", "UPDATE syncs SET state = 'failed'"),
        ("registry", "DELETE FROM sync_providers"),
        ("registry", "SELECT * FROM join_chunks"),
        ("registry", "DELETE FROM audit_log"),
        ("registry", "UPDATE audit_log SET caller = 'nobody'"),
        ("registry", "DELETE FROM models"),
        ("registry", "DELETE FROM own_prices"),
        ("registry", "DELETE FROM api_keys"),
        ("registry", "DELETE FROM scraping_config"),
        ("registry", "DELETE FROM scraping_config_versions"),
        ("registry", "UPDATE scraping_config_versions SET note = ''"),
        ("registry", "DROP TABLE pricing_history_open"),
        ("registry", "ALTER TABLE pricing_history_ended DETACH PARTITION pricing_history_ended_rest"),
        ("enricher", "SELECT * FROM models"),
        ("enricher", "SELECT pricing_history_add_year(2030)"),
        ("enricher", "DELETE FROM syncs"),
        ("scheduler", "UPDATE scraping_config SET active = false"),
        ("scheduler", "SELECT * FROM api_keys"),
        ("scheduler", "SELECT pricing_history_drop_year(2000, '2001-01-01Z')"),
        *((service, "CREATE TABLE mine (a int)") for service in ROLES),
        *((service, "DELETE FROM _pogo_migration") for service in ROLES),
    ],
)
async def test_a_role_is_refused_what_is_not_its_own(database_url: str, service: str, statement: str) -> None:
    async with connected(acting_as(ROLES[service], database_url)) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


_SAID = "INSERT INTO outbox (service, topic, key, event_id, body) VALUES ($1, 't', 'k', 'e', '')"


async def test_a_service_has_its_own_rows_of_what_they_share(database_url: str) -> None:
    async with (
        connected(database_url) as owner,
        connected(acting_as(ROLES["enricher"], database_url)) as enricher,
        connected(acting_as(ROLES["registry"], database_url)) as registry,
    ):
        await enricher.execute(_SAID, "enricher")
        await registry.execute(_SAID, "registry-api")
        assert await enricher.fetchval("SELECT array_agg(service) FROM outbox") == ["enricher"]
        assert await registry.fetchval("SELECT array_agg(service) FROM outbox") == ["registry-api"]
        assert await registry.execute("DELETE FROM outbox") == "DELETE 1"
        assert await owner.fetchval("SELECT count(*) FROM outbox") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await registry.execute(_SAID, "enricher")
        await registry.execute("INSERT INTO inbox (consumer, event_id) VALUES ('registry-pages', 'e')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await registry.execute("INSERT INTO inbox (consumer, event_id) VALUES ('enricher', 'e')")


async def test_granting_again_changes_nothing(database_url: str) -> None:
    grants = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    async with connected(database_url) as connection:
        before = await connection.fetch(grants)
        assert await migrate(database_url) == ()
        assert await connection.fetch(grants) == before
