"""The mission's properties of scraping configurations, from the API through the scheduler to what the scraper reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from registry_bench import KEY, Bench
from registry_stage import Stage
from scraping_configs import configurations, invalid

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_registry import problems
from ratecard_registry.scraping_candidate import as_config
from ratecard_scheduler.handlers import Scheduler
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_scraper.handlers import pages_to_read
from ratecard_shared.codec import decode
from ratecard_shared.database import connected
from ratecard_shared.events import SyncRequested, SyncStarted
from ratecard_shared.settings import DatabaseSettings, KafkaSettings, ServiceSettings

pytestmark = pytest.mark.slow

FILE = Pricing(pages=(Page(url="https://prices.example/file", strategies=("columns",)),))
PROVIDERS = {name: Provider(id=name, name=name.title(), pricing=FILE) for name in ("acme", "zenith")}
SETTINGS = SchedulerSettings(service=ServiceSettings(), kafka=KafkaSettings(), database=DatabaseSettings())

a_hundred = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
async def stage(fresh_database: Any, backends: Any) -> AsyncIterator[Stage]:
    async with (
        fresh_database() as url,
        connected(url) as connection,
        Redis.from_url(backends.redis_url) as redis,
    ):
        yield Stage(connection, redis, providers=PROVIDERS)


async def ask(bench: Bench, method: str, path: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "If-Match": "*", "Content-Type": "application/json"}
    async with bench.client() as client:
        return await client.request(method, f"/api/admin/scraping-config/{path}", headers=headers, **more)


async def put(bench: Bench, provider: str, config: Any) -> None:
    answer = await ask(bench, "PUT", provider, content=problems.encode(config))
    assert answer.status_code == 200, answer.text


async def read_by_a_sync(bench: Bench, offset: int) -> dict[str, Pricing]:
    """Return what the scraper is told to read by the next sync, by provider."""
    scheduler = Scheduler(SETTINGS, known=PROVIDERS.keys(), pool=lambda: bench.pool, now=bench.clock)
    record = ConsumerRecord("sync.requested", 0, offset, int(bench.now.timestamp() * 1000), 0, None, b"", 0, 0, 0, ())
    await bench.pool.execute("DELETE FROM sync_providers")
    await bench.pool.execute("DELETE FROM outbox WHERE topic = 'sync.started'")
    await scheduler.on_requested(SyncRequested(), record)
    rows = await bench.pool.fetch("SELECT body FROM outbox WHERE topic = 'sync.started'")
    started = [decode(row["body"], SyncStarted) for row in rows]
    return {event.provider: pages_to_read(event, PROVIDERS[event.provider], {})[1] for event in started}


@a_hundred
@given(stored=st.dictionaries(st.sampled_from(sorted(PROVIDERS)), configurations(), min_size=1))
async def test_property_25_all_that_a_configuration_says_is_stored(stage: Stage, stored: dict[str, Pricing]) -> None:
    async with stage.registry() as bench:
        for provider, pricing in stored.items():
            await put(bench, provider, as_config(pricing))
        for provider, pricing in stored.items():
            shown = (await ask(bench, "GET", provider)).json()
            assert (shown["source"], shown["version"]) == ("stored", 1)
            assert [page["url"] for page in shown["config"]["pages"]] == [page.url for page in pricing.pages]
            for said, page in zip(shown["config"]["pages"], pricing.pages, strict=True):
                assert said["strategies"] == list(page.strategies)
                assert page.cards is None or (said["cards"]["card"], said["cards"]["name"]) == (
                    page.cards.card,
                    page.cards.name,
                )
            row = await bench.pool.fetchrow("SELECT config FROM scraping_config WHERE provider = $1", provider)
            assert row["config"] == as_config(pricing)


@a_hundred
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(sorted(PROVIDERS)), st.none() | st.integers(1, 3) | configurations()),
        min_size=1,
        max_size=4,
    )
)
async def test_property_26_the_next_sync_uses_what_was_changed_last(stage: Stage, changes: list[Any]) -> None:
    """Give a configuration, None to deactivate, or the number of a version to activate."""
    async with stage.registry() as bench:
        expected = dict.fromkeys(PROVIDERS, FILE)
        versions: dict[str, list[Pricing]] = {name: [] for name in PROVIDERS}
        for number, (provider, change) in enumerate(changes):
            if isinstance(change, Pricing):
                await put(bench, provider, as_config(change))
                versions[provider].append(change)
                expected[provider] = change
            elif change is None:
                await ask(bench, "POST", f"{provider}/deactivate")
                expected[provider] = FILE
            elif change <= len(versions[provider]):
                assert (await ask(bench, "POST", f"{provider}/versions/{change}/activate")).status_code == 200
                expected[provider] = versions[provider][change - 1]
            assert await read_by_a_sync(bench, number) == expected


@a_hundred
@given(before=st.none() | configurations(), fault=invalid())
async def test_property_29_an_invalid_configuration_is_rejected_before_it_is_applied(
    stage: Stage, before: Pricing | None, fault: tuple[str, Any]
) -> None:
    named, config = fault
    async with stage.registry() as bench:
        if before is not None:
            await put(bench, "acme", as_config(before))
        answer = await ask(bench, "PUT", "acme", content=problems.encode(config))
        assert answer.status_code == 422
        assert any(named in error for error in answer.json()["errors"])
        assert (await read_by_a_sync(bench, 0))["acme"] == (before or FILE)
        assert len((await ask(bench, "GET", "acme/versions")).json()["data"]) == (before is not None)
