"""Judges what a run has left behind by promises 1 to 4 of delivery, whatever was killed, cut or slow meanwhile.

    await until_caught_up(environment)
    check(await read_history(environment))

Each produced record is an effect, a recorded duplicate or a dead letter, and counted as such; no effect is there twice.
After deaths and outages say what may have come again: `redelivered` is how many deliveries beyond one of each record
a group may have counted, `republished` how many copies of events the relays may have published (None: any number).
`dead` are the places of the records that must be dead letters; no others may be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from history import SUBSCRIPTIONS, History, Place, Record, by_event
from history_prices import prices

from ratecard_shared.codec import decode
from ratecard_shared.events import Chunk, Enriched, ProviderEnriched
from ratecard_shared.syncs import derived_id
from ratecard_shared.topics import (
    MODEL_CHANGED,
    MODEL_ENRICHED,
    MODELS_DISCOVERED,
    PRICING_CHANGED,
    PRICING_SCRAPED,
    SYNC_COMPLETED,
    SYNC_REQUESTED,
    SYNC_STARTED,
)

_STATELESS: Final = {"discovery": MODELS_DISCOVERED.name, "scraper": PRICING_SCRAPED.name}
"""Groups without an inbox: their effect is an answer on this topic."""
_ONLY_FROM_OUTBOXES: Final = {
    topic.name for topic in (SYNC_STARTED, MODEL_ENRICHED, PRICING_CHANGED, MODEL_CHANGED, SYNC_COMPLETED)
}
_MOST_SHOWN: Final = 20

Pair = tuple[str, str]
"""A sync and a provider."""


class _Part(msgspec.Struct, frozen=True):
    """What counts of a chunk."""

    sync_id: str
    provider: str
    chunk: Chunk


def check(
    history: History,
    *,
    redelivered: Mapping[str, int] | None = MappingProxyType({}),
    republished: int | None = 0,
    dead: Collection[Place] = (),
) -> None:
    """Raise AssertionError, with what is wrong, unless the promises hold."""
    kinds = faults(history, redelivered=redelivered, republished=republished, dead=dead).values()
    found = [fault for kind in kinds for fault in kind]
    more = f"\n... and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    assert not found, f"{len(found)} faults:\n" + "\n".join(found[:_MOST_SHOWN]) + more


def faults(
    history: History, *, redelivered: Mapping[str, int] | None, republished: int | None, dead: Collection[Place] = ()
) -> dict[str, list[str]]:
    """Return what is wrong, by the promise that was broken; each promise is there."""
    events = {
        topic: [record for record in records if record.place not in dead] for topic, records in history.records.items()
    }
    of_events = msgspec.structs.replace(history, records=events)
    counted = (*_counted(history, redelivered), *_set_aside(history, dead), *_answered(of_events))
    return {
        "nothing is left to do": [*_waiting(history)],
        "1: each record is an effect, a duplicate or a dead letter": [*counted],
        "3: each change is told, in order, at least once": [*_published(of_events, republished), *prices(of_events)],
        "4: each start is joined and ends": [*_started(of_events), *_joined(of_events), *_ended(of_events)],
    }


def _waiting(history: History) -> Iterator[str]:
    for group, number in history.behind.items():
        if number:
            yield f"{group} has not taken {number} records"
    if waiting := sum(row["published_at"] is None for row in history.tables["outbox"]):
        yield f"{waiting} events wait in the outbox"


def _counted(history: History, most_again: Mapping[str, int] | None) -> Iterator[str]:
    """Promise 1, where there is an inbox: records are its rows, their duplicates and dead letters."""
    for group in sorted(SUBSCRIPTIONS.keys() - _STATELESS.keys()):
        again = 0
        rows = {row["event_id"]: row for row in history.tables["inbox"] if row["consumer"] == group}
        for event_id, records in by_event(history.records[SUBSCRIPTIONS[group]]).items():
            dead = sum(record.place in history.letters[group] for record in records)
            row = rows.pop(event_id, None)
            counted = row["duplicates"] + 1 if row else 0
            if counted + dead < len(records):
                places = ", ".join(_named(record) for record in records)
                yield f"{group} counted {counted} of {event_id} and set {dead} aside, but there are {places}"
            again += max(0, counted + dead - len(records))
        for event_id in rows:
            yield f"{group} has applied {event_id}, which nobody has said"
        if most_again is not None and again > (most := most_again.get(group, 0)):
            yield f"{group} counted {again} deliveries beyond one of each record, and {most} can be explained"


def _set_aside(history: History, expected: Collection[Place]) -> Iterator[str]:
    values = {record.place: record.value for records in history.records.values() for record in records}
    for group, letters in history.letters.items():
        for place, value in letters.items():
            if place not in values:
                yield f"dlq.{group} has {place}, which is no record"
            elif (values[place] or b"") != (value or b""):
                yield f"dlq.{group} has another value of {place}"
            if place not in expected:
                yield f"{group} set {place} aside"
    everywhere = {place for letters in history.letters.values() for place in letters}
    yield from (f"{place} is no dead letter" for place in expected if place not in everywhere)


def _started(history: History) -> Iterator[str]:
    """Each request is one sync, and each provider of it was started once."""
    asked = by_event(history.records[SYNC_REQUESTED.name]).keys()
    yield from _differ("syncs", {row["sync_id"] for row in history.tables["syncs"]}, "asked for", asked)
    due = {derived_id("started", *pair) for pair in _pairs(history)}
    yield from _differ("sync.started", by_event(history.records[SYNC_STARTED.name]).keys(), "due", due)


def _answered(history: History) -> Iterator[str]:
    """Promise 1, where there is no inbox: each start was answered with a whole attempt, and one attempt was taken."""
    pairs = _pairs(history)
    taken = {(row["side"], row["sync_id"], row["provider"]): row["attempt_id"] for row in history.tables["join_sides"]}
    for group, topic in _STATELESS.items():
        whole = _whole_attempts(history.records[topic])
        side = "discovery" if group == "discovery" else "pricing"
        for pair in sorted(pairs):
            if not whole[pair]:
                yield f"{group} has not answered {pair}"
            elif taken.get((side, *pair)) not in whole[pair]:
                yield f"the join of {pair} has no whole attempt of {group}"
        yield from (f"{group} answered {pair}, which nobody has started" for pair in whole.keys() - pairs)


def _whole_attempts(records: list[Record]) -> dict[Pair, set[str]]:
    seen: dict[tuple[Pair, str, int], set[int]] = defaultdict(set)
    for record in records:
        part = msgspec.json.decode(record.value or b"", type=_Part)
        seen[(part.sync_id, part.provider), part.chunk.attempt_id, part.chunk.total].add(part.chunk.index)
    found: dict[Pair, set[str]] = defaultdict(set)
    for (pair, attempt, total), indexes in seen.items():
        found[pair] |= {attempt} if len(indexes) == total else set()
    return found


def _joined(history: History) -> Iterator[str]:
    """Promise 4: each start was joined. Each generation is closed once, after its models."""
    joins = {(row["sync_id"], row["provider"]): row for row in history.tables["joins"]}
    yield from _differ("joins", joins.keys(), "started", _pairs(history))
    said: dict[Pair, dict[int, list[Enriched]]] = defaultdict(lambda: defaultdict(list))
    for records in by_event(history.records[MODEL_ENRICHED.name]).values():
        event: Enriched = decode(records[0].value or b"", MODEL_ENRICHED.carries)
        said[event.sync_id, event.provider][event.generation].append(event)
    for pair, join in joins.items():
        if not join["closed"]:
            yield f"the join of {pair} is open"
        if sorted(said[pair]) != [*range(1, join["generation"] + 1)]:
            yield f"the join of {pair} is at {join['generation']}, but {sorted(said[pair])} were said"
        for generation, events in said[pair].items():
            closings = [place for place, event in enumerate(events) if isinstance(event, ProviderEnriched)]
            if closings != [len(events) - 1]:
                yield f"generation {generation} of {pair} has closings at {closings} of {len(events)} events"


def _ended(history: History) -> Iterator[str]:
    """Promise 4: each sync has ended, for each of its providers, and that was told."""
    joins = {(row["sync_id"], row["provider"]): row["generation"] for row in history.tables["joins"]}
    ended = {(row["sync_id"], row["provider"]): row for row in history.tables["sync_outcomes"]}
    yield from _differ("outcomes", ended.keys(), "started", _pairs(history))
    for pair, row in ended.items():
        if row["outcome"] is None or row["generation"] != joins.get(pair):
            yield f"{pair} ended {row['outcome']} with generation {row['generation']} of {joins.get(pair)}"
    told: Counter[str] = Counter()
    for records in by_event(history.records[SYNC_COMPLETED.name]).values():
        told[decode(records[0].value or b"", SYNC_COMPLETED.carries).sync_id] += 1
    for row in history.tables["syncs"]:
        if row["state"] in {"running", "joined"}:
            yield f"sync {row['sync_id']} is {row['state']}"
        late = [generation - 1 for (sync, _), generation in joins.items() if sync == row["sync_id"]]
        if late and not 1 <= told[row["sync_id"]] <= 1 + sum(late):
            yield f"sync {row['sync_id']} was told to be complete {told[row['sync_id']]} times"


def _published(history: History, most_copies: int | None) -> Iterator[str]:
    """Promise 3: what is in an outbox is in Kafka, in these bytes, and nothing else is where only outboxes speak."""
    there = Counter(
        (record.topic, record.key, record.value) for records in history.records.values() for record in records
    )
    said: Counter[tuple[str, bytes, bytes]] = Counter()
    times = Counter((row["topic"], row["event_id"]) for row in history.tables["outbox"])
    for row in history.tables["outbox"]:
        event = (row["topic"], row["key"].encode(), row["body"])
        said[event] += 1
        if row["published_at"] is not None and not there[event]:
            yield f"{row['service']} did not publish {row['event_id']} on {row['topic']}"
    yield from (
        f"{event_id} on {topic} was said {number} times"
        for (topic, event_id), number in times.items()
        if topic in _ONLY_FROM_OUTBOXES and number > 1
    )
    for event in there:
        if event[0] in _ONLY_FROM_OUTBOXES and event not in said:
            yield f"{event[0]} has {(event[2] or b'')[:100]!r}, which is in no outbox"
    copies = sum(there[event] - number for event, number in said.items() if there[event] > number)
    if most_copies is not None and copies > most_copies:
        yield f"{copies} copies of events were published, and {most_copies} can be explained"


def _pairs(history: History) -> set[Pair]:
    rows = history.tables["sync_providers"]
    return {(row["sync_id"], row["provider"]) for row in rows if row["joined_sync_id"] is None}


def _differ(what: str, there: Collection[object], which: str, due: Collection[object]) -> Iterator[str]:
    yield from (f"{what}: {one} is there and was not {which}" for one in {*there} - {*due})
    yield from (f"{what}: {one} was {which} and is not there" for one in {*due} - {*there})


def _named(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
