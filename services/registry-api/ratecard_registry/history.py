"""What decided changes do to `pricing_history`: rows end, rows are no longer believed, rows are added. Pure.

A row is never rewritten: it gains an end or a time since when it is not believed, once, and nothing else changes. Each
row names the revision that added it and the one that closed it, so that every change has its one event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ratecard_registry.changes import Decision
from ratecard_registry.price_changes import PriceChange
from ratecard_registry.rows import price_row
from ratecard_shared.events import PriceChangeKind as Kind

Row = dict[str, Any]


class History(msgspec.Struct, kw_only=True):
    """Rows to end, to supersede and to add, in this order."""

    ended: list[Row]
    superseded: list[Row]
    added: list[Row]


def history_of(decisions: Sequence[Decision], *, now: datetime) -> list[History]:
    """Return the rows in waves: of one price there is at most one change per wave."""
    waves: list[History] = []
    for decision in decisions:
        first = first_price_revision(decision)
        earlier: dict[Any, int] = {}
        for revision, change in enumerate(decision.price_changes, start=first):
            wave = earlier.get(change.about.key, 0)
            earlier[change.about.key] = wave + 1
            if wave == len(waves):
                waves.append(History(ended=[], superseded=[], added=[]))
            _add(waves[wave], decision, change, revision, now)
    return waves


def first_price_revision(decision: Decision) -> int:
    """Return the revision of the first price event: the model's own event comes before it."""
    return decision.after.revision - len(decision.price_changes) + 1


def _add(wave: History, decision: Decision, change: PriceChange, revision: int, now: datetime) -> None:
    if change.announcement is not None:
        row = price_row(decision.after, change.announcement)
        wave.superseded.append({**row, "kind": Kind.SCHEDULED, "superseded_at": now, "closed_by": revision})
    if change.old is not None and change.kind in {Kind.CHANGED, Kind.WITHDRAWN}:
        row = price_row(decision.after, change.old)
        ending = {"end_date": change.effective_date, "end_recorded_at": now, "closed_by": revision}
        wave.ended.append({**row, **ending})
    if change.old is not None and change.kind is Kind.CORRECTED:
        row = price_row(decision.after, change.old)
        wave.superseded.append({**row, "kind": Kind.CORRECTED, "superseded_at": now, "closed_by": revision})
    if change.new is not None:
        row = price_row(decision.after, change.new)
        wave.added.append({**row, "kind": change.kind, "recorded_at": now, "revision": revision})
