"""Health in the shape of the deployment guide, and metrics. None of it needs a key.

Live: nothing has ended that only a restart brings back. Ready: it can answer. Health: how it and each
thing that it leans on is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ratecard_registry.cache import Cache
from ratecard_registry.describing import answers
from ratecard_registry.problems import as_json
from ratecard_registry.sync_view import Status, Syncs
from ratecard_registry.views import View

Checks = Callable[[], Awaitable[dict[str, str]]]


class SyncHealth(View, frozen=True, kw_only=True):
    """How syncs go: healthy, degraded (a provider's newest sync failed) or unknown (there was none yet)."""

    status: str
    last_sync: datetime | None
    next_sync: datetime | None
    models_discovered: int


class Backend(View, frozen=True, kw_only=True):
    """The registry itself, or a thing that it leans on, in a word."""

    status: str


class Life(View, frozen=True, kw_only=True):
    """`status` is alive or dead. `ended` says what has ended that only a restart brings back."""

    status: str
    ended: tuple[str, ...]


class Services(View, frozen=True, kw_only=True):
    """What the system consists of, as far as the registry sees."""

    model_sync: SyncHealth
    postgresql: Backend
    kafka: Backend
    redis: Backend


class Health(View, frozen=True, kw_only=True):
    """`status` is healthy, degraded (it answers, but something is down) or unhealthy (it cannot, yet)."""

    status: str
    services: Services


class Doctor:
    """Looks at the registry. `checks` says how the service, Kafka and PostgreSQL are, `warm` whether memory is full."""

    def __init__(
        self,
        *,
        checks: Checks,
        ended: Callable[[], Sequence[str]],
        cache: Cache,
        syncs: Syncs,
        warm: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wire it."""
        self._checks = checks
        self._ended = ended
        self._cache = cache
        self._syncs = syncs
        self._warm = warm

    async def look(self) -> Health:
        """Return how everything is."""
        checks = await self._checks()
        redis = "up" if await self._cache.ping() else "down"
        readable = checks["postgresql"] == "up" and checks["status"] != "starting"
        sync = sync_health(await self._syncs.status()) if readable else None
        services = Services(
            model_sync=sync or SyncHealth(status="unknown", last_sync=None, next_sync=None, models_discovered=0),
            postgresql=Backend(status=checks["postgresql"]),
            kafka=Backend(status=checks["kafka"]),
            redis=Backend(status=redis),
        )
        whole = readable and checks["kafka"] == redis == "up"
        answering = readable or (self._warm() and checks["status"] != "starting")
        return Health(status="healthy" if whole else "degraded" if answering else "unhealthy", services=services)

    def life(self) -> Life:
        """Tell whether a restart is needed, and why."""
        ended = tuple(self._ended())
        return Life(status="dead" if ended else "alive", ended=ended)

    async def ready(self) -> bool:
        """Tell whether requests can be answered."""
        return self._warm() or (await self._checks())["postgresql"] == "up"


def sync_health(status: Status) -> SyncHealth:
    """Return how syncs go in all."""
    last = [provider.last_sync for provider in status.providers if provider.last_sync]
    failed = any(provider.status == "failed" for provider in status.providers)
    return SyncHealth(
        status="degraded" if failed else "healthy" if last else "unknown",
        last_sync=max(last, default=None),
        next_sync=status.next_sync,
        models_discovered=sum(provider.models_discovered for provider in status.providers),
    )


@get(
    "/health",
    operation_id="getHealth",
    summary="See how everything is",
    responses={
        200: answers(Health, "How everything is"),
        503: answers(Health, "The same, while requests cannot be answered"),
    },
    tags=["operations"],
)
async def health(doctor: NamedDependency[Doctor]) -> Response[bytes]:
    """Return how the registry and everything that it leans on is; 503 if it cannot answer requests."""
    found = await doctor.look()
    return as_json(found, status=503 if found.status == "unhealthy" else 200)


@get(
    "/health/live",
    operation_id="isAlive",
    summary="Tell whether the process does its work",
    responses={200: answers(Life, "It does"), 503: answers(Life, "It does not, and only a restart helps")},
    tags=["operations"],
)
async def live(doctor: NamedDependency[Doctor]) -> Response[bytes]:
    """Answer 200 while the process does its work, 503 once a part of it has ended. An outage is no such end."""
    life = doctor.life()
    return as_json(life, status=503 if life.ended else 200)


@get(
    "/health/ready",
    operation_id="isReady",
    summary="Tell whether requests can be answered",
    responses={200: answers(Backend, "They can"), 503: answers(Backend, "They cannot, yet")},
    tags=["operations"],
)
async def ready(doctor: NamedDependency[Doctor]) -> Response[bytes]:
    """Answer 200 once requests can be answered, else 503."""
    can = await doctor.ready()
    return as_json({"status": "ready" if can else "not ready"}, status=200 if can else 503)


@get("/metrics", tags=["operations"], include_in_schema=False)
async def prometheus() -> Response[bytes]:
    """Return the metrics in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES: Sequence[Any] = (health, live, ready, prometheus)
