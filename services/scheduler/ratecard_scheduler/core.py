"""What a request becomes: which providers start, which join a sync that already runs, which are unknown. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from ratecard_shared.events import SyncRequested


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The sync that a request becomes. `joined` maps a provider to the sync already running for it."""

    state: str
    starting: tuple[str, ...] = ()
    joined: dict[str, str] = {}
    error: str | None = None


def plan(
    request: SyncRequested,
    *,
    known: Collection[str],
    running: Mapping[str, str],
    age: timedelta,
    expires_after: timedelta,
) -> Plan:
    """Return what to do. `running` maps providers to the sync that runs for them; `age` is how old the request is."""
    if age > expires_after:
        return Plan(state="expired", error=f"the request is {age} old, and expires after {expires_after}: ask again")
    unknown = sorted(set(request.providers) - set(known))
    wanted = sorted(set(request.providers) & set(known)) if request.providers else sorted(known)
    error = _unknown(unknown, known) if unknown else None
    if not wanted:
        return Plan(state="refused", error=error or "there is no provider file, so there is nothing to sync")
    starting = tuple(provider for provider in wanted if provider not in running)
    joined = {provider: running[provider] for provider in wanted if provider in running}
    return Plan(state="running" if starting else "joined", starting=starting, joined=joined, error=error)


def _unknown(unknown: list[str], known: Collection[str]) -> str:
    return f"no provider file for {', '.join(unknown)}; known are {', '.join(sorted(known))}"


def deadline(started_at: datetime, timeout_ms: int) -> datetime:
    """Return when every side of the sync must have spoken."""
    return started_at + timedelta(milliseconds=timeout_ms)
