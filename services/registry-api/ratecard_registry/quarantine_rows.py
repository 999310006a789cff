"""Entries of the quarantine, and what syncs read, as rows of their tables, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from ratecard_registry.moves import Rows
from ratecard_registry.quarantined import Entry, State
from ratecard_registry.stored import Key
from ratecard_registry.suspicion import Suspicion
from ratecard_shared.events import PriceSaid
from ratecard_shared.prices import PriceRow

Rates = dict[str, Decimal]


def entry_from(row: Mapping[str, Any]) -> Entry:
    """Return the entry in a row of `quarantine`."""
    return Entry(
        id=row["id"],
        provider=row["provider"],
        model_id=row["model_id"],
        row=msgspec.convert(row["held"], PriceRow),
        old=msgspec.convert(row["old"], PriceSaid | None),
        suspicions=msgspec.convert(row["suspicions"], tuple[Suspicion, ...]),
        undecided=row["undecided"],
        seen_in=tuple(row["seen_in"]),
        first_seen_at=row["first_seen_at"],
        state=State(row["state"]),
        open=row["open"],
    )


def listed_from(rows: Rows | None) -> Any:
    """Return what a sync read of a model as `price_readings` has it."""
    return None if rows is None else list(rows.items())


def rows_from(listed: Any) -> Rows | None:
    """Return what a row of `price_readings` says was read."""
    return None if listed is None else dict(msgspec.convert(listed, list[tuple[Key, Rates]]))


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return a new row of `quarantine`."""
    row = entry.row
    return {
        "provider": entry.provider,
        "model_id": entry.model_id,
        "tier": row.tier,
        "context_limit": row.above_tokens,
        "currency": row.currency,
        "region": row.region,
        "effective_from": row.effective_from,
        "held": row,
        "old": entry.old,
        "first_seen_at": entry.first_seen_at,
        **judged_row(entry),
    }


def judged_row(entry: Entry) -> dict[str, Any]:
    """Return what syncs change in a row of `quarantine`."""
    return {
        "seen_in": list(entry.seen_in),
        "kind": entry.kind,
        "reason": entry.reason,
        "suspicions": entry.suspicions,
        "undecided": entry.undecided,
    }
