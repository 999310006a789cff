"""A machine that is gone says nothing: PostgreSQL must not keep its locks for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from wire import wire

from ratecard_shared import database, outbox
from ratecard_shared.database import open_pool
from ratecard_shared.events import AlertRaised
from ratecard_shared.settings import DatabaseSettings
from ratecard_shared.topics import ALERT_RAISED

SERVICE = "test"
EVENT = AlertRaised(
    event_id="one",
    sync_id="",
    occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    kind="test",
    severity="info",
    summary="one",
    action="none",
)


class Producer:
    """Takes what is sent; with `hangs` it is never acknowledged, as in an outage of Kafka."""

    def __init__(self, *, hangs: bool) -> None:
        self.sent = asyncio.Event()
        self._hangs = hangs

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[None]:
        self.sent.set()
        acknowledged = asyncio.get_running_loop().create_future()
        if not self._hangs:
            acknowledged.set_result(None)
        return acknowledged


async def test_a_relay_whose_machine_is_gone_does_not_hold_the_others_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database.SERVER, "idle_in_transaction_session_timeout", "1s")
    port = urlsplit(database_url).port
    assert port
    stuck, works = Producer(hangs=True), Producer(hangs=False)
    async with wire(port) as line:
        there = await open_pool(DatabaseSettings(database_url=database_url))
        gone = await open_pool(DatabaseSettings(database_url=database_url.replace(f":{port}/", f":{line.port}/")))
        await outbox.say(there, service=SERVICE, topic=ALERT_RAISED, key="k", event=EVENT)
        relaying = asyncio.create_task(outbox.relay(gone, stuck, service=SERVICE))
        await stuck.sent.wait()
        line.stall()
        assert await outbox.relay(there, works, service=SERVICE) == 0
        async with asyncio.timeout(30):
            while await outbox.relay(there, works, service=SERVICE) == 0:  # noqa: ASYNC110  # PostgreSQL ends it
                await asyncio.sleep(0.1)
        relaying.cancel()
        line.cut()
        line.flow()
        await asyncio.wait([relaying])
        gone.terminate()
        await there.close()
