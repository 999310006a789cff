"""What the API says of an import: what it adds, what is recorded already, and what it leaves aside and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ratecard_registry.imports.entries import LeftAside
from ratecard_registry.imports.planning import Plan
from ratecard_registry.views import RateView, View, rates_view


class ImportedView(View, frozen=True, kw_only=True):
    """A price that is added to the past. `importedAs` is the list's name for the model."""

    provider: str
    model_id: str
    imported_as: str
    tier: str
    context_limit: int
    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, RateView]
    effective_date: datetime
    end_date: datetime


class LeftAsideView(View, frozen=True, kw_only=True):
    """An entry that is not taken, and why."""

    vendor: str
    id: str
    reason: str


class ImportView(View, frozen=True, kw_only=True):
    """What an import did, or with `dryRun` would do.

    `known` entries are of a time of which Ratecard has a price already; `doubts` need `force`. An `effectiveDate` of
    1970-01-01 means that the list does not say since when.
    """

    format: str
    sha256: str
    dry_run: bool
    added: int
    known: int
    doubts: tuple[str, ...]
    left_aside: tuple[LeftAsideView, ...]
    rows: tuple[ImportedView, ...]


def import_view(plan: Plan, left_aside: Iterable[LeftAside], *, sha256: str, format: str, dry_run: bool) -> ImportView:  # noqa: A002  # the API's word
    """Return what is shown of an import."""
    return ImportView(
        format=format,
        sha256=sha256,
        dry_run=dry_run,
        added=len(plan.rows),
        known=plan.known,
        doubts=plan.doubts,
        left_aside=tuple(LeftAsideView(vendor=one.vendor, id=one.id, reason=one.reason) for one in left_aside),
        rows=tuple(
            ImportedView(
                provider=row.place[0],
                model_id=row.place[1],
                imported_as=row.entry.id,
                tier=row.entry.tier,
                context_limit=row.entry.above_tokens,
                input_cost_per_million=row.entry.rates.get("input"),
                output_cost_per_million=row.entry.rates.get("output"),
                rates=rates_view(row.entry.rates),
                effective_date=row.effective_date,
                end_date=row.end_date,
            )
            for row in plan.rows
        ),
    )
