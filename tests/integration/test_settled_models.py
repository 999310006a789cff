"""A model of which an event says what is stored is moved on, and all is as a look at its prices would have left it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quarantine_yard import Yard, costs
from registry_events import closing, day, enriched, evidence, model, price
from registry_stage import OneConnection

from ratecard_registry.access import ADMINISTRATOR
from ratecard_registry.quarantine_desk import Desk
from ratecard_registry.settled import said, settled
from ratecard_registry.store import Store
from ratecard_registry.stored import Applied, StoredModel
from ratecard_shared.database import connected
from ratecard_shared.events import EnrichedModel, MatchExplained

NAMES: Final = ("swift-1", "swift-2", "swift-3")
TABLES: Final = {
    "models": "settled",
    "model_pricing": "",
    "scheduled_pricing": "",
    "pricing_history": "id",
    "quarantine": "id",
    "price_neighbours": "",
    "price_readings": "",
    "sync_status": "created_at updated_at",
    "sync_outcomes": "",
    "unmatched": "",
    "outbox": "id event_id body created_at trace",
}
"""What a sync writes, and which columns tell one run from another and nothing else."""

_amounts = st.sampled_from(["1", "2", "2.0", "150"])
_said_rows = st.tuples(
    _amounts, st.sampled_from(["standard", "batch"]), st.sampled_from([None, 0, 2, 5]), st.sampled_from(["", "anew"])
)
_prices = st.none() | st.lists(_said_rows, max_size=2, unique_by=lambda row: row[1])
_facts = st.sampled_from([{}, {}, {"context_window": None}, {"context_window": 1}, {"found_on_page": True}])
_models = st.dictionaries(st.sampled_from([*NAMES, "Swift One"]), st.tuples(_prices, _facts), max_size=4)
_syncs = st.tuples(st.sampled_from(["sync", "again", "unclosed", "failed", "undiscovered", "late"]), _models)
_repeats: st.SearchStrategy[Any] = st.tuples(
    st.sampled_from(["repeat", "repeat", "repeat, and approve amid"]), st.just({})
)
_decisions: st.SearchStrategy[Any] = st.tuples(st.sampled_from(["approve", "reject"]), st.just({}))


def _said(amount: str, *more: Any) -> Any:
    return ([(amount, "standard", None, ""), *more], {})


COURSES: Final = st.lists(st.one_of(_syncs, _repeats, _repeats, _decisions), min_size=2, max_size=7)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as connection:
        yield connection


_PAGE_MODEL: Final = ([("1", "standard", None, "")], {"found_on_page": True})
HAZARDS: Final[dict[str, list[Any]]] = {
    "prices that nobody verified meanwhile are no longer stale": [
        ("sync", {"swift-1": _said("1")}),
        ("failed", {"swift-1": (None, {})}),
        ("sync", {"swift-1": _said("1")}),
    ],
    "what an older sync says moves nothing back": [
        ("sync", {"swift-1": _said("1")}),
        ("repeat", {}),
        ("repeat", {}),
        ("late", {"swift-1": _said("1")}),
    ],
    "what was rejected ends when the page returns to what is in force": [
        ("sync", {"swift-1": _said("1")}),
        ("sync", {"swift-1": _said("150")}),
        ("reject", {}),
        ("sync", {"swift-1": _said("1")}),
    ],
    "what came into force amid the sync is not as before it": [
        ("sync", {"swift-1": _said("1"), "swift-2": _said("1")}),
        ("sync", {"swift-1": _said("1"), "swift-2": _said("150")}),
        ("repeat, and approve amid", {}),
    ],
    "a price that was missed is shown again": [
        ("sync", {"swift-1": _said("1", ("2", "batch", None, ""))}),
        ("sync", {"swift-1": _said("1")}),
        ("sync", {"swift-1": _said("1", ("2", "batch", None, ""))}),
    ],
    "the prices of a name that its page forgot are shown again": [
        ("sync", {"Swift One": _PAGE_MODEL}),
        ("undiscovered", {}),
        ("sync", {"Swift One": _PAGE_MODEL}),
    ],
    "a last day is taken back": [
        ("sync", {"swift-1": _said("1")}),
        ("sync", {"swift-1": ([("1", "standard", 5, "")], {})}),
        ("sync", {"swift-1": _said("1")}),
    ],
    "a page's name is found to be a model that has not changed": [
        ("sync", {"swift-1": _said("1")}),
        ("unclosed", {"Swift One": _PAGE_MODEL}),
        ("sync", {"swift-1": _said("1")}),
    ],
}


@pytest.mark.parametrize("course", HAZARDS.values(), ids=HAZARDS)
async def test_nothing_is_passed_that_a_look_would_change(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, course: list[Any]
) -> None:
    await _compare(connection, monkeypatch, course)


@pytest.mark.slow
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(course=COURSES)
async def test_what_is_passed_is_what_a_look_would_have_left(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, course: list[Any]
) -> None:
    await _compare(connection, monkeypatch, course)


async def test_the_second_sync_reads_no_price_and_neither_does_the_third(connection: asyncpg.Connection) -> None:
    passed = await _passed(connection, [costs("swift-1", "2"), costs("swift-2", "3")], syncs=3)
    assert passed == [set(), {"swift-1", "swift-2"}, {"swift-1", "swift-2"}]


@pytest.mark.parametrize("column", ["settled = NULL", "revision = revision + 1"])
async def test_a_model_that_another_release_wrote_is_looked_at_once(
    connection: asyncpg.Connection, column: str
) -> None:
    written = f"UPDATE models SET {column}"  # noqa: S608  # a constant of this test
    passed = await _passed(connection, [costs("swift-1", "2")], syncs=4, before_third=written)
    assert passed == [set(), {"swift-1"}, set(), {"swift-1"}]


def test_evidence_does_not_matter_and_all_else_does() -> None:
    def digest(one: EnrichedModel) -> str | None:
        return said(enriched(one, on=1))

    plain = model(prices=[price("2")])
    elsewhere = model(prices=[price("2", evidence=evidence("other words", sha256="other"))])
    assert digest(plain) == digest(elsewhere) is not None
    others = [
        model(prices=[price("3")]),
        model(prices=[price("2", free=True)]),
        model(prices=[price("2", tier="batch")]),
        model(prices=[price("2", above_tokens=1)]),
        model(prices=[price("2", currency="EUR")]),
        model(prices=[price("2", region="eu")]),
        model(prices=[price("2", output=None)]),
        model(prices=[price("2"), price("3", tier="batch")]),
        model(prices=[]),
        model(prices=[price("2")], context_window=1),
        model(prices=[price("2")], match=MatchExplained(name="Swift", method="exact", score=100.0)),
    ]
    assert len({digest(one) for one in (plain, *others)}) == len(others) + 1
    assert digest(model(prices=None)) is None
    assert digest(model(prices=[price("2"), price("2")])) is None
    assert digest(model(prices=[price("2", effective_from=day(9).date())])) is None
    assert digest(model(prices=[price("2", effective_until=day(9).date())])) is None


def test_a_name_that_lives_on_as_another_model_is_not_settled() -> None:
    facts = msgspec.structs.replace(model(), prices=None)
    applied = Applied(started_at=day(0), sync_id="sync-0", generation=1)
    stored = StoredModel(provider="acme", facts=facts, applied=applied, discovered_at=day(0), updated_at=day(0))
    assert settled(stored) == f"{stored.revision}:{said(enriched(model(), on=1))}"
    assert settled(msgspec.structs.replace(stored, merged_into="swift-2")) is None


async def _passed(
    connection: asyncpg.Connection, models: list[EnrichedModel], *, syncs: int, before_third: str = ""
) -> list[set[str]]:
    """Return which models each sync passed without a look at their prices."""
    yard, looked = Yard(connection), list[set[str]]()
    for on in range(syncs):
        if on == 2 and before_third:
            await connection.execute(before_third)
        said_now = [enriched(one, on=on) for one in models]
        yard.now = day(on)
        async with connection.transaction():
            passed = await Store().pass_unchanged(connection, said_now)
            looked.append({name for _, name in passed})
        await connection.execute("UPDATE models SET applied_at = applied_at - interval '1 second'")
        await yard.sync(on, *models)
    return looked


async def _compare(connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, course: list[Any]) -> None:
    quick = await _left_by(connection, course)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "pass_unchanged", _nothing)
        thorough = await _left_by(connection, course)
    for table, rows in quick.items():
        assert rows == thorough[table], table


async def _nothing(*_: Any) -> Any:
    return set()


async def _left_by(connection: asyncpg.Connection, course: list[Any]) -> dict[str, list[Any]]:
    """Return what the tables hold at the end of a course, which is rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await _run(connection, course)
        return {table: await _rows(connection, table, left_out) for table, left_out in TABLES.items()}
    finally:
        await transaction.rollback()


