"""What the API shows of the quarantine: a held price beside the one in force, why, its evidence, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ratecard_registry.quarantined import Entry
from ratecard_registry.views import EvidenceView, RateView, View, evidence_view, rates_view


class FiguresView(View, frozen=True, kw_only=True):
    """What a price costs."""

    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, RateView]
    free: bool


class SuspicionView(View, frozen=True, kw_only=True):
    """One reason to hold a price back."""

    kind: str
    reason: str


class EntryView(View, frozen=True, kw_only=True):
    """One held price. `new` is what the page says, `old` the price in force when it was held, null for a first price.

    `state` is held, approved, rejected, released (two later syncs said the same) or withdrawn (the page says something
    else by now). `seenIn` are the latest syncs that said it.
    """

    id: int
    provider: str
    model_id: str
    tier: str
    context_limit: int
    currency: str
    region: str
    effective_from: date | None
    new: FiguresView
    old: FiguresView | None
    kind: str
    reason: str
    suspicions: tuple[SuspicionView, ...]
    evidence: EvidenceView | None
    seen_in: tuple[str, ...]
    first_seen_at: datetime
    state: str
    note: str
    decided_by: str | None
    decided_at: datetime | None


class RefusedView(View, frozen=True, kw_only=True):
    """A piece of a page that looked like a price and was not taken, and why."""

    provider: str
    text: str
    reason: str
    first_seen_at: datetime
    last_seen_at: datetime
    sync_id: str


class QuarantineView(View, frozen=True, kw_only=True):
    """Held prices, the newest first. `refused` is what the newest pages said and nobody took."""

    data: tuple[EntryView, ...]
    total: int
    refused: tuple[RefusedView, ...]


class LeftOverView(View, frozen=True, kw_only=True):
    """What a provider's last good list left over: names on its pages without a model, models without a price."""

    provider: str
    sync_id: str
    started_at: datetime
    unmatched_names: tuple[str, ...]
    unpriced_ids: tuple[str, ...]


class UnmatchedView(View, frozen=True, kw_only=True):
    """What the last good lists left over, per provider."""

    data: tuple[LeftOverView, ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> UnmatchedView:
        """Return what is shown of rows of `unmatched`."""
        return cls(
            data=tuple(
                LeftOverView(
                    provider=row["provider"],
                    sync_id=row["sync_id"],
                    started_at=row["started_at"],
                    unmatched_names=tuple(row["names"]),
                    unpriced_ids=tuple(row["unpriced_ids"]),
                )
                for row in rows
            )
        )


def entry_view(entry: Entry, row: Mapping[str, Any]) -> EntryView:
    """Return what is shown of an entry; `row` tells who decided it."""
    said = entry.row
    return EntryView(
        id=entry.id,
        provider=entry.provider,
        model_id=entry.model_id,
        tier=said.tier,
        context_limit=said.above_tokens,
        currency=said.currency,
        region=said.region,
        effective_from=said.effective_from,
        new=_figures(said.rates, free=said.free),
        old=_figures(entry.old.rates, free=entry.old.free) if entry.old else None,
        kind=entry.kind,
        reason=entry.reason,
        suspicions=tuple(SuspicionView(kind=one.kind.value, reason=one.reason) for one in entry.suspicions),
        evidence=evidence_view(said.evidence),
        seen_in=entry.seen_in,
        first_seen_at=entry.first_seen_at,
        state=entry.state.value,
        note=row["note"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )


def _figures(rates: dict[str, Decimal], *, free: bool) -> FiguresView:
    return FiguresView(
        input_cost_per_million=rates.get("input"),
        output_cost_per_million=rates.get("output"),
        rates=rates_view(rates),
        free=free,
    )
