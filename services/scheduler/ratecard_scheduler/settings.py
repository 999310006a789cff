"""The scheduler's variables."""

from __future__ import annotations

from typing import Annotated

from ratecard_shared.settings import DatabaseSettings, Flag, KafkaSettings, Milliseconds, Secret, Settings, Text, takes


class SchedulerSettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """When to sync, what a sync may do, and whom to tell. `SYNC_TIMEOUT_MS` is the deadline of a sync.

    `ALERT_URLS` are further channels, apprise's URLs with blanks between.
    """

    kafka: KafkaSettings
    database: DatabaseSettings
    sync_schedule_cron: Text = "0 2 * * *"
    sync_timezone: Text = "UTC"
    sync_timeout_ms: Annotated[int, takes("a whole number of milliseconds from 1000", ge=1000)] = 300_000
    sync_request_expiry_ms: Milliseconds = 3_600_000
    enable_auto_sync: Flag = True
    enable_model_discovery: Flag = True
    enable_pricing_scraping: Flag = True
    alert_email: Text = ""
    alert_slack_webhook: Secret = ""
    alert_urls: Secret = ""
    smtp_url: Secret = ""
