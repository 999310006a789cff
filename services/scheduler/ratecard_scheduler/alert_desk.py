"""Keeps what troubles there are, and sends what is due. An alert is kept in the transaction that takes its event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_scheduler import alerting
from ratecard_scheduler.alerting import Pace, Trouble
from ratecard_scheduler.alerts import Channels
from ratecard_scheduler.metrics import ALERTS_RAISED, ALERTS_SENT
from ratecard_shared import inbox
from ratecard_shared.database import queries, transaction
from ratecard_shared.events import AlertRaised

QUERIES: Final = Path(__file__).with_name("alerts.sql")
CONSUMER: Final = "scheduler-alerts"
KEPT: Final = timedelta(days=30)
_SENDING: Final = 7_246_003
_LOG: Final = logging.getLogger(__name__)


class AlertDesk:
    """Takes alerts and tells administrators. `pool` and `now` are called when they are needed."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        channels: Channels,
        pace: Pace,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._channels = channels
        self._pace = pace
        self._now = now
        self._sql = queries(QUERIES)

    async def on_alert(self, alert: AlertRaised, _record: Any = None) -> None:
        """Log the alert and keep what it says; `tell` sends it."""
        key = alerting.key_of(alert)
        async with transaction(self._pool()) as connection:
            if not await inbox.first_time(connection, CONSUMER, alert.event_id, said_at=alert.occurred_at):
                return
            await self._sql.lock_trouble(connection, key=key)
            row = await self._sql.trouble(connection, key=key)
            trouble = alerting.raised(_trouble(row) if row else None, alert, self._now(), self._pace)
            if trouble:
                await self._sql.save_trouble(connection, **msgspec.structs.asdict(trouble))
        where = f" ({alert.provider})" if alert.provider else ""
        if not alert.recovered:
            ALERTS_RAISED.labels(alert.kind, alert.severity).inc()
            _LOG.error("ALERT %s%s: %s. %s", alert.kind, where, alert.summary, alert.action)
        elif trouble:
            _LOG.info("RECOVERED %s%s: %s", alert.kind, where, alert.summary)

    async def tell(self) -> None:
        """Send what is due in one message. Raises UndeliveredError, and keeps it, if no channel takes it."""
        async with transaction(self._pool()) as connection:
            if not await self._sql.only_teller(connection, key=_SENDING):
                return
            now = self._now()
            pending = [_trouble(row) async for row in self._sql.pending(connection)]
            told = alerting.due(pending, await self._sql.last_sent(connection), now, self._pace) if pending else ()
            if not told:
                return
            title, body = alerting.message(told)
            await self._channels.send(title, body, [one.severity for one in told if one.open])
            await self._sql.sent(connection, keys=[one.key for one in told], sent_at=now)
            await self._sql.forget(connection, before=now - KEPT)
        ALERTS_SENT.inc()


def _trouble(row: Any) -> Trouble:
    return Trouble(**{name: row[name] for name in Trouble.__struct_fields__})
