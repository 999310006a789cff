"""What the scheduler does: turns a request into one sync, ends it when its outcome is known, asks when it is due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
from aiokafka import ConsumerRecord

from ratecard_scheduler import failures, metrics, slots
from ratecard_scheduler.core import Plan, deadline, plan
from ratecard_scheduler.failures import Ended, Patience
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_scheduler.store import Store
from ratecard_shared import inbox, outbox
from ratecard_shared.database import transaction
from ratecard_shared.events import AlertRaised, SyncCompleted, SyncRequested, SyncStarted
from ratecard_shared.syncs import derived_id, sync_id
from ratecard_shared.topics import ALERT_RAISED, SYNC_REQUESTED, SYNC_STARTED
from ratecard_shared.tracing import about, mark_failed, root

SERVICE: Final = "scheduler"
RETRY: Final = "retry"
_OVER_WITH_A_GOOD_SYNC: Final = (
    failures.FAILED,
    failures.FAILING,
    "discovery.failed",
    "provider.no-key",
    "scraping.blocked",
    "scraping.structure",
)
_KEPT: Final = timedelta(days=90)
_LOG: Final = logging.getLogger(__name__)


class Scheduler:
    """The scheduler's handlers. `pool` and `now` are called when they are needed."""

    def __init__(
        self,
        settings: SchedulerSettings,
        *,
        known: Collection[str],
        pool: Callable[[], asyncpg.Pool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it with the names of the providers that have a file."""
        self._settings = settings
        self._known = known
        self._pool = pool
        self._now = now
        self._store = Store()
        self._patience = Patience(
            tries=settings.sync_retry_limit, first_wait=timedelta(milliseconds=settings.sync_retry_delay_ms)
        )

    async def on_requested(self, request: SyncRequested, record: ConsumerRecord) -> None:
        """Turn the request into the sync that its place in the topic names. A redelivery is the same sync."""
        sync = sync_id(record.topic, record.partition, record.offset, record.timestamp)
        with about(sync_id=sync):
            await self._take(sync, request, record)

    async def _take(self, sync: str, request: SyncRequested, record: ConsumerRecord) -> None:
        now = self._now()
        asked_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp > 0 else now
        async with transaction(self._pool()) as connection:
            if not await inbox.first_time(connection, SERVICE, sync, said_at=asked_at):
                return
            made = plan(
                request,
                known=self._known,
                running=await self._store.running(connection, now),
                age=now - asked_at,
                expires_after=timedelta(milliseconds=self._settings.sync_request_expiry_ms),
            )
            await self._start(connection, sync, request, made, now)
        _LOG.info("sync %s is %s: starting %s", sync, made.state, ", ".join(made.starting) or "nothing")

    async def _start(
        self, connection: asyncpg.Connection, sync: str, request: SyncRequested, made: Plan, now: datetime
    ) -> None:
        until = deadline(now, self._settings.sync_timeout_ms)
        await self._store.add(connection, sync, request, made, started_at=now, deadline=until)
        configs = await self._store.scraping_configs(connection, list(made.starting))
        for provider in made.starting:
            started = SyncStarted(
                event_id=derived_id("started", sync, provider),
                sync_id=sync,
                occurred_at=now,
                provider=provider,
                deadline=until,
                discovery=self._settings.enable_model_discovery,
                scraping=self._settings.enable_pricing_scraping,
                scraping_config=configs.get(provider),
            )
            await outbox.say(connection, service=SERVICE, topic=SYNC_STARTED, key=provider, event=started)
        if made.error:
            _LOG.error("sync %s: %s", sync, made.error)
            alert = _refused(sync, now, made.error)
            await self._alert(connection, alert)

    async def on_completed(self, completed: SyncCompleted, _record: ConsumerRecord) -> None:
        """Mark the sync as over, plan to try again what failed, and tell what is well again."""
        now = self._now()
        async with transaction(self._pool()) as connection:
            said_at = completed.occurred_at
            if not await inbox.first_time(connection, f"{SERVICE}-outcomes", completed.event_id, said_at=said_at):
                return
            await self._store.end(connection, completed.sync_id, success=completed.success, at=now)
            sync = await self._store.sync(connection, completed.sync_id)
            if sync is not None:
                await self._judge(connection, completed, sync, now)
        if not completed.success:
            mark_failed(
                ", ".join(f"{one.provider} {one.outcome}" for one in completed.providers if one.outcome != "joined")
            )
        _count(completed, now - sync["started_at"] if sync else None)

    async def _judge(
        self, connection: asyncpg.Connection, completed: SyncCompleted, sync: asyncpg.Record, now: datetime
    ) -> None:
        known = await self._store.streaks(connection, [one.provider for one in completed.providers])
        for outcome in completed.providers:
            ended = Ended(
                outcome=outcome,
                sync_id=completed.sync_id,
                started_at=sync["started_at"],
                was_retry=sync["requested_by"] == RETRY,
            )
            streak = failures.after(known.get(outcome.provider), ended, now, self._patience)
            if streak is None:
                continue
            await self._store.save_streak(connection, streak)
            if streak.failed:
                await self._alert(connection, failures.alert(streak, ended, now))
            else:
                await self._recover(connection, ended, now)

    async def _recover(self, connection: asyncpg.Connection, ended: Ended, now: datetime) -> None:
        provider = ended.outcome.provider
        over = await self._store.troubles_over(connection, provider, list(_OVER_WITH_A_GOOD_SYNC), ended.started_at)
        for trouble in over:
            await self._alert(connection, failures.recovery(trouble["kind"], ended, now))

    async def _alert(self, connection: asyncpg.Connection, alert: AlertRaised) -> None:
        await outbox.say(connection, service=SERVICE, topic=ALERT_RAISED, key=alert.kind, event=alert)

    async def forget(self) -> None:
        """Drop syncs of which nobody will ask any more."""
        await self._store.forget(self._pool(), self._now() - _KEPT)

    async def tick(self) -> None:
        """Ask for a sync if the newest slot of the schedule is not taken yet: missed ones are caught up once."""
        cron, zone, now = self._settings.sync_schedule_cron, self._settings.sync_timezone, self._now()
        if not self._settings.enable_auto_sync:
            await self._store.plan_next(self._pool(), cron, None)
            return
        slot = slots.last_slot(cron, zone, now)
        async with transaction(self._pool()) as connection:
            await self._store.plan_next(connection, cron, slots.next_slot(cron, zone, now))
            if await self._store.claim(connection, slot):
                await self._request(connection, "schedule", _scheduled(slot, now))
            elif retries := await self._store.take_retries(connection, now):
                await self._request(connection, RETRY, _retry(retries, now))
                for row in retries:
                    metrics.RETRIES.labels(row["provider"]).inc()

    async def _request(self, connection: asyncpg.Connection, key: str, event: SyncRequested) -> None:
        with root(f"ask for a sync: {key}"):
            await outbox.say(connection, service=SERVICE, topic=SYNC_REQUESTED, key=key, event=event)

    async def count(self) -> None:
        """Bring the metrics up to date that are read from the tables."""
        for provider, failed in (await self._store.failed_in_a_row(self._pool())).items():
            metrics.CONSECUTIVE_FAILURES.labels(provider).set(failed)


def _count(completed: SyncCompleted, took: timedelta | None) -> None:
    (metrics.SYNC_SUCCESS if completed.success else metrics.SYNC_FAILURE).inc()
    if took is not None:
        metrics.SYNC_SECONDS.observe(took.total_seconds())


def _retry(rows: Sequence[asyncpg.Record], now: datetime) -> SyncRequested:
    tries = ", ".join(f"{row['provider']} (try {row['retried']} after sync {row['sync_id']})" for row in rows)
    return SyncRequested(
        providers=tuple(row["provider"] for row in rows),
        requested_by=RETRY,
        reason=f"failed before: {tries}",
        requested_at=now,
        event_id=derived_id(RETRY, *(f"{row['provider']}/{row['sync_id']}/{row['retried']}" for row in rows)),
    )


def _scheduled(slot: datetime, now: datetime) -> SyncRequested:
    return SyncRequested(
        requested_by="schedule",
        reason=f"slot {slot.isoformat()}",
        requested_at=now,
        event_id=derived_id("slot", slot.isoformat()),
    )


def _refused(sync: str, now: datetime, error: str) -> Any:
    return AlertRaised(
        event_id=derived_id("refused", sync),
        sync_id=sync,
        occurred_at=now,
        kind="sync-refused",
        severity="warning",
        summary=error,
        action="Name providers that have a file, or none for all.",
    )
