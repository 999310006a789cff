"""What a provider's outcome does to its row of failures: how many in a row, and when to try again. Pure.

A failed or partial provider is tried again by itself, later each time; a sync that was no retry gives it all its tries
anew. An outcome of an older sync changes nothing, and the same sync told in other words counts once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from ratecard_shared.events import AlertRaised, ProviderOutcome
from ratecard_shared.syncs import derived_id

FAILED: Final = "sync.failed"
FAILING: Final = "sync.failing"
FAILURES_THAT_ARE_CRITICAL: Final = 3
_JOINED: Final = "joined"
_MOST_ERRORS: Final = 3


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How often to try again, and how long after the first failure; each further wait is twice as long."""

    tries: int
    first_wait: timedelta


class Streak(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's failed syncs in a row. `retry_at` is when it is tried again, None if it is not."""

    provider: str
    sync_id: str
    started_at: datetime
    failed: int = 0
    retried: int = 0
    retry_at: datetime | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider ended in a sync that began then. `was_retry`: the sync was itself asked for to try again."""

    outcome: ProviderOutcome
    sync_id: str
    started_at: datetime
    was_retry: bool

    @property
    def well(self) -> bool:
        """Tell whether no side failed."""
        return self.outcome.outcome == _JOINED


def after(known: Streak | None, ended: Ended, now: datetime, patience: Patience) -> Streak | None:
    """Return the provider's new row, None if nothing changes."""
    if known and (known.started_at, known.sync_id) > (ended.started_at, ended.sync_id):
        return None
    again = known is not None and known.sync_id == ended.sync_id
    failed = known.failed if known else 0
    if again and ended.well == (failed == 0):
        return None
    fresh = Streak(provider=ended.outcome.provider, sync_id=ended.sync_id, started_at=ended.started_at)
    if ended.well:
        return fresh
    retried = known.retried if known and ended.was_retry else 0
    retry_at = now + patience.first_wait * 2**retried if retried < patience.tries else None
    return msgspec.structs.replace(fresh, failed=failed + 1, retried=retried, retry_at=retry_at)


def alert(streak: Streak, ended: Ended, now: datetime) -> AlertRaised:
    """Return the alert for a provider that failed; it is critical once it failed several times in a row."""
    critical = streak.failed >= FAILURES_THAT_ARE_CRITICAL
    errors = (
        "; ".join(f"{one.stage}: {one.error}" for one in ended.outcome.errors[:_MOST_ERRORS]) or "no error is known"
    )
    times = f", {streak.failed} times in a row" if streak.failed > 1 else ""
    again = (
        f"It is tried again at {streak.retry_at:%Y-%m-%d %H:%M} UTC."
        if streak.retry_at
        else "The schedule tries again."
    )
    return AlertRaised(
        event_id=derived_id(FAILED, streak.sync_id, streak.provider, streak.failed),
        sync_id=streak.sync_id,
        occurred_at=now,
        kind=FAILING if critical else FAILED,
        severity="critical" if critical else "warning",
        summary=f"the sync of {streak.provider} ended {ended.outcome.outcome}{times}: {errors}",
        action=f"{again} Its last good prices stay, marked as stale. Mend what the errors name.",
        provider=streak.provider,
    )


def recovery(kind: str, ended: Ended, now: datetime) -> AlertRaised:
    """Return the news that a provider's trouble is over."""
    provider = ended.outcome.provider
    return AlertRaised(
        event_id=derived_id("recovered", kind, provider, ended.sync_id),
        sync_id=ended.sync_id,
        occurred_at=now,
        kind=kind,
        severity="info",
        summary=f"{provider} was synced well again",
        action="Nothing is left to do.",
        provider=provider,
        recovered=True,
    )
