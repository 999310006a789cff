"""The registry says how it is, to people and to Prometheus."""

from __future__ import annotations

from registry_bench import Bench
from registry_events import closing, enriched, model

from ratecard_registry.census import Census


async def test_health_has_the_guides_shape(bench: Bench) -> None:
    shown = await bench.get("/health")
    assert shown["services"]["modelSync"] == {
        "status": "unknown",
        "lastSync": None,
        "nextSync": None,
        "modelsDiscovered": 0,
    }
    await bench.sync(0, enriched(model()), closing("swift-1"))
    shown = await bench.get("/health")
    assert shown["status"] == "healthy"
    assert shown["services"]["modelSync"]["modelsDiscovered"] == 1
    assert shown["services"]["modelSync"]["lastSync"] is not None


async def test_health_knows_the_next_sync_at_once(bench: Bench) -> None:
    await bench.sync(0, enriched(model()), closing("swift-1"))
    shown = [(await bench.get("/health"))["services"]["modelSync"]["nextSync"]]
    for slot in ("2031-01-01T02:00:00Z", "2031-01-02T02:00:00Z"):
        await bench.pool.execute(
            "INSERT INTO schedule (cron, next_slot) VALUES ('0 2 * * *', $1::text::timestamptz)"
            " ON CONFLICT (is_only) DO UPDATE SET next_slot = EXCLUDED.next_slot",
            slot,
        )
        shown.append((await bench.get("/health"))["services"]["modelSync"]["nextSync"])
    assert shown == [None, "2031-01-01T02:00:00Z", "2031-01-02T02:00:00Z"]


async def test_health_says_what_is_down(bench: Bench) -> None:
    bench.checks = {**bench.checks, "postgresql": "down"}
    async with bench.client() as client:
        assert (await client.get("/health")).status_code == 503
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


async def test_metrics_are_there(bench: Bench) -> None:
    await bench.sync(0, enriched(model()), closing("swift-1"))
    await bench.get("/api/models")
    await Census(pool=lambda: bench.pool).count()
    async with bench.client() as client:
        text = (await client.get("/metrics")).text
    for name in ("model_cache_hits_total", "model_cache_misses_total", "pricing_cache_hits_total"):
        assert name in text
    assert 'models_discovered_total{provider="acme"} 1.0' in text
