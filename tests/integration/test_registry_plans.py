"""How PostgreSQL finds the rows that a sync changes: by their keys, also before it has counted what tables hold."""

from __future__ import annotations

import pytest

from ratecard_registry.store import QUERIES
from ratecard_shared.database import connected, queries

pytestmark = pytest.mark.backends

ROWS = 20_000
FILL = """
    INSERT INTO pricing_history (provider, model_id, tier, context_limit, currency, region, rates, free, effective_date,
        recorded_at, kind, sync_id, recorded_as, revision)
    SELECT 'acme', 'm' || n, 'standard', 0, 'USD', 'global', '{"input": 1}', false, now(), now(), 'first_seen', '',
        '', 1
    FROM generate_series(1, $1::int) AS n
"""
SAID = """
    SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object('end_date', now(), 'superseded_at', now()))
    FROM (SELECT * FROM pricing_history ORDER BY id LIMIT 100) h
"""


@pytest.mark.parametrize("name", ["end_history", "supersede_history"])
async def test_rows_are_not_compared_one_by_one_before_there_are_statistics(database_url: str, name: str) -> None:
    async with connected(database_url) as connection:
        await connection.execute(FILL, ROWS)
        said = await connection.fetchval(SAID)
        sql = getattr(queries(QUERIES), name).sql
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", said))
        assert "on pricing_history_open" in plan
        assert "Join Filter" not in plan, plan
        await connection.execute(sql, said)
        changed = "SELECT count(*) FROM pricing_history WHERE end_date IS NOT NULL OR superseded_at IS NOT NULL"
        assert await connection.fetchval(changed) == 100
