"""The scheduler, wired."""

from __future__ import annotations

from typing import Any

from ratecard_providers.load import described_providers
from ratecard_scheduler import slots
from ratecard_scheduler.alerts import Alerts, channels
from ratecard_scheduler.handlers import Scheduler
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.kafka import Kafka
from ratecard_shared.probes import probe_app
from ratecard_shared.service import Service
from ratecard_shared.topics import ALERT_RAISED, SYNC_COMPLETED, SYNC_REQUESTED

_SECONDS_BETWEEN_LOOKS_AT_THE_SCHEDULE = 2.0


def build(settings: SchedulerSettings) -> Any:
    """Return the scheduler's ASGI app. Raises SettingsError for a schedule that cannot be."""
    slots.check(settings.sync_schedule_cron, settings.sync_timezone)
    alerts = Alerts(channels(settings))
    kafka = Kafka(settings.kafka, client_id="ratecard-scheduler")
    service = Service("scheduler", kafka=kafka, database_settings=settings.database)
    known = described_providers(settings.service)
    scheduler = Scheduler(settings, known=known.keys(), pool=lambda: service.pool)
    kafka.consume(SYNC_REQUESTED, group="scheduler", handle=scheduler.on_requested)
    kafka.consume(SYNC_COMPLETED, group="scheduler-outcomes", handle=scheduler.on_completed)
    kafka.consume(ALERT_RAISED, group="scheduler-alerts", handle=lambda alert, _record: alerts.send(alert))
    service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_SCHEDULE, scheduler.tick, name="schedule")
    return probe_app(service.running, service.health)
