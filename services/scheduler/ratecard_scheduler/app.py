"""The scheduler, wired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from ratecard_providers.load import described_providers
from ratecard_scheduler import slots
from ratecard_scheduler.alert_desk import AlertDesk
from ratecard_scheduler.alerting import Pace
from ratecard_scheduler.alerts import Channels, channels
from ratecard_scheduler.handlers import Scheduler
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.kafka import Kafka
from ratecard_shared.probes import probe_app
from ratecard_shared.service import Service
from ratecard_shared.topics import ALERT_RAISED, SYNC_COMPLETED, SYNC_REQUESTED

_SECONDS_BETWEEN_LOOKS_AT_THE_SCHEDULE: Final = 2.0
_SECONDS_BETWEEN_LOOKS_AT_ALERTS: Final = 2.0
_SECONDS_BETWEEN_COUNTS: Final = 15.0
_HOUR: Final = 3600.0


def build(settings: SchedulerSettings) -> Any:
    """Return the scheduler's ASGI app. Raises SettingsError for a schedule that cannot be."""
    slots.check(settings.sync_schedule_cron, settings.sync_timezone)
    told = channels(settings)
    kafka = Kafka(settings.kafka, client_id="ratecard-scheduler")
    service = Service("scheduler", kafka=kafka, database_settings=settings.database)
    known = described_providers(settings.service)
    scheduler = Scheduler(settings, known=known.keys(), pool=lambda: service.pool)
    pace = Pace(
        repeat=timedelta(milliseconds=settings.alert_repeat_ms),
        interval=timedelta(milliseconds=settings.alert_interval_ms),
    )
    alerts = AlertDesk(pool=lambda: service.pool, channels=Channels(told), pace=pace)
    kafka.consume(SYNC_REQUESTED, group="scheduler", handle=scheduler.on_requested)
    kafka.consume(SYNC_COMPLETED, group="scheduler-outcomes", handle=scheduler.on_completed)
    kafka.consume(ALERT_RAISED, group="scheduler-alerts", handle=alerts.on_alert)
    service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_SCHEDULE, scheduler.tick, name="schedule")
    service.every(_SECONDS_BETWEEN_LOOKS_AT_ALERTS, alerts.tell, name="alerts")
    service.every(_SECONDS_BETWEEN_COUNTS, scheduler.count, name="count")
    service.every(_HOUR, scheduler.forget, name="forget syncs")
    return probe_app(service.running, service.health, service.ended)
