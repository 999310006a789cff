"""The list of syncs over the API: every sync once, the newest first, and how far each provider is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from registry_bench import KEY, Bench
from registry_events import closing, day

from ratecard_registry.sync_view import SYNC_QUERIES
from ratecard_shared.database import connected, queries
from ratecard_shared.events import SyncError

ADMIN = {"Authorization": f"Bearer {KEY}"}


async def started(bench: Bench, sync_id: str, at: datetime, *providers: str, joined: str | None = None) -> None:
    """Do what the scheduler and the enricher do when a sync starts."""
    await bench.pool.execute(
        "INSERT INTO syncs (sync_id, requested_by, state, requested_at, started_at, deadline) "
        "VALUES ($1, 'test', 'running', $2, $2, $3)",
        *(sync_id, at, at + timedelta(minutes=5)),
    )
    for provider in providers:
        await bench.pool.execute(
            "INSERT INTO sync_providers (sync_id, provider, joined_sync_id, started_at, deadline) "
            "VALUES ($1, $2, $3, $4, $4)",
            *(sync_id, provider, joined, at),
        )
        if joined is None:
            await bench.pool.execute("INSERT INTO joins (sync_id, provider) VALUES ($1, $2)", sync_id, provider)


async def spoke(bench: Bench, sync_id: str, provider: str, side: str) -> None:
    await bench.pool.execute("INSERT INTO join_sides VALUES ($1, $2, $3, 'a')", sync_id, provider, side)


async def listed(bench: Bench, **query: Any) -> Any:
    async with bench.client() as client:
        answer = await client.get("/api/admin/syncs", params=query, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def paged(bench: Bench, **query: Any) -> Sequence[str]:
    found: list[str] = []
    while True:
        page = await listed(bench, limit=2, **query)
        found += [sync["syncId"] for sync in page["data"]]
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]


async def test_every_query_fits_the_schema(database_url: str) -> None:
    found = queries(SYNC_QUERIES)
    async with connected(database_url) as connection:
        for name in found.available_queries:
            await connection.prepare(getattr(found, name).sql)


async def test_every_sync_is_listed_once_though_several_start_at_once(bench: Bench) -> None:
    same = day(1) + timedelta(microseconds=1)
    for name, at in (("a", day(0)), ("b.1", same), ("c", same), ("d", same), ("e", day(2))):
        await started(bench, name, at, "acme", *(["zenith"] if name in "ad" else []))
    assert await paged(bench) == ["e", "d", "c", "b.1", "a"]
    assert await paged(bench, provider="zenith") == ["d", "a"]
    assert await paged(bench, provider="nobody") == []
    async with bench.client() as client:
        others = (await listed(bench, limit=1, provider="acme"))["nextCursor"]
        for cursor in ("newest", "99999999999999999999.a", "1.\0", others):
            answer = await client.get("/api/admin/syncs", params={"cursor": cursor}, headers=ADMIN)
            assert (answer.status_code, "cursor" in answer.json()["detail"]) == (400, True)
        assert (await client.get("/api/admin/syncs")).status_code == 401


async def test_the_stages_of_a_provider_are_told_as_they_come(bench: Bench) -> None:
    await started(bench, "sync-0", day(0), "acme")

    async def stages(of: str = "sync-0") -> str:
        (one,) = [sync for sync in (await listed(bench))["data"] if sync["syncId"] == of]
        found = one["providers"][0]["stages"]
        assert list(found) == ["discovery", "pricing", "enrichment", "storage"]
        return " ".join(found.values())

    assert await stages() == "running running waiting waiting"
    await spoke(bench, "sync-0", "acme", "pricing")
    assert await stages() == "running done waiting waiting"
    await started(bench, "later", day(1), "acme", joined="sync-0")
    assert await stages("later") == "running done waiting waiting"
    await spoke(bench, "sync-0", "acme", "discovery")
    assert await stages() == "done done running waiting"
    await bench.pool.execute("UPDATE joins SET closed = true")
    assert await stages() == "done done done running"
    wrong = SyncError(provider="acme", stage="pricing", error="its page is gone")
    await bench.sync(0, closing(on=0, pricing="failed", errors=(wrong,)))
    assert await stages() == "done failed done done"
    assert await stages("later") == "done failed done done"
    newest = (await listed(bench))["data"][0]
    assert (newest["state"], newest["result"]) == ("running", None)
    await bench.pool.execute("UPDATE syncs SET state = 'completed'")
    newest = (await listed(bench))["data"][0]
    assert newest["providers"][0]["outcome"] == "partial"
    assert (newest["state"], newest["requestedBy"], newest["result"]["success"]) == ("completed", "test", False)


async def test_a_provider_that_is_switched_off_is_not_synced_and_the_error_says_why(bench: Bench) -> None:
    async with bench.client() as client:
        answer = await client.post("/api/admin/sync/trigger", json={"providers": ["acme", "nadir"]}, headers=ADMIN)
    assert (answer.status_code, bench.asked) == (409, [])
    assert answer.json()["detail"] == "RATECARD_ENABLED_PROVIDERS leaves out nadir: add it there, and restart."