async def _run(connection: asyncpg.Connection, course: list[Any]) -> None:
    yard, on, models = Yard(connection), 0, list[EnrichedModel]()
    desk = Desk(pool=lambda: OneConnection(connection), tell_caches=_nothing, now=lambda: yard.now)
    for step, what in course:
        if step in {"approve", "reject"}:
            await _decide(connection, desk, step)
            continue
        if not step.startswith("repeat"):
            models = [_model(name, *said_of) for name, said_of in sorted(what.items())]
        on += step not in {"again", "late"}
        at = max(on - 1, 0) if step == "late" else on
        generation = 2 if step == "again" else 1
        half = len(models) // 2 if step == "repeat, and approve amid" else len(models)
        await yard.apply(at, *(enriched(one, on=at, generation=generation) for one in models[:half]))
        if half < len(models):
            yard.now += timedelta(minutes=1)
            await _decide(connection, desk, "approve")
            await yard.apply(at, *(enriched(one, on=at, generation=generation) for one in models[half:]))
        if step != "unclosed":
            sides = {"failed": {"pricing": "failed"}, "undiscovered": {"discovery": "failed"}}.get(step, {})
            ids = [one.id for one in models]
            await yard.apply(at, closing(*ids, on=at, generation=generation, **sides))


def _model(name: str, rows: list[Any] | None, facts: dict[str, Any]) -> EnrichedModel:
    prices = None if rows is None else [_price(name, *row) for row in rows]
    match = MatchExplained(name="Swift One", method="alias", score=100.0) if name == "swift-1" else None
    return model(name, prices, match=match, **facts)


def _price(name: str, amount: str, tier: str, until: int | None, words: str) -> Any:
    last_day = None if until is None else day(until).date()
    told = evidence(f"{name} {amount} {tier} {words}")
    return price(amount, name=name, tier=tier, effective_until=last_day, evidence=told)


async def _decide(connection: asyncpg.Connection, desk: Desk, step: str) -> None:
    held = await connection.fetchval("SELECT min(id) FROM quarantine WHERE open AND state = 'held'")
    if held is not None:
        await (desk.approve if step == "approve" else desk.reject)(held, "", ADMINISTRATOR)


async def _rows(connection: asyncpg.Connection, table: str, left_out: str) -> list[Any]:
    rows = await connection.fetch(f"SELECT to_jsonb(t) - $1::text[] AS row FROM {table} AS t", left_out.split())  # noqa: S608  # a constant of this test
    return sorted(json.dumps(row["row"], default=str, sort_keys=True) for row in rows)
