"""The registry under bad delivery: repeats, late syncs, batches with a fault in them, two replicas at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from registry_bench import KEY, Bench, a_bench
from registry_events import PAGE, closing, day, enriched, model, price

from ratecard_registry import versions
from ratecard_registry.store import Store
from ratecard_shared.database import queries
from ratecard_shared.events import (
    Chunk,
    PageBytes,
    PageRead,
    PricingScraped,
    SideOutcome,
    SyncStarted,
)

TABLES = ("models", "model_pricing", "scheduled_pricing", "pricing_history", "sync_outcomes", "pages")


async def contents(bench: Bench) -> dict[str, Any]:
    found = {}
    for table in TABLES:
        rows = await bench.pool.fetch(f"SELECT * FROM {table}")  # noqa: S608  # our own names
        hidden = {"recorded_at", "updated_at", "ended_at", "id"} if table == "pricing_history" else {"updated_at"}
        found[table] = sorted(str({k: v for k, v in row.items() if k not in hidden}) for row in rows)
    return found


async def test_repeats_are_recorded_and_change_nothing(bench: Bench) -> None:
    events = [enriched(model("one", [price()])), enriched(model("two", [price("3")])), closing("one", "two")]
    await bench.sync(0, *events)
    before, said = await contents(bench), await bench.said("pricing.changed")
    await bench.sync(0, *events, events[0])
    await bench.sync(0, events[2])
    assert await contents(bench) == before
    assert await bench.said("pricing.changed") == said
    rows = await bench.pool.fetch("SELECT event_id, duplicates, outcome FROM inbox ORDER BY received_at")
    assert {row["event_id"]: (row["duplicates"], row["outcome"]) for row in rows} == {
        events[0].event_id: (2, "applied"),
        events[1].event_id: (1, "applied"),
        events[2].event_id: (2, "applied"),
    }


async def test_another_body_under_a_known_id_changes_nothing(bench: Bench) -> None:
    first = enriched(model("one", [price()]))
    await bench.sync(0, first, closing("one"))
    before, said = await contents(bench), await bench.said("pricing.changed")
    forged = msgspec.structs.replace(enriched(model("one", [price("99")])), event_id=first.event_id)
    await bench.sync(0, forged)
    assert await contents(bench) == before
    assert await bench.said("pricing.changed") == said
    assert await bench.pool.fetchval("SELECT duplicates FROM inbox WHERE event_id = $1", first.event_id) == 1


ODD_IDS = (
    "'; DROP TABLE models; --",
    "<script>alert(1)</script>",
    "100%_\\",
    "swift\u200b-1",
    "ѕwift-1",  # noqa: RUF001  # its first letter is Cyrillic
    "\u202eevil",
    "a b\tc",
    "../../etc/passwd",
    "{{7*7}}",
    "💸",
)


async def test_odd_ids_are_kept_and_found_as_they_are(bench: Bench) -> None:
    amounts = {name: number + 1 for number, name in enumerate(("swift-1", *ODD_IDS))}
    said = [enriched(model(name, [price(str(amount))])) for name, amount in amounts.items()]
    await bench.sync(0, *said, closing(*amounts))
    async with bench.client() as client:
        for name, amount in amounts.items():
            found = (await client.get(f"/api/models/{quote(name, safe='')}", params={"provider": "acme"})).json()
            assert (found["id"], found["pricing"][0]["inputCostPerMillion"]) == (name, amount)
            listed = (await client.get("/api/models", params={"q": name})).json()
            assert name in [one["id"] for one in listed["data"]], name
    assert await bench.pool.fetchval("SELECT count(*) FROM models") == len(amounts)


async def test_a_repeat_within_one_batch_counts_once(bench: Bench) -> None:
    event = enriched(model(prices=[price()]))
    await bench.sync(0, event, event)
    assert await bench.pool.fetchval("SELECT duplicates FROM inbox") == 1
    assert len(await bench.said("pricing.changed")) == 1


@pytest.mark.parametrize("seed", range(5))
async def test_batches_of_any_size_end_the_same(bench: Bench, fresh_database: Any, redis_url: str, seed: int) -> None:
    events: list[Any] = []
    for on in range(4):
        ids = [f"m{number}" for number in range(6) if (number + on) % 4]
        said = [enriched(model(name, [price(str(on + 1))] if on != 2 else ()), on=on) for name in ids]
        events += [*said, closing(*ids, on=on)]
    bench.now = day(9)
    await bench.registry.on_enriched_batch(events)
    async with fresh_database() as url, a_bench(url, redis_url) as other:
        other.now = day(9)
        choose = random.Random(seed)  # noqa: S311  # not for secrets
        rest = list(events)
        while rest:
            size = choose.randint(1, 6)
            await other.registry.on_enriched_batch(rest[:size])
            rest = rest[size:]
        assert await contents(other) == await contents(bench)


async def test_an_older_sync_is_a_recorded_no_op(bench: Bench) -> None:
    await bench.sync(2, enriched(model("one", [price("2")]), on=2), closing("one", on=2))
    before = await contents(bench)
    late = [enriched(model("one", [price("1")]), on=1), enriched(model("gone"), on=1)]
    await bench.sync(2, *late)
    assert await contents(bench) == before
    rows = await bench.pool.fetch("SELECT outcome FROM inbox WHERE event_id = ANY($1)", [e.event_id for e in late])
    assert [row["outcome"] for row in rows] == ["older", "older"]


async def test_an_older_closing_deprecates_nothing_that_came_later(bench: Bench) -> None:
    await bench.sync(2, enriched(model("one"), on=2), closing("one", on=2))
    await bench.sync(2, closing("other", on=1))
    assert await bench.pool.fetchval("SELECT usability FROM models") == "available"
    status = await bench.pool.fetchrow("SELECT sync_id, last_sync FROM sync_status")
    assert status["sync_id"] == "sync-2"


async def test_a_side_that_comes_late_reopens_the_sync(bench: Bench) -> None:
    await bench.scheduled(0, "acme")
    await bench.sync(0, enriched(model(prices=None)), closing("swift-1", pricing="missing", pages=()))
    assert (await bench.said("sync.completed"))[-1].providers[0].outcome == "partial"
    late = enriched(model(prices=[price()]), generation=2)
    await bench.sync(0, late, closing("swift-1", generation=2))
    last = (await bench.said("sync.completed"))[-1]
    assert (last.success, last.providers[0].outcome, last.providers[0].pricing_updated) == (True, "joined", 1)
    assert len(await bench.said("sync.completed")) == 2


async def test_news_of_a_start_after_the_end_does_not_reopen(bench: Bench) -> None:
    started = SyncStarted(event_id="s", sync_id="sync-0", occurred_at=day(0), provider="acme", deadline=day(1))
    await bench.registry.on_began(started)
    assert await bench.pool.fetchval("SELECT status FROM sync_status") == "running"
    await bench.sync(0, closing())
    assert await bench.pool.fetchval("SELECT status FROM sync_status") == "idle"
    await bench.registry.on_began(msgspec.structs.replace(started, event_id="again"))
    assert await bench.pool.fetchval("SELECT status FROM sync_status") == "idle"
    await bench.registry.on_began(
        msgspec.structs.replace(started, event_id="next", sync_id="sync-1", occurred_at=day(1))
    )
    assert await bench.pool.fetchval("SELECT status FROM sync_status") == "running"


async def test_two_replicas_closing_at_once_complete_the_sync_once(bench: Bench) -> None:
    providers = [f"p{number}" for number in range(8)]
    await bench.scheduled(0, *providers)
    await asyncio.gather(*(bench.registry.on_enriched(closing("one", provider=name)) for name in providers))
    (said,) = await bench.said("sync.completed")
    assert [outcome.provider for outcome in said.providers] == providers


async def test_who_tells_the_caches_waits_in_the_order_of_commits(bench: Bench) -> None:
    """Whoever holds the first row and wants the last one gets it: the one that tells holds none before the first."""
    await bench.pool.execute("INSERT INTO cache_versions (name) VALUES ('zenith'), ('acme')")
    told = queries(versions.QUERIES).told
    async with bench.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM cache_versions WHERE name = 'acme' FOR UPDATE")
        telling = asyncio.create_task(told(bench.pool, names=["zenith", "acme"], versions=[9, 9]))
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not telling.done()
            await asyncio.sleep(0.01)
        await other.execute("SELECT FROM cache_versions WHERE name = 'zenith' FOR UPDATE")
    await telling
    assert await bench.pool.fetchval("SELECT array_agg(told) FROM cache_versions") == [9, 9]


async def test_two_replicas_with_the_same_records_apply_them_once(bench: Bench) -> None:
    events = [enriched(model(f"m{number}", [price()])) for number in range(20)]
    await asyncio.gather(*(bench.registry.on_enriched_batch(events) for _ in range(4)))
    said = await bench.said("pricing.changed")
    assert len(said) == 20
    assert await bench.pool.fetchval("SELECT sum(duplicates) FROM inbox") == 60


async def test_two_replicas_give_a_model_s_revisions_in_turn(bench: Bench) -> None:
    bench.now = day(9)
    said = [enriched(model(prices=[price(str(on + 1))]), on=on) for on in range(8)]
    await asyncio.gather(*map(bench.registry.on_enriched, said))
    events = [*await bench.said("model.changed"), *await bench.said("pricing.changed")]
    revision = await bench.pool.fetchval("SELECT revision FROM models")
    assert sorted(event.revision for event in events) == [*range(1, revision + 1)]
    assert await bench.pool.fetchval("SELECT input_cost_per_million FROM model_pricing") == 8


async def test_a_fault_leaves_nothing_half_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise OSError("the connection is gone")

    monkeypatch.setattr(Store, "bump", fail)
    with contextlib.suppress(OSError):
        await bench.sync(0, enriched(model(prices=[price()])))
    assert not any((await contents(bench)).values())
    assert await bench.pool.fetchval("SELECT count(*) FROM inbox") + len(await bench.said("pricing.changed")) == 0
    monkeypatch.undo()
    await bench.sync(0, enriched(model(prices=[price()])))
    assert len(await bench.said("pricing.changed")) == 1


async def test_the_bytes_of_pages_are_kept_once(bench: Bench) -> None:
    body = PageBytes(sha256="abc", index=0, total=1, data=b"\x00\xff")
    for number in range(2):
        await bench.registry.on_pages(
            PricingScraped(
                event_id=f"p{number}",
                sync_id="sync-0",
                occurred_at=day(0),
                provider="acme",
                outcome=SideOutcome.COMPLETE,
                chunk=Chunk(attempt_id="a", index=0, total=1, digest="d"),
                bodies=(body,),
            )
        )
    assert [bytes(row["data"]) for row in await bench.pool.fetch("SELECT data FROM page_bodies")] == [b"\x00\xff"]


async def test_a_page_that_failed_keeps_when_it_was_last_read(bench: Bench) -> None:
    await bench.sync(0, closing())
    failed = PageRead(url=PAGE, fetched_at=day(1), error="status 503")
    await bench.sync(1, closing(on=1, pages=(failed,)))
    row = await bench.pool.fetchrow("SELECT * FROM pages")
    assert (row["last_verified"], row["checked_at"], row["error"], row["sha256"]) == (
        day(0),
        day(1),
        "status 503",
        "sha",
    )


async def test_a_trigger_that_waits_answers_with_the_result(bench: Bench) -> None:
    async def sync() -> None:
        await asyncio.sleep(0.1)
        await bench.scheduled(1, "acme")
        await bench.sync(1, enriched(model(prices=[price()]), on=1), closing("swift-1", on=1))
        await bench.pool.execute("UPDATE syncs SET state = 'completed'")  # the scheduler has heard of the end

    async with bench.client() as client:
        headers = {"Authorization": f"Bearer {KEY}"}
        answer, _ = await asyncio.gather(
            client.post("/api/admin/sync/trigger", params={"wait": "true"}, headers=headers), sync()
        )
        assert answer.status_code == 200
        assert (answer.json()["success"], answer.json()["pricingUpdated"]) == (True, 1)
        slow = await client.post("/api/admin/sync/trigger", params={"wait": "true"}, headers=headers)
        assert (slow.status_code, slow.json()["syncId"]) == (202, "sync-2")
