"""Which alerts are sent: each trouble once, again if it lasts or gets worse, and once more when it is over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ratecard_shared.events import AlertRaised

_RANKS: Final = {"info": 0, "warning": 1, "critical": 2}
_GATHER: Final = timedelta(seconds=5)


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of trouble of one provider or consumer. `times` counts how often it came since it was last told."""

    key: str
    kind: str
    provider: str | None
    severity: str
    summary: str
    action: str
    open: bool
    pending_since: datetime | None
    raised_at: datetime
    last_raised_at: datetime
    times: int
    sent_at: datetime | None = None

    @property
    def rank(self) -> int:
        """How bad it is."""
        return _RANKS.get(self.severity, 1)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble that lasts is told again after `repeat`; messages that are not critical keep `interval`."""

    repeat: timedelta
    interval: timedelta


def key_of(alert: AlertRaised) -> str:
    """Return what makes two alerts the same trouble."""
    about = alert.details.get("group") or alert.details.get("own_price") or ""
    return "/".join([alert.kind, alert.provider or "", about])


def raised(known: Trouble | None, alert: AlertRaised, now: datetime, pace: Pace) -> Trouble | None:
    """Return the trouble as it is after the alert; None where a recovery has nothing to recover from."""
    if alert.recovered:
        return _recovered(known, alert, now)
    lasting = known if known and known.open else None
    due = lasting is None or _again(lasting, alert, now, pace)
    return Trouble(
        key=key_of(alert),
        kind=alert.kind,
        provider=alert.provider,
        severity=alert.severity,
        summary=alert.summary,
        action=alert.action,
        open=True,
        pending_since=(lasting and lasting.pending_since) or (now if due else None),
        raised_at=lasting.raised_at if lasting else now,
        last_raised_at=now,
        times=(lasting.times if lasting else 0) + 1,
        sent_at=known.sent_at if known else None,
    )


def _again(lasting: Trouble, alert: AlertRaised, now: datetime, pace: Pace) -> bool:
    """Tell whether a trouble that lasts is told again: it got worse, or the last time was long ago.

    What is only news is told again once it says something else.
    """
    rank = _RANKS.get(alert.severity, 1)
    long_ago = lasting.sent_at is not None and now - lasting.sent_at >= pace.repeat
    return rank > lasting.rank or (long_ago and (rank > 0 or alert.summary != lasting.summary))


def _recovered(known: Trouble | None, alert: AlertRaised, now: datetime) -> Trouble | None:
    if known is None or not known.open:
        return None
    nobody_knows = known.pending_since is not None and (known.sent_at is None or known.sent_at < known.raised_at)
    return msgspec.structs.replace(
        known,
        open=False,
        summary=alert.summary,
        action=alert.action,
        times=1,
        pending_since=None if nobody_knows else now,
    )


def due(pending: Sequence[Trouble], last_sent: datetime | None, now: datetime, pace: Pace) -> tuple[Trouble, ...]:
    """Return what one message shall tell now, the worst first; nothing while it is wise to wait for more."""
    ordered = tuple(sorted(pending, key=lambda one: (-one.rank * one.open, one.key)))
    if any(one.open and one.severity == "critical" for one in ordered):
        return ordered
    gathered = any(one.pending_since is not None and now - one.pending_since >= _GATHER for one in ordered)
    paced = last_sent is None or now - last_sent >= pace.interval
    return ordered if gathered and paced else ()


def message(told: Sequence[Trouble]) -> tuple[str, str]:
    """Return the title and the body of one message about all of these."""
    if len(told) == 1:
        title = _named(told[0])
    else:
        critical = sum(one.open and one.severity == "critical" for one in told)
        over = sum(not one.open for one in told)
        parts = [f"{len(told)} alerts", f"{critical} critical" if critical else "", f"{over} over" if over else ""]
        title = ", ".join(part for part in parts if part)
    return f"Ratecard: {title}", "\n\n".join(_told(one, named=len(told) > 1) for one in told)


def _named(one: Trouble) -> str:
    return f"{'' if one.open else 'recovered: '}{one.kind}{f' ({one.provider})' if one.provider else ''}"


def _told(one: Trouble, *, named: bool) -> str:
    often = f" ({one.times} times since {one.raised_at:%Y-%m-%d %H:%M} UTC)" if one.open and one.times > 1 else ""
    head = f"[{one.severity if one.open else 'over'}] {_named(one)}\n" if named else ""
    return f"{head}{one.summary}{often}\n{one.action}".strip()
