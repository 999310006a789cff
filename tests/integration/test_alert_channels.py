"""Alerts reach a real SMTP server and a real HTTP listener; a channel that is down does not keep the others from it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from stack import free_port

from ratecard_scheduler.alerting import Pace, message, raised
from ratecard_scheduler.alerts import Channels, UndeliveredError, channels
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.events import AlertRaised
from ratecard_shared.settings import SettingsError, load

PACE = Pace(repeat=timedelta(hours=6), interval=timedelta(minutes=1))
ALERT = AlertRaised(
    event_id="a",
    sync_id="",
    occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    kind="scraping.blocked",
    severity="warning",
    summary="acme.example keeps us out: a <b>page</b> says so",
    action="Raise SCRAPING_DELAY_MS",
    provider="acme",
)


class Mailbox:
    """What an SMTP server received."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802  # its name
        self.mails.append(envelope.content)  # type: ignore[attr-defined]  # aiosmtpd ships no types
        return "250 taken"


async def test_mail_and_webhook_get_the_alert() -> None:
    bodies: list[dict[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    web_port, mail_port, mailbox = free_port(), free_port(), Mailbox()
    await web.TCPSite(runner, "127.0.0.1", web_port).start()
    mail = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    mail.start()
    try:
        environ = {
            "ALERT_EMAIL": "admin@example.com",
            "SMTP_URL": f"mailto://127.0.0.1:{mail_port}/?mode=insecure&from=ratecard@example.com",
            "ALERT_URLS": f"json://127.0.0.1:{free_port()} json://127.0.0.1:{web_port}/hook",
        }
        title, body = message([one for one in [raised(None, ALERT, ALERT.occurred_at, PACE)] if one])
        await Channels(channels(load(SchedulerSettings, environ))).send(title, body, ["warning"])
    finally:
        await asyncio.to_thread(mail.stop)
        await runner.cleanup()
    assert "acme.example keeps us out" in bodies[0]["message"]
    parsed = message_from_bytes(mailbox.mails[0])
    assert parsed["To"] == "admin@example.com"
    assert "scraping.blocked" in str(parsed["Subject"])
    assert parsed.get_content_type() == "text/plain", "as HTML it is one line, and a page's words are tags"
    assert str(parsed.get_payload()).splitlines() == body.splitlines()


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"ALERT_EMAIL": "admin@example.com"}, "SMTP_URL"),
        ({"ALERT_SLACK_WEBHOOK": "no-url-hunter2"}, "ALERT_SLACK_WEBHOOK"),
        ({"ALERT_URLS": "json://127.0.0.1 nothing-hunter2"}, "ALERT_URLS"),
    ],
)
def test_a_channel_that_cannot_be_is_named_but_not_shown(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        channels(load(SchedulerSettings, environ))
    assert "hunter2" not in str(caught.value)


def test_the_slack_webhook_of_the_guide_is_taken() -> None:
    url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert channels(load(SchedulerSettings, {"ALERT_SLACK_WEBHOOK": url})) == {"ALERT_SLACK_WEBHOOK": url}


async def test_a_message_that_no_channel_takes_is_an_error_that_shows_no_secret() -> None:
    urls = {"ALERT_URLS (number 1)": f"json://user:hunter2@127.0.0.1:{free_port()}"}
    with pytest.raises(UndeliveredError, match="ALERT_URLS") as caught:
        await Channels(urls).send("title", "body", ["warning"])
    assert "hunter2" not in str(caught.value)
    await Channels({}).send("title", "body", ["warning"])  # without any channel the log has to do
