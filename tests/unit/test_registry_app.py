"""What a registry does beside answering, and that one that only answers does none of it."""

from __future__ import annotations

from typing import Any

import pytest

from ratecard_registry import app
from ratecard_registry.settings import RegistrySettings
from ratecard_shared.service import Service
from ratecard_shared.settings import load

BACKENDS = {
    "DATABASE_URL": "postgresql://127.0.0.1:1/ratecard",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
}
APPLYING = {"relay", "forget", "bring-into-force", "tell-caches", "make-partitions", "prune", "prune-evidence", "count"}


@pytest.mark.parametrize("applies", ["true", "false"])
def test_a_registry_that_only_answers_consumes_relays_and_prunes_nothing(
    monkeypatch: pytest.MonkeyPatch, applies: str
) -> None:
    made: list[Service] = []

    class Noted(Service):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            made.append(self)

    monkeypatch.setattr(app, "Service", Noted)
    app.build(load(RegistrySettings, {**BACKENDS, "REGISTRY_APPLIES_SYNCS": applies}))
    (service,) = made
    steps = {name for name, *_ in (*service._steps, *service._kafka_steps)}  # noqa: SLF001  # a service does not tell
    consumes = list(service.kafka.broker.subscribers)
    assert {"heed-versions", "warm-memory", "look-at-keys"} <= steps
    if applies == "true":
        assert steps >= APPLYING
        assert len(consumes) == 3
    else:
        assert not steps & APPLYING
        assert not consumes
