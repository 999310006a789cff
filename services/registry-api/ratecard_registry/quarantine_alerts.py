"""What administrators are told about prices that are held back and pieces of pages that were refused. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ratecard_registry.quarantined import Entry
from ratecard_shared.events import AlertRaised, PricingScraped
from ratecard_shared.prices import Refusal
from ratecard_shared.syncs import derived_id

KIND: Final = "quarantine"
REFUSED: Final = "scraping.refused"
_MOST_NAMED: Final = 5
_LONGEST_PIECE: Final = 80


def held_back(entries: Sequence[Entry], *, sync_id: str, now: datetime) -> AlertRaised:
    """Return one alert for all that a sync of one provider held back."""
    provider = entries[0].provider
    named = "; ".join(f"{one.model_id} ({one.row.tier}): {one.reason}" for one in entries[:_MOST_NAMED])
    more = f"; and {len(entries) - _MOST_NAMED} more" if len(entries) > _MOST_NAMED else ""
    kinds = Counter(one.kind for one in entries)
    return AlertRaised(
        event_id=derived_id(KIND, provider, sync_id, *(one.id for one in entries)),
        sync_id=sync_id,
        occurred_at=now,
        kind=KIND,
        severity="warning",
        summary=f"{provider}: {_count(len(entries), 'price')} held back, the last good ones stay: {named}{more}",
        action=(
            f"Look at GET /api/admin/quarantine?provider={provider} and approve or reject each. A plain jump comes "
            "into force by itself once two later syncs in a row have said the same."
        ),
        provider=provider,
        details={kind: str(count) for kind, count in sorted(kinds.items())},
    )


def refused(scraped: PricingScraped, pieces: Sequence[Refusal], *, now: datetime) -> AlertRaised:
    """Return one alert for pieces of a provider's pages that were not refused before."""
    named = "; ".join(f"{one.reason}: {one.text[:_LONGEST_PIECE]!r}" for one in pieces[:_MOST_NAMED])
    return AlertRaised(
        event_id=derived_id(REFUSED, scraped.event_id),
        sync_id=scraped.sync_id,
        occurred_at=now,
        kind=REFUSED,
        severity="info",
        summary=f"{scraped.provider}: {_count(len(pieces), 'piece')} of its pages newly refused: {named}",
        action=(
            f"Look at `refused` in GET /api/admin/quarantine?provider={scraped.provider}. If these are prices, adapt "
            "the strategies in the provider file; nothing was taken from them."
        ),
        provider=scraped.provider,
        details={"pieces": str(len(pieces))},
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s are' if number != 1 else ' is'}"
