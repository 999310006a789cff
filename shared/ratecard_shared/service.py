"""How every service runs: an HTTP port for health and metrics (and the API), Kafka, PostgreSQL, background steps.

The port answers at once; PostgreSQL and Kafka are waited for, saying what is missing. An outage is not death.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeVar

import asyncpg
import uvicorn
from aiokafka.errors import KafkaError

from ratecard_shared import database, inbox, outbox, telemetry
from ratecard_shared.kafka import Kafka
from ratecard_shared.liveness import Watchdog, ended_consumers
from ratecard_shared.measuring import measure_lag, measure_outbox
from ratecard_shared.metrics import OUTBOX_PUBLISHED_TOTAL, STEP_FAILURES_TOTAL
from ratecard_shared.patience import wait_between_empty_fetches
from ratecard_shared.settings import DatabaseSettings, ServiceSettings, Settings, SettingsError, load

_LOG: Final = logging.getLogger(__name__)
_LONGEST_WAIT: Final = 15.0
_RELAY_SECONDS: Final = 0.2
_HOUR: Final = 3600.0
_SECONDS_BETWEEN_MEASUREMENTS: Final = 5.0
_SECONDS_TO_STOP: Final = 20
_SECONDS_TO_END: Final = 27
_SECONDS_TO_KNOCK: Final = 5
_SECONDS_TO_PING: Final = 2.0

_ABSENT: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

S = TypeVar("S", bound=Settings)
Step = Callable[[], Awaitable[Any]]


class Service:
    """One running service. Parts that need PostgreSQL take `pool` when they run, not when they are wired."""

    def __init__(
        self,
        name: str,
        *,
        kafka: Kafka,
        database_settings: DatabaseSettings | None = None,
        relays: bool = True,
    ) -> None:
        """Wire a service. With a database it has an outbox, whose relay another replica may have."""
        self.name = name
        self.kafka = kafka
        self.state = "starting"
        self._database = database_settings
        self._pool: asyncpg.Pool | None = None
        self._steps: list[tuple[str, float, Step, asyncio.Event | None]] = []
        self._kafka_steps: list[tuple[str, float, Step, asyncio.Event | None]] = []
        self._loops: list[asyncio.Task[None]] = []
        if database_settings and relays:
            self._kafka_steps.append(("relay", _RELAY_SECONDS, self._relay, kafka.handled))
            self.every(_HOUR, self._forget, name="forget")
        self._kafka_steps.append(("measure", _SECONDS_BETWEEN_MEASUREMENTS, self._measure, None))
        for step in self._kafka_steps:
            STEP_FAILURES_TOTAL.labels(name, step[0])

    @property
    def pool(self) -> asyncpg.Pool:
        """The connection pool. Only inside a running service that has a database."""
        if self._pool is None:
            raise RuntimeError(f"{self.name} has no open database pool")
        return self._pool

    def every(self, seconds: float, step: Step, *, name: str) -> None:
        """Run a background step again and again, with this pause between, whether Kafka is there or not.

        A failure is logged and tried again.
        """
        self._steps.append((name, seconds, step, None))
        STEP_FAILURES_TOTAL.labels(self.name, name)

    @asynccontextmanager
    async def running(self, *_: Any) -> AsyncIterator[None]:
        """Run the service for as long as the block lasts: the lifespan of its ASGI app."""
        watching = asyncio.create_task(Watchdog().watch())
        life = asyncio.create_task(self._live())
        life.add_done_callback(_end_process_on_crash)
        try:
            yield
        finally:
            watching.cancel()
            self.state = "stopping"
            self.kafka.stopping.set()
            await asyncio.wait([life], timeout=_SECONDS_TO_STOP)
            life.cancel()
            await asyncio.to_thread(telemetry.flush)

    async def _live(self) -> None:
        stopping = self.kafka.stopping
        if self._database:
            await self._until("PostgreSQL (DATABASE_URL)", self._open_pool)
        self._loops += [asyncio.create_task(self._repeat(*step), name=step[0]) for step in self._steps]
        await self._until("Kafka (KAFKA_BOOTSTRAP_SERVERS)", self._start_broker)
        self._loops += [asyncio.create_task(self._repeat(*step), name=step[0]) for step in self._kafka_steps]
        if not stopping.is_set():
            self.state = "running"
            _LOG.info("%s is running", self.name)
        await stopping.wait()
        await self.kafka.stop()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._pool:
            await self._pool.close()

    async def _until(self, what: str, attempt: Step) -> None:
        wait = 0.5
        while not self.kafka.stopping.is_set():
            try:
                await attempt()
            except (*_ABSENT, KafkaError, NotReadyError) as error:
                _LOG.warning("%s cannot use %s yet, and tries again in %.1f s: %s", self.name, what, wait, error)
            else:
                return
            await _sleep(self.kafka.stopping, wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _open_pool(self) -> None:
        if self._database is None:
            return
        pool = await database.open_pool(self._database)
        if missing := await database.missing_migrations(pool):
            await pool.close()
            raise NotReadyError(f"its schema lacks {', '.join(missing)}: run `ratecard migrate`")
        self._pool = pool

    async def _start_broker(self) -> None:
        await _knock(self.kafka.settings.kafka_bootstrap_servers)
        await self.kafka.start()
        wait_between_empty_fetches(self.kafka.broker)

    async def _repeat(self, name: str, seconds: float, step: Step, wake: asyncio.Event | None) -> None:
        wait = seconds
        while not self.kafka.stopping.is_set():
            try:
                await step()
            except Exception as error:  # noqa: BLE001  # a step that dies in silence is worse than any error
                STEP_FAILURES_TOTAL.labels(self.name, name).inc()
                wait = min(max(wait, 0.5) * 2, max(_LONGEST_WAIT, seconds))
                _LOG.warning("%s failed at %r, and tries again in %.1f s: %r", self.name, name, wait, error)
                await _sleep(self.kafka.stopping, wait)
            else:
                wait = seconds
                await _sleep(wake or self.kafka.stopping, wait)

    async def _relay(self) -> None:
        count = outbox.BATCH
        while count == outbox.BATCH:
            self.kafka.handled.clear()
            prefix = self.kafka.settings.kafka_topic_prefix
            count = await outbox.relay(self.pool, self.kafka.producer, service=self.name, prefix=prefix)
            OUTBOX_PUBLISHED_TOTAL.labels(self.name).inc(count)

    async def _forget(self) -> None:
        await outbox.forget(self.pool, service=self.name)
        if self._database:
            await inbox.forget(self.pool, service=self.name, days=self._database.inbox_retention_days)

    async def _measure(self) -> None:
        await measure_lag(self.kafka.broker, prefix=self.kafka.settings.kafka_topic_prefix)
        if self._database:
            await measure_outbox(self.pool, service=self.name)

    def ended(self) -> list[str]:
        """Return what has ended of a running service that must not end: only a restart brings it back."""
        if self.state != "running":
            return []
        steps = [f"the step {loop.get_name()} has ended" for loop in self._loops if loop.done()]
        return steps + ended_consumers(self.kafka.broker)

    async def health(self) -> dict[str, str]:
        """Return the state of the service and of each thing it leans on."""
        checks = {"status": self.state, "kafka": "up" if await self.kafka.broker.ping(2.0) else "down"}
        if self._database:
            checks["postgresql"] = await _ping(self._pool)
        return checks


class NotReadyError(Exception):
    """A backend answers but is not as the service needs it."""


def main(name: str, kind: type[S], build: Callable[[S], Any]) -> None:
    """Read the settings, build the ASGI app and serve it until SIGTERM. A wrong setting ends it with one line."""
    try:
        settings = load(kind, os.environ)
        telemetry.set_up(name, settings.service)
        app = build(settings)
    except SettingsError as error:
        sys.exit(f"ratecard-{name}: {error}")
    bound = _bound(name, settings.service)
    collect_garbage_seldom()
    _LOG.info("%s answers at http://%s:%d", name, *bound.getsockname()[:2])
    serve(app, bound)


def serve(app: Any, bound: socket.socket) -> None:
    """Serve an ASGI app until SIGTERM. With httptools and, where there is one, uvloop: uvicorn takes what it finds."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
    )
    _Server(config).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Ends in its time, whatever hangs: a backend that does not answer is asked even to take a question back."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        end = threading.Timer(_SECONDS_TO_END, _end_at_once)
        end.daemon = True
        end.start()


