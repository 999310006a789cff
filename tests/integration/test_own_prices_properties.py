"""Whatever syncs and administrators do, in any order: no sync touches an own price, and costs are a simple model's."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import KEY, Bench
from registry_events import closing, day, enriched, model, price
from registry_stage import Stage

OWN: Final = "/api/admin/own-prices"
UNCHANGING: Final = """
    SELECT id, number, kind, rates, effective_date, end_date, recorded_at, evidence, note, corrects, revision
    FROM own_prices ORDER BY number, id DESC
"""
LIST: Final = """
    SELECT kind, rates, effective_date, end_date, end_recorded_at, recorded_at, superseded_at FROM pricing_history
    ORDER BY id
"""

syncs = st.tuples(st.just("sync"), st.none() | st.integers(1, 4))
records = st.tuples(
    st.just("record"),
    st.sampled_from(["negotiated", "correction"]),
    st.integers(5, 9),
    st.integers(-3, 3),
    st.none() | st.integers(0, 4),
)
ends = st.tuples(st.just("end"), st.integers(0, 3), st.integers(-2, 3))
withdrawals = st.tuples(st.just("withdraw"), st.integers(0, 3))
courses = st.lists(st.one_of(syncs, records, records, ends, withdrawals), min_size=1, max_size=9)


class Simple(msgspec.Struct):
    """An own price as a person would write it down."""

    rank: tuple[bool, int]
    amount: int
    begins: datetime
    ends: datetime | None


async def post(bench: Bench, path: str, body: Any) -> Any:
    async with bench.client() as client:
        return await client.post(path, json=body, headers={"X-API-Key": KEY})


async def costs(bench: Bench, times: list[datetime], *, own: bool) -> list[Decimal | None]:
    usages = [{"model": "swift-1", "usage": {"input": 1_000_000}, "when": when.isoformat()} for when in times]
    answer = await post(bench, "/api/cost", {"usages": usages, "own": own})
    return [line.get("cost") for line in answer.json()["lines"]]


async def sync(bench: Bench, on: int, amount: int | None) -> None:
    rows = [] if amount is None else [price(str(amount), None)]
    await bench.sync(on, enriched(model(prices=rows), on=on), closing("swift-1", on=on))


async def act(bench: Bench, on: int, step: Any, book: list[Simple | None]) -> None:
    """Do one step of an administrator, and write it down if the registry takes it."""
    if step[0] == "record":
        _, kind, amount, since, lasts = step
        first = day(on + since).date()
        body = {
            "provider": "acme",
            "model": "swift-1",
            "kind": kind,
            "rates": {"input": amount},
            "effectiveFrom": first.isoformat(),
            "effectiveUntil": None if lasts is None else (first + timedelta(days=lasts)).isoformat(),
            "evidence": {"text": "contract"},
        }
        answer = await post(bench, OWN, body)
        if answer.status_code == 201:
            begins = datetime.fromisoformat(answer.json()["effectiveDate"])
            until = None if lasts is None else begins + timedelta(days=lasts + 1)
            book.append(Simple((kind == "negotiated", len(book)), amount, begins, until))
    elif step[1] < len(book):
        known = book[step[1]]
        number = await bench.pool.fetchval("SELECT min(number) FROM own_prices") + step[1]
        if step[0] == "end":
            at = day(on + step[2])
            answer = await post(bench, f"{OWN}/{number}/end", {"at": at.isoformat()})
            if answer.status_code == 200 and known is not None:
                known.ends = at
        elif (await post(bench, f"{OWN}/{number}/withdraw", {})).status_code == 200:
            book[step[1]] = None


def charged(book: list[Simple | None], when: datetime, listed: Decimal | None) -> Any:
    held = [one for one in book if one and one.begins <= when and (one.ends is None or when < one.ends)]
    return max(held, key=lambda one: one.rank).amount if held else listed


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(course=courses)
async def test_own_prices_and_the_list_never_touch_each_other(stage: Stage, course: list[Any]) -> None:
    times = [day(0) + timedelta(hours=12 * half) for half in range(-8, 2 * len(course) + 12)]
    async with stage.registry() as bench:
        book: list[Simple | None] = []
        await sync(bench, 0, 2)
        believed: list[tuple[datetime, list[Any]]] = []
        for on, step in enumerate(course, start=1):
            bench.now = day(on)
            await bench.registry.bring_into_force()
            before = await bench.pool.fetch(UNCHANGING)
            if step[0] == "sync":
                await sync(bench, on, step[1])
                assert await bench.pool.fetch(UNCHANGING) == before
            else:
                await act(bench, on, step, book)
                after = await bench.pool.fetch(UNCHANGING)
                assert all(row in after for row in before)
            listed = await costs(bench, times, own=False)
            now = await costs(bench, times, own=True)
            assert now == [charged(book, when, cost) for when, cost in zip(times, listed, strict=True)]
            shown = (await bench.get("/api/models/swift-1"))["inputCostPerMillion"]
            assert shown == (now[times.index(day(on))] or "TBD")
            believed.append((day(on), now))
        await _the_past_is_as_it_was_believed(bench, times, believed)
        await _events_follow_each_other(bench)
        history = await bench.pool.fetch(LIST)
    async with stage.registry() as alone:
        await sync(alone, 0, 2)
        for on, step in enumerate(course, start=1):
            if step[0] == "sync":
                await sync(alone, on, step[1])
        assert await alone.pool.fetch(LIST) == history


async def _the_past_is_as_it_was_believed(bench: Bench, times: list[datetime], believed: list[Any]) -> None:
    for known, answers in believed[:-1]:
        usages = [{"model": "swift-1", "usage": {"input": 1_000_000}, "when": when.isoformat()} for when in times]
        said = (await post(bench, "/api/cost", {"usages": usages, "knownAt": known.isoformat()})).json()
        assert [line.get("cost") for line in said["lines"]] == answers


async def _events_follow_each_other(bench: Bench) -> None:
    said = await bench.said("pricing.changed")
    assert [one.revision for one in said] == list(range(said[0].revision, said[0].revision + len(said)))
    chain = [one for one in said if one.kind != "scheduled"]
    for earlier, later in pairwise(chain):
        assert later.old == earlier.new
