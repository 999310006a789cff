"""What discovery tells administrators: a provider without a key, and a list that could not be had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from scripted_server import Reply, scripted_server

from ratecard_discovery.app import Discovery
from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.spec import Provider
from ratecard_shared.events import AlertRaised, ModelsDiscovered, SyncStarted
from ratecard_shared.http import open_client
from ratecard_shared.kafka import Kafka
from ratecard_shared.topics import Topic


class Said:
    """Stands where Kafka does, and keeps what was published."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def publish(self, _topic: Topic, _key: str, event: Any) -> None:
        self.events.append(event)


async def said(keys: dict[str, str], reply: Reply, *, discovery: bool = True) -> list[Any]:
    """Return what discovery says of Acme, whose list answers so."""
    now, kafka = datetime.now(UTC), Said()
    started = SyncStarted(
        event_id="e1",
        sync_id="s1",
        occurred_at=now,
        provider="acme",
        deadline=now + timedelta(minutes=5),
        discovery=discovery,
    )
    async with scripted_server() as server, open_client() as client:
        server.answers("/models", reply)
        endpoint = ListEndpoint(url=f"{server.url}/models", key_variable="ACME_KEY")
        wired = Discovery(cast("Kafka", kafka), {"acme": Provider(id="acme", name="Acme", models=endpoint)}, keys)
        wired.client = client
        await wired.on_started(started)
    return kafka.events


@pytest.mark.parametrize("keys", [{}, {"ACME_KEY": ""}, {"ACME_KEY": " "}])
async def test_a_provider_without_a_key_is_told(keys: dict[str, str]) -> None:
    alert, ended = await said(keys, Reply())
    assert isinstance(ended, ModelsDiscovered)
    assert isinstance(alert, AlertRaised)
    assert (alert.kind, alert.severity, alert.provider) == ("provider.no-key", "info", "acme")
    assert "ACME_KEY" in alert.summary


async def test_a_list_that_could_not_be_had_is_told() -> None:
    alert, ended = await said({"ACME_KEY": "k3y"}, Reply(status=401))
    assert (alert.kind, alert.provider) == ("discovery.failed", "acme")
    assert ended.error in alert.summary


async def test_nothing_is_told_of_what_is_well_or_switched_off() -> None:
    (well,) = await said({"ACME_KEY": "k3y"}, Reply(body={"data": [{"id": "acme-1"}]}))
    (off,) = await said({}, Reply(), discovery=False)
    assert (well.outcome, off.outcome) == ("complete", "disabled")
