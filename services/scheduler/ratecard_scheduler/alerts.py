"""Tells administrators by e-mail, Slack or any other channel that apprise knows. The log has every alert too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import apprise

from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.events import AlertRaised
from ratecard_shared.settings import SettingsError

_LOG: Final = logging.getLogger(__name__)
_TYPES: Final = {"critical": apprise.NotifyType.FAILURE, "info": apprise.NotifyType.INFO}


def channels(settings: SchedulerSettings) -> tuple[str, ...]:
    """Return apprise's URL of each channel that is set. Raises SettingsError for one that cannot be used."""
    if settings.alert_email and not settings.smtp_url:
        raise SettingsError("ALERT_EMAIL is set, but SMTP_URL is not: it takes mailtos://user:password@host:587")
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs URLs that it refuses, secrets and all
    joint = "&" if "?" in settings.smtp_url else "?"
    mail = f"{settings.smtp_url}{joint}to={quote(settings.alert_email)}" if settings.alert_email else ""
    named = {"SMTP_URL": mail or settings.smtp_url, "ALERT_SLACK_WEBHOOK": settings.alert_slack_webhook}
    named |= {f"ALERT_URLS (number {n})": url for n, url in enumerate(settings.alert_urls.split(), 1)}
    for variable, url in named.items():
        if url and not apprise.Apprise().add(url):
            raise SettingsError(f"{variable} is a value that is not shown, but it takes a URL that apprise knows")
    return tuple(url for url in named.values() if url and url != settings.smtp_url)


class Alerts:
    """Sends each alert to every channel."""

    def __init__(self, urls: Sequence[str]) -> None:
        """Take apprise's URLs."""
        self._channels = apprise.Apprise()
        for url in urls:
            self._channels.add(url)

    async def send(self, alert: AlertRaised) -> None:
        """Log the alert and send it. A channel that fails is said in the log: the others get it all the same."""
        where = f" ({alert.provider})" if alert.provider else ""
        _LOG.error("ALERT %s%s: %s. %s", alert.kind, where, alert.summary, alert.action)
        if not self._channels:
            return
        sent = await self._channels.async_notify(
            title=f"Ratecard: {alert.kind}{where}",
            body=f"{alert.summary}\n\n{alert.action}",
            notify_type=_TYPES.get(alert.severity, apprise.NotifyType.WARNING),
        )
        if not sent:
            _LOG.error("The alert %s did not reach every channel: see ALERT_EMAIL and ALERT_SLACK_WEBHOOK", alert.kind)
