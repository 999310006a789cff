"""The scheduler's variables."""

from __future__ import annotations

from typing import Annotated

from ratecard_shared.settings import DatabaseSettings, Flag, KafkaSettings, Milliseconds, Secret, Settings, Text, takes


class SchedulerSettings(Settings, frozen=True, kw_only=True, rename="upper"):
    """When to sync, what a sync may do, and whom to tell. `SYNC_TIMEOUT_MS` is the deadline of a sync.

    A provider that failed is tried again `SYNC_RETRY_LIMIT` times, first after `SYNC_RETRY_DELAY_MS`, then after twice
    as long each time. `ALERT_URLS` are further channels, apprise's URLs with blanks between. A trouble that lasts is
    told again after `ALERT_REPEAT_MS`; messages that are not critical keep `ALERT_INTERVAL_MS` between them.
    """

    kafka: KafkaSettings
    database: DatabaseSettings
    sync_schedule_cron: Text = "0 2 * * *"
    sync_timezone: Text = "UTC"
    sync_timeout_ms: Annotated[int, takes("a whole number of milliseconds from 1000", ge=1000)] = 300_000
    sync_request_expiry_ms: Milliseconds = 3_600_000
    sync_retry_limit: Annotated[int, takes("a whole number from 0; 0 never tries again", ge=0, le=10)] = 3
    sync_retry_delay_ms: Annotated[int, takes("a whole number of milliseconds from 1000", ge=1000)] = 300_000
    enable_auto_sync: Flag = True
    enable_model_discovery: Flag = True
    enable_pricing_scraping: Flag = True
    alert_email: Text = ""
    alert_slack_webhook: Secret = ""
    alert_urls: Secret = ""
    alert_repeat_ms: Milliseconds = 21_600_000
    alert_interval_ms: Milliseconds = 60_000
    smtp_url: Secret = ""
