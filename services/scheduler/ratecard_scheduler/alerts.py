"""Tells administrators by e-mail, Slack or any other channel that apprise knows. The log has every alert too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import apprise

from ratecard_scheduler.metrics import ALERTS_UNDELIVERED
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.settings import SettingsError

_LOG: Final = logging.getLogger(__name__)
_PLAIN: Final = apprise.NotifyFormat.TEXT  # or a mail is HTML: in one line, and a page's words are its tags
_TYPES: Final = {"critical": apprise.NotifyType.FAILURE, "info": apprise.NotifyType.INFO}


class UndeliveredError(Exception):
    """No channel took the message."""


def channels(settings: SchedulerSettings) -> dict[str, str]:
    """Return apprise's URL of each channel that is set, by variable. Raises SettingsError for one that is no use."""
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
    return {variable: url for variable, url in named.items() if url and url != settings.smtp_url}


class Channels:
    """Sends a message to every channel."""

    def __init__(self, urls: dict[str, str]) -> None:
        """Take apprise's URLs by the variables that they come from."""
        self._channels = {variable: apprise.Apprise() for variable in urls}
        for variable, url in urls.items():
            self._channels[variable].add(url)
            ALERTS_UNDELIVERED.labels(_name(variable))

    async def send(self, title: str, body: str, severities: Sequence[str]) -> None:
        """Send to all channels: one that fails does not keep the others from it. Raises UndeliveredError if all do."""
        worst = next((one for one in ("critical", "warning", "info") if one in severities), "warning")
        kind = _TYPES.get(worst, apprise.NotifyType.WARNING)
        failed = [
            variable
            for variable, channel in self._channels.items()
            if not await channel.async_notify(title=title, body=body, notify_type=kind, body_format=_PLAIN)
        ]
        for variable in failed:
            ALERTS_UNDELIVERED.labels(_name(variable)).inc()
            _LOG.error("%s did not take the message %r: look at what it is set to", variable, title)
        if failed and len(failed) == len(self._channels):
            raise UndeliveredError(f"no channel took {title!r}: {', '.join(failed)}")


def _name(variable: str) -> str:
    return variable.partition(" ")[0]
