"""What the API shows of own prices: what is charged instead of what, since and until when, by whom and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ratecard_registry.change_views import SaidView, said_view
from ratecard_registry.rows import own_from
from ratecard_registry.stored import OwnKind, OwnState
from ratecard_registry.views import EvidenceView, RateView, View, evidence_view, rates_view


class OwnVersionView(View, frozen=True, kw_only=True):
    """An own price, or a version of one.

    `state` is scheduled, in_force, ended or withdrawn; a version is believed until `supersededAt`. `corrects` is what
    the list said when it was recorded. `id` is how costs and the history name the version.
    """

    number: int
    id: int
    kind: OwnKind
    state: OwnState
    provider: str
    model_id: str
    tier: str
    context_limit: int
    currency: str
    region: str
    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    rates: dict[str, RateView]
    free: bool
    effective_date: datetime
    end_date: datetime | None
    note: str
    evidence: EvidenceView | None
    corrects: SaidView | None
    recorded_at: datetime
    recorded_by: str
    superseded_at: datetime | None
    superseded_by: str | None
    reason: str


class OwnPriceView(OwnVersionView, frozen=True, kw_only=True):
    """An own price with all its versions, the newest last."""

    versions: tuple[OwnVersionView, ...]


class OwnPricesView(View, frozen=True, kw_only=True):
    """Own prices as they are now, the newest first."""

    data: tuple[OwnVersionView, ...]
    total: int


def version_view(row: Mapping[str, Any]) -> OwnVersionView:
    """Return what is shown of a row of `own_prices`."""
    return OwnVersionView(**_shown(row))


def own_price_view(row: Mapping[str, Any], versions: Iterable[Mapping[str, Any]]) -> OwnPriceView:
    """Return what is shown of an own price."""
    return OwnPriceView(**_shown(row), versions=tuple(map(version_view, versions)))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    own = own_from(row)
    price = own.price
    plain = {name: row[name] for name in OwnVersionView.__struct_fields__ if name in row.keys()}  # noqa: SIM118  # a record
    return {
        **plain,
        "kind": own.kind,
        "state": own.state,
        "input_cost_per_million": price.rates.get("input"),
        "output_cost_per_million": price.rates.get("output"),
        "rates": rates_view(price.rates),
        "evidence": evidence_view(price.evidence),
        "corrects": said_view(own.corrects),
    }
