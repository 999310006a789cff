"""The history checker: one sync of one provider with one price is faultless, and each thing done to it is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from history import SUBSCRIPTIONS, TABLES, History, Record
from history_checker import check
from join_sides import listed, priced, row

from ratecard_shared.codec import encode
from ratecard_shared.events import (
    EnrichedModel,
    ModelChanged,
    ModelChangeKind,
    ModelEnriched,
    PriceChangeKind,
    PriceSaid,
    PricingChanged,
    ProviderEnriched,
    ProviderOutcome,
    SideReport,
    SyncCompleted,
    SyncRequested,
    SyncStarted,
    Usability,
)
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import GROUPS, TOPICS

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAIR: Final[dict[str, Any]] = {"sync_id": "s", "provider": "acme"}
SAID: Final[dict[str, Any]] = {**PAIR, "occurred_at": NOW}
OF_JOIN: Final[dict[str, Any]] = {**SAID, "started_at": NOW, "generation": 1}
PRICE: Final = PriceSaid(rates={"input": Decimal(3)})
PLACED: Final[dict[str, Any]] = {
    "provider": "acme",
    "model_id": "one",
    "tier": "standard",
    "context_limit": 0,
    "currency": "USD",
}
SIDES: Final = SideReport(outcome="complete", count=1)
MODEL: Final = EnrichedModel(id="one", display_name="One", classification=("chat",), usability=Usability.AVAILABLE)
CHANGED: Final[dict[str, Any]] = {**SAID, "model_id": "one"}

EVENTS: Final[dict[str, list[Any]]] = {
    "sync.requested": [SyncRequested(event_id="s")],
    "sync.started": [SyncStarted(event_id=derived_id("started", "s", "acme"), deadline=NOW, **SAID)],
    "models.discovered": [listed("one")],
    "pricing.scraped": [priced(row("one", "3"))],
    "model.enriched": [
        ModelEnriched(event_id="m", model=MODEL, **OF_JOIN),
        ProviderEnriched(event_id="c", discovery=SIDES, pricing=SIDES, model_ids=("one",), **OF_JOIN),
    ],
    "model.changed": [
        ModelChanged(
            event_id="a",
            revision=1,
            kind=ModelChangeKind.APPEARED,
            display_name="One",
            usability=Usability.AVAILABLE,
            **CHANGED,
        )
    ],
    "pricing.changed": [
        PricingChanged(
            event_id="p", revision=2, kind=PriceChangeKind.FIRST_SEEN, new=PRICE, effective_date=NOW, **CHANGED
        )
    ],
    "sync.completed": [
        SyncCompleted(
            event_id="e",
            sync_id="s",
            occurred_at=NOW,
            success=True,
            providers=(ProviderOutcome(provider="acme", outcome="joined"),),
        )
    ],
}
FROM_OUTBOX: Final = ("sync.started", "model.enriched", "model.changed", "pricing.changed", "sync.completed")
ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "syncs": [{"sync_id": "s", "state": "completed"}],
    "sync_providers": [{**PAIR, "joined_sync_id": None}],
    "joins": [{**PAIR, "closed": True, "generation": 1}],
    "join_sides": [{**PAIR, "side": side, "attempt_id": "1"} for side in ("discovery", "pricing")],
    "sync_outcomes": [{**PAIR, "outcome": "joined", "generation": 1}],
    "models": [{"provider": "acme", "id": "one", "revision": 2}],
    "model_pricing": [{**PLACED, "region": "global", "rates": PRICE.rates, "free": False}],
    "pricing_history": [
        {
            **PLACED,
            "region": "global",
            "rates": PRICE.rates,
            "free": False,
            "recorded_as": "one",
            "kind": "first_seen",
            "revision": 2,
        }
    ],
}


def record(topic: str, offset: int, event: Any) -> Record:
    return Record(topic=topic, partition=0, offset=offset, key=b"k", value=encode(event), event_id=event.event_id)


def a_history() -> History:
    records: dict[str, list[Record]] = {topic.name: [] for topic in TOPICS}
    for topic, events in EVENTS.items():
        records[topic] = [record(topic, offset, event) for offset, event in enumerate(events)]
    tables: dict[str, list[Any]] = {table: [dict(one) for one in ROWS.get(table, ())] for table in TABLES}
    for group, topic in SUBSCRIPTIONS.items():
        if group not in {"discovery", "scraper"}:
            tables["inbox"] += [
                {"consumer": group, "event_id": one.event_id, "duplicates": 0} for one in records[topic]
            ]
    tables["outbox"] = [
        {
            "service": "some",
            "topic": topic,
            "key": "k",
            "event_id": one.event_id,
            "body": one.value,
            "published_at": NOW,
        }
        for topic in FROM_OUTBOX
        for one in records[topic]
    ]
    letters: dict[str, Any] = {group: {} for group in GROUPS}
    return History(records=records, letters=letters, behind={}, tables=tables)


def test_a_sync_that_nothing_disturbed_is_faultless() -> None:
    check(a_history())


def inbox(history: Any, group: str) -> Any:
    return next(one for one in history.tables["inbox"] if one["consumer"] == group)


def lose(topic: str, number: int = 0) -> Callable[[Any], Any]:
    return lambda history: history.records[topic].pop(number)


def drop(table: str, **which: Any) -> Callable[[Any], Any]:
    def spoil(history: Any) -> None:
        (one,) = (one for one in history.tables[table] if which.items() <= one.items())
        history.tables[table].remove(one)

    return spoil


def change(table: str, **what: Any) -> Callable[[Any], Any]:
    return lambda history: history.tables[table][0].update(what)


def again(topic: str, number: int = 0) -> Callable[[Any], Any]:
    def spoil(history: Any) -> None:
        there = history.records[topic]
        there.append(msgspec.structs.replace(there[number], offset=len(there)))
        for received in history.tables["inbox"]:
            received["duplicates"] += received["event_id"] == there[number].event_id

    return spoil


def says(topic: str, **what: Any) -> Callable[[Any], Any]:
    """Let the first event say something else, in its outbox, too."""

    def spoil(history: Any) -> None:
        before = history.records[topic][0]
        event = msgspec.structs.replace(EVENTS[topic][0], **what)
        history.records[topic][0] = msgspec.structs.replace(before, value=encode(event))
        (said,) = (one for one in history.tables["outbox"] if (one["topic"], one["body"]) == (topic, before.value))
        said["body"] = encode(event)

    return spoil


def forget_a_duplicate(history: Any) -> None:
    again("pricing.scraped")(history)
    inbox(history, "enricher-pricing")["duplicates"] = 0


FAULTS: Final[list[tuple[str, Callable[[Any], Any]]]] = [
    ("registry has not taken 1 records", lambda history: history.behind.update(registry=1)),
    ("1 events wait in the outbox", change("outbox", published_at=None)),
    ("registry counted 0 of m", drop("inbox", consumer="registry", event_id="m")),
    ("scheduler counted 0 of s", drop("inbox", consumer="scheduler")),
    ("enricher-pricing counted 1 of p", forget_a_duplicate),
    ("registry has applied x", lambda history: history.tables["inbox"].append(phantom())),
    ("registry counted 1 deliveries beyond", lambda history: inbox(history, "registry").update(duplicates=1)),
    ("registry set ('model.enriched', 0, 0) aside", lambda history: set_aside(history, b"")),
    ("another value of ('model.enriched', 0, 0)", lambda history: set_aside(history, b"other")),
    ("syncs: t is there and was not asked for", change("syncs", sync_id="t")),
    ("was due and is not there", lose("sync.started")),
    ("discovery has not answered ('s', 'acme')", lose("models.discovered")),
    ("has no whole attempt of scraper", drop("join_sides", side="pricing")),
    ("('s', 'acme') was started and is not there", drop("joins")),
    ("the join of ('s', 'acme') is open", change("joins", closed=False)),
    ("is at 2, but [1] were said", change("joins", generation=2)),
    ("has closings at [] of 1 events", lose("model.enriched", 1)),
    ("has closings at [0] of 2 events", lambda history: history.records["model.enriched"].reverse()),
    ("ended None with generation 1 of 1", change("sync_outcomes", outcome=None)),
    ("sync s is running", change("syncs", state="running")),
    ("was told to be complete 0 times", lose("sync.completed")),
    ("did not publish p on pricing.changed", lose("pricing.changed")),
    ("which is in no outbox", drop("outbox", event_id="p")),
    ("p on pricing.changed was said 2 times", lambda history: twice(history, "outbox", event_id="p")),
    ("1 copies of events were published", again("sync.completed")),
    ("acme/one is at revision 3, and was told as [1, 2]", change("models", revision=3)),
    ("was told as [1, 1]", says("pricing.changed", revision=1)),
    ("and recorded as []", drop("pricing_history")),
    ("is in the history and was not told", lambda history: twice(history, "pricing_history", number=5)),
    ("says PriceSaid", says("pricing.changed", old=PRICE)),
    ("and None was told last", says("pricing.changed", new=None)),
]


def phantom() -> dict[str, Any]:
    return {"consumer": "registry", "event_id": "x", "duplicates": 0}


def set_aside(history: Any, value: bytes) -> None:
    history.letters["registry"]["model.enriched", 0, 0] = value or history.records["model.enriched"][0].value


def twice(history: Any, table: str, number: int = 0, **which: Any) -> None:
    (one,) = (one for one in history.tables[table] if which.items() <= one.items())
    history.tables[table].append({**one, "revision": number} if number else dict(one))


@pytest.mark.parametrize(("said", "spoil"), FAULTS, ids=[said for said, _ in FAULTS])
def test_what_is_wrong_is_said(said: str, spoil: Callable[[Any], Any]) -> None:
    history = a_history()
    spoil(history)
    with pytest.raises(AssertionError) as caught:
        check(history)
    assert said in str(caught.value)


def test_what_deaths_explain_is_no_fault() -> None:
    history = a_history()
    again("sync.completed")(history)
    inbox(history, "registry")["duplicates"] += 2
    inbox(history, "scheduler-outcomes")["duplicates"] += 1
    check(history, redelivered={"registry": 2, "scheduler-outcomes": 1}, republished=1)
    with pytest.raises(AssertionError, match="registry counted 2 deliveries"):
        check(history, redelivered={"registry": 1, "scheduler-outcomes": 1}, republished=1)


def test_a_dead_letter_that_is_due_is_no_fault_and_missed_where_it_is_not() -> None:
    history = a_history()
    bad = Record(topic="alert.raised", partition=0, offset=0, key=None, value=b"no", event_id=None)
    history.records["alert.raised"].append(bad)
    with pytest.raises(AssertionError, match="counted 0 of None"):
        check(history)
    letters: Any = history.letters["scheduler-alerts"]
    letters[bad.place] = b"no"
    check(history, dead=[bad.place])
    with pytest.raises(AssertionError, match="is no dead letter"):
        check(history, dead=[bad.place, ("alert.raised", 0, 1)])
