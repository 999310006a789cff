"""On `sync.started`: this provider's whole model list, or why there is none. A provider's fault is an event too.

Nothing here knows Kafka: the events to publish are returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from ratecard_discovery.faults import DiscoveryError
from ratecard_discovery.fetch import Asker
from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.spec import Expectations, Provider
from ratecard_shared.chunks import ItemTooLongError, alone, split
from ratecard_shared.events import DiscoveredModel, ModelsDiscovered, SideOutcome, SyncStarted
from ratecard_shared.http import Client
from ratecard_shared.retry import Patience, Sleep

_LOG: Final = logging.getLogger(__name__)
_TIME_TO_SAY_SO: Final = timedelta(seconds=2)
SECONDS_PER_REQUEST: Final = 15.0


async def discover(
    started: SyncStarted,
    *,
    provider: Provider | None,
    key: str | None,
    client: Client,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    sleep: Sleep = asyncio.sleep,
    timeout: float = SECONDS_PER_REQUEST,  # noqa: ASYNC109 - per request; the whole ends by the sync's deadline
) -> tuple[ModelsDiscovered, ...]:
    """Return the events that end discovery of `started.provider`, well before its deadline.

    `provider` is None where no file describes it, `key` where its variable is not set. `timeout` is in seconds.
    """
    key = (key or "").strip() or None
    patience = Patience(deadline=started.deadline - _TIME_TO_SAY_SO, now=now, sleep=sleep)
    said = ModelsDiscovered(
        event_id=new_id(),
        sync_id=started.sync_id,
        occurred_at=now(),
        provider=started.provider,
        outcome=SideOutcome.COMPLETE,
        chunk=alone(new_id()),
    )
    try:
        endpoint = endpoint_to_ask(started, provider, key)
        asker = Asker(endpoint=endpoint, key=key, client=client, patience=patience, timeout=timeout)
        models = await asker.models()
        check_expectations(models, provider.expect if provider else Expectations())
        return split(replace(said, occurred_at=now(), models=models))
    except NotTried as reason:
        _LOG.info("No discovery of %s: %s", started.provider, reason)
        return split(replace(said, outcome=SideOutcome.DISABLED, error=str(reason)))
    except (DiscoveryError, ItemTooLongError) as reason:
        _LOG.warning("Discovery of %s failed: %s", started.provider, reason)
        return split(replace(said, occurred_at=now(), outcome=SideOutcome.FAILED, error=str(reason)))


class NotTried(Exception):  # noqa: N818 - it is no error
    """Discovery is not tried, and why."""


def endpoint_to_ask(started: SyncStarted, provider: Provider | None, key: str | None) -> ListEndpoint:
    """Return the list endpoint. Raises NotTried, or DiscoveryError for a provider that nobody described."""
    if not started.discovery:
        raise NotTried("discovery is switched off (ENABLE_MODEL_DISCOVERY=false)")
    if provider is None:
        raise DiscoveryError(f"no provider file describes {started.provider!r}: add one (RATECARD_PROVIDERS)")
    if provider.models is None:
        raise NotTried("the provider file names no model list")
    if provider.models.key_variable and not key:
        raise NotTried(f"no key: set {provider.models.key_variable}")
    return provider.models


def check_expectations(models: tuple[DiscoveredModel, ...], expect: Expectations) -> None:
    """Raise DiscoveryError for a list that is too short to be whole."""
    if len(models) < expect.fewest_models:
        raise DiscoveryError(f"only {len(models)} models, at least {expect.fewest_models} are expected: nothing taken")
    if missing := sorted(set(expect.models) - {model.id for model in models}):
        raise DiscoveryError(f"the list lacks {', '.join(missing)}, which is always there: nothing taken")
