"""Promise 3 for prices: each change in `pricing_history` has its one event, and a model's revisions have no hole.

An event's old price is the new price of the one before, and the last one's is in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from history import History, Row, by_event

from ratecard_shared.codec import decode
from ratecard_shared.events import ModelChanged, PriceChangeKind, PriceSaid, PricingChanged
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED

LASTING: Final = {
    "models": (
        *("provider", "id", "display_name", "classification", "context_window", "max_output_tokens", "usability"),
        *("capabilities", "aliases", "found_on_page", "shutdown_date", "match", "revision", "merged_into"),
    ),
    "model_pricing": (
        *("provider", "model_id", "tier", "context_limit", "currency", "region"),
        *("input_cost_per_million", "output_cost_per_million", "rates", "free", "effective_until"),
    ),
    "pricing_history": (
        *("provider", "model_id", "recorded_as", "tier", "context_limit", "currency", "region"),
        *("input_cost_per_million", "output_cost_per_million", "rates", "free", "kind", "revision", "closed_by"),
    ),
    "quarantine": ("provider", "model_id", "tier", "context_limit", "currency", "region", "kind", "state", "open"),
}
"""What two runs of the same syncs have in common, by table: all but times and ids."""

Place = tuple[str, str]
Key = tuple[str, str, str, int, str, str]


def lasting(tables: Mapping[str, list[Row]]) -> dict[str, list[str]]:
    """Return of the tables what any run of the same syncs leaves behind, to be compared."""
    return {
        table: sorted(str([row[column] for column in columns]) for row in tables[table])
        for table, columns in LASTING.items()
    }


def prices(history: History) -> Iterator[str]:
    """Give what is wrong with revisions, with the history beside its events, and with the prices in force."""
    told = _first(history, PRICING_CHANGED)
    yield from _revisions(history, [*told, *_first(history, MODEL_CHANGED)])
    for events in (told, _first(history, MODEL_CHANGED)):
        yield from _order(events)
    yield from _recorded(history, told)
    yield from _chains(history, told)


def _first(history: History, topic: Any) -> list[Any]:
    """Return the events of a topic as a consumer that drops repeats sees them."""
    return [
        decode(records[0].value or b"", topic.carries) for records in by_event(history.records[topic.name]).values()
    ]


def _revisions(history: History, events: list[PricingChanged | ModelChanged]) -> Iterator[str]:
    said: dict[Place, list[int]] = defaultdict(list)
    for event in events:
        said[event.provider, event.model_id].append(event.revision)
    known = {(row["provider"], row["id"]): row["revision"] for row in history.tables["models"]}
    for place in said.keys() | known.keys():
        if sorted(said[place]) != [*range(1, known.get(place, 0) + 1)]:
            yield f"{'/'.join(place)} is at revision {known.get(place)}, and was told as {sorted(said[place])}"


def _order(events: list[Any]) -> Iterator[str]:
    last: dict[Place, int] = {}
    for event in events:
        place = (event.provider, event.model_id)
        if event.revision <= last.get(place, 0):
            yield f"{'/'.join(place)} was told revision {event.revision} after {last[place]}"
        last[place] = event.revision


def _recorded(history: History, told: list[PricingChanged]) -> Iterator[str]:
    recorded: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    for row in history.tables["pricing_history"]:
        if row["kind"] != "imported":
            recorded[row["provider"], row["recorded_as"], row["revision"]].append(row)
    for event in told:
        if event.source != "list" or (event.own and event.kind is PriceChangeKind.SCHEDULED):
            continue
        place = (event.provider, event.model_id, event.revision)
        new = event.list_price if event.own else event.new
        rows = recorded.pop(place, [])
        if [PriceSaid(rates=row["rates"], free=row["free"]) for row in rows] != ([new] if new else []):
            yield f"{place} was told as {new}, and recorded as {[row['rates'] for row in rows]}"
    own = {(event.provider, event.model_id, event.revision) for event in told if event.own}
    yield from (f"{place} is in the history and was not told" for place in recorded.keys() - own)


def _chains(history: History, told: list[PricingChanged]) -> Iterator[str]:
    last: dict[Key, PricingChanged] = {}
    for event in sorted(told, key=lambda event: event.revision):
        if event.kind is PriceChangeKind.SCHEDULED:
            continue
        key = (event.provider, event.model_id, event.tier, event.above_tokens, event.currency, event.region)
        before = last.get(key)
        if event.old != (before.new if before else None):
            yield f"{key} was {before and before.new}, and revision {event.revision} says {event.old} was the old price"
        last[key] = event
    in_force = {_key(row): PriceSaid(rates=row["rates"], free=row["free"]) for row in history.tables["model_pricing"]}
    for key in last.keys() | in_force.keys():
        newest = last.get(key)
        told_last = (newest.list_price if newest.own else newest.new) if newest else None
        if in_force.get(key) != told_last:
            yield f"{key} costs {in_force.get(key)}, and {told_last} was told last"


def _key(row: Row) -> Key:
    return (row["provider"], row["model_id"], row["tier"], row["context_limit"], row["currency"], row["region"])
