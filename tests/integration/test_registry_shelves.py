"""A process that has followed all that changed shows what one shows that has just started, whatever it had read."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from registry_bench import KEY, Bench
from registry_events import closing, day, enriched, model, price
from registry_stage import Stage

from ratecard_shared.events import MatchExplained

PROVIDERS: Final = ("acme", "zenith")
NAMES: Final = ("swift-1", "swift-2", "swift-3")
PAGE_NAME: Final = "Swift One"

_prices = st.none() | st.lists(st.integers(1, 3), max_size=1)
_models = st.dictionaries(st.sampled_from(NAMES), _prices, max_size=3)
_syncs = st.tuples(
    st.sampled_from(["sync", "sync without prices", "sync of a page", "sync that names"]),
    st.sampled_from(PROVIDERS),
    _models,
)
_owns = st.tuples(st.just("own"), st.sampled_from(PROVIDERS), st.sampled_from(NAMES))
_reads = st.tuples(st.just("read"), st.sampled_from(PROVIDERS), st.sampled_from([*NAMES, PAGE_NAME, ""]))
COURSES: Final = st.lists(st.one_of(_syncs, _syncs, _owns, _reads, _reads), min_size=2, max_size=8)


@pytest.mark.slow
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(course=COURSES)
async def test_what_memory_kept_is_what_a_new_process_reads(stage: Stage, course: list[Any]) -> None:
    async with (
        stage.registry() as bench,
        Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2) as nowhere,
    ):
        new = Bench(bench.pool, nowhere)
        new.cache._left_alone_until = float("inf")  # noqa: SLF001  # it asks PostgreSQL alone
        for on, (step, provider, what) in enumerate(course):
            bench.now = new.now = day(on)
            if step == "read":
                await _shown(bench, [_one(what, provider) if what else "/api/models"])
            elif step == "own":
                await _own_price(bench, provider, what)
            else:
                await bench.sync(on, *_said(step, provider, what, on))
            await bench.versions.look()
            new.forget()
            paths = ["/api/models?limit=500&includeDeprecated=true&sort=-inputCost", "/web/models.json"]
            paths += [_one(name, who) for who in PROVIDERS for name in (*NAMES, PAGE_NAME)]
            assert await _shown(bench, paths) == await _shown(new, paths)


def _one(name: str, provider: str) -> str:
    return f"/api/models/{name}?provider={provider}"


def _said(step: str, provider: str, what: dict[str, list[int] | None], on: int) -> list[Any]:
    """Return what the enricher says in such a sync."""
    models = {
        name: model(name, None if prices is None else [price(str(amount)) for amount in prices])
        for name, prices in what.items()
    }
    if step == "sync of a page":
        models[PAGE_NAME] = model(PAGE_NAME, [price("7")], found_on_page=True)
    elif step == "sync that names":
        match = MatchExplained(name=PAGE_NAME, method="alias", score=100)
        models["swift-1"] = model("swift-1", [price("7")], match=match)
    pricing = "failed" if step == "sync without prices" else "complete"
    said = [enriched(one, on=on, provider=provider) for one in models.values()]
    return [*said, closing(*models, on=on, provider=provider, pricing=pricing)]


async def _own_price(bench: Bench, provider: str, name: str) -> None:
    body = {
        "provider": provider,
        "model": name,
        "kind": "negotiated",
        "rates": {"input": 9},
        "effectiveFrom": bench.now.date().isoformat(),
        "evidence": {"text": "contract"},
    }
    async with bench.client() as client:
        answer = await client.post("/api/admin/own-prices", json=body, headers={"X-API-Key": KEY})
    assert answer.status_code in {201, 404, 409}, answer.text


async def _shown(bench: Bench, paths: list[str]) -> list[tuple[int, Any]]:
    """Return the answers, and what a million tokens of each model cost."""
    usages = [{"model": name, "provider": who, "usage": {"input": 1_000_000}} for who in PROVIDERS for name in NAMES]
    async with bench.client() as client:
        answers = [await client.get(path) for path in paths]
        costs = await client.post("/api/cost", json={"usages": usages})
    return [(answer.status_code, answer.json()) for answer in (*answers, costs)]