def _end_at_once() -> None:
    _LOG.warning("something does not end within %d s: the process does. What was not done comes again", _SECONDS_TO_END)
    os._exit(0)


def collect_garbage_seldom() -> None:
    """Leave what was imported alone, and look for cycles less often: batches are many objects and no cycles.

    With Python's own thresholds decoding a long list takes seven times as long, nearly all of it in the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _bound(name: str, settings: ServiceSettings) -> socket.socket:
    where = (settings.http_host, settings.http_port)
    try:
        return socket.create_server(where, family=socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    except OSError as error:
        sys.exit(
            f"ratecard-{name}: HTTP_HOST and HTTP_PORT are {where[0]!r} and {where[1]}, where nothing can listen "
            f"({error.strerror}): choose others, or port 0 for a free one"
        )


async def _knock(servers: str) -> None:
    """Raise OSError if no server listens: it says so in one line, where aiokafka says it in many."""
    for server in servers.split(","):
        host, _, port = server.rpartition(":")
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), _SECONDS_TO_KNOCK)
        except (OSError, TimeoutError) as error:
            refusal = error
            continue
        writer.close()
        return
    raise refusal


def _end_process_on_crash(life: asyncio.Task[None]) -> None:
    if not life.cancelled() and (error := life.exception()):
        _LOG.critical("the service ends: %r", error, exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


async def _sleep(until: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` makes a task, which wakes a turn of the loop later
            await until.wait()


async def _ping(pool: asyncpg.Pool | None) -> str:
    try:
        if pool is None or await database.within(_SECONDS_TO_PING, pool.fetchval("SELECT 1")) != 1:
            return "down"
    except _ABSENT:
        return "down"
    return "up"
