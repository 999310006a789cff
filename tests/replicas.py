"""Several replicas of every service, as processes behind proxies, on backends of their own: for tests that break them.

The test itself gets past the proxies: `environment` leads straight to the backends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

import aiohttp
import made_up_providers
import msgspec
from aiokafka import AIOKafkaProducer
from backends_isolation import migrated_template
from own_backends import own_backends
from stack import health
from wire import Wire, wire

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.backends import Backends
from ratecard_cli.laptop.processes import Process, leashed
from ratecard_shared.admin import create_topics
from ratecard_shared.database import connected
from ratecard_shared.roles import ROLES, acting_as
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.syncs import sync_id
from ratecard_shared.topics import SYNC_REQUESTED

SEVERAL: Final = {"scheduler": 2, "discovery": 1, "scraper": 1, "enricher": 3, "registry": 3}
"""How many replicas run on Apache Kafka. On the laptop's broker it is one of each, as on a laptop: to members that come
to a group at the same time it may give no assignment at all, and aiokafka's coordinator dies of that."""

PROVIDERS: Final = 4
MODELS: Final = 60
BACKENDS: Final = ("postgresql", "kafka", "redis")
SECONDS_TO_END: Final = 30.0
SECONDS_OF_PATIENCE: Final = 300.0
_NEW_YEAR: Final = "0 0 1 1 *"
"""A schedule whose newest slot is this year's: it is asked for at the first start, and then never again."""

_URLS: Final = dict(zip(BACKENDS, ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL"), strict=True))


class Replica:
    """One process of a service."""

    def __init__(self, room: str, number: int, environment: Mapping[str, str], *, logs: Path | None = None) -> None:
        """Prepare it with a port of its own. It logs to a file in the folder `logs`, or to the test's own output."""
        self.name = f"{room}-{number}"
        self.room = room
        self.number = number
        self.port = ports.choose(None, self.name)  # none that an outgoing connection takes before it starts
        self._environment = {**environment, "HTTP_PORT": str(self.port)}
        if room in ROLES:
            own = acting_as(ROLES[room], environment["DATABASE_URL"])
            self._environment["DATABASE_URL"] = f"{own}&application_name={self.name}"
        self._log = logs / f"{self.name}.log" if logs else None
        self._process: asyncio.subprocess.Process | None = None
        self.ready = False
        """Whether it is asked by readers: since it was ready, until it has ended."""

    async def start(self) -> None:
        """Launch it, and wait until it is ready."""
        command = leashed([sys.executable, "-m", f"ratecard_{self.room}"], on_parent_death=signal.SIGKILL)
        environment = {**os.environ, **self._environment}
        with self._log.open("ab") if self._log else nullcontext() as log:
            self._process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
        well = "healthy" if self.room == "registry" else "running"
        await health(self.port, until=well, seconds=SECONDS_OF_PATIENCE)
        self.ready = True

    async def stop(self) -> float:
        """Send SIGTERM and return after how many seconds it has ended. Raises TimeoutError after 30."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), SECONDS_TO_END)
        self.ready = False
        return time.monotonic() - began

    async def restart(self) -> None:
        """Stop it and start it again."""
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """Send SIGKILL, if it still runs."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
            self.ready = False

    @property
    def process(self) -> asyncio.subprocess.Process:
        """Its process."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    @property
    def pid(self) -> int:
        """Its process' id."""
        return self.process.pid


class System:
    """Everything that runs. Replicas reach the backends through `wires`."""

    def __init__(self, backends: Backends, environment: Mapping[str, str], wires: Mapping[str, Wire]) -> None:
        """Begin without a replica, at the providers' first time."""
        self.environment = environment
        self.wires = wires
        self.backends: dict[str, Process] = dict(zip(BACKENDS, backends.processes, strict=True))
        self.replicas: list[Replica] = []
        self.time = 0

    def of(self, room: str) -> list[Replica]:
        """Return a service's replicas."""
        return [replica for replica in self.replicas if replica.room == room]

    def numbered(self, number: int) -> list[Replica]:
        """Return the replica of this number of each service that has so many."""
        return [replica for replica in self.replicas if replica.number == number]

    async def until_prices_are_right(self) -> None:
        """Wait until the API shows of each model what its page says now, which it learns a moment after the commit."""
        cents = [made_up_providers.input_cents(place, 0, self.time) for place in range(MODELS)]
        priced = dict(zip(made_up_providers.names(MODELS), cents, strict=True))
        providers = [f"made-up-{number:02}" for number in range(PROVIDERS)]
        said = {(who, name): float(each / 100) for who in providers for name, each in priced.items()}
        async with asyncio.timeout(SECONDS_OF_PATIENCE):
            while await self._shown() != said:  # noqa: ASYNC110  # the API tells nobody
                await asyncio.sleep(0.2)

    async def _shown(self) -> dict[tuple[str, str], float]:
        url = f"http://127.0.0.1:{self.of('registry')[0].port}/api/models?limit=500"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            page = await answer.json()
        return {(model["provider"], model["id"]): model["inputCostPerMillion"] for model in page["data"]}

    async def kill(self, backend: str) -> None:
        """Let a backend die."""
        await asyncio.to_thread(self.backends[backend].kill)

    async def start(self, backend: str) -> None:
        """Let it come back."""
        process = self.backends[backend]
        process.launch()  # from the main thread: it ends with the thread that started it
        await asyncio.to_thread(process.await_ready, within_seconds=60)

    async def change_prices(self) -> str:
        """Let the providers change their prices, ask for a sync, and return its id."""
        self.time += 1
        async with AIOKafkaProducer(bootstrap_servers=self.environment["KAFKA_BOOTSTRAP_SERVERS"]) as producer:
            sent = await producer.send_and_wait(SYNC_REQUESTED.name, b"{}")
        return sync_id(sent.topic, sent.partition, sent.offset, sent.timestamp)

    async def until(self, sql: str, *arguments: object, seconds: float = SECONDS_OF_PATIENCE) -> None:
        """Wait until a query says so."""
        try:
            async with asyncio.timeout(seconds), connected(self.environment["DATABASE_URL"]) as connection:
                while not await connection.fetchval(sql, *arguments):  # noqa: ASYNC110  # PostgreSQL tells nobody
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"not within {seconds:g} s: {sql} with {arguments}") from None

    async def until_models_come(self, sync: str) -> None:
        """Wait until the sync is under way: models are said, and perhaps applied already."""
        await self.until("SELECT EXISTS (SELECT FROM joins WHERE sync_id = $1 AND closed)", sync)


@asynccontextmanager
async def running(
    folder: Path, *, several: Mapping[str, int] = SEVERAL, logs: Path | None = None
) -> AsyncIterator[System]:
    """Run all services on backends of their own, with made-up providers whose files are written to `folder`.

    There are `several` of each, which log to files in the folder `logs` or to the test's own output.
    """
    async with AsyncExitStack() as until:
        backends = until.enter_context(own_backends())
        wires = {name: await until.enter_async_context(_before(name, backends)) for name in BACKENDS}
        database = await until.enter_async_context(migrated_template(backends.database_url))
        environment = msgspec.structs.replace(
            backends, database_url=backends.database_url.rpartition("/")[0] + f"/{database}"
        ).environment
        await create_topics(load(KafkaSettings, environment))
        async with connected(environment["DATABASE_URL"]) as connection:
            await connection.execute("INSERT INTO schedule_slots (slot) VALUES ('2000-01-01')")
        system = System(backends, environment, wires)
        served = made_up_providers.serving(folder, providers=PROVIDERS, models=MODELS, time=lambda: system.time)
        told = {**_behind(environment, wires), **await until.enter_async_context(served), **_TOLD}
        system.replicas = [
            Replica(room, number, told, logs=logs) for room, count in several.items() for number in range(count)
        ]
        for replica in system.replicas:
            until.push_async_callback(replica.kill)
        async with asyncio.TaskGroup() as starting:
            for replica in system.replicas:
                starting.create_task(replica.start())
        yield system


_TOLD: Final = {
    "SCRAPING_ALLOW_PRIVATE": "true",
    "SCRAPING_DELAY_MS": "0",
    "SYNC_SCHEDULE_CRON": _NEW_YEAR,
    "RATECARD_ANONYMOUS_READ": "true",
    "RATECARD_RATE_LIMIT_ANONYMOUS": "0",
    "DATABASE_POOL_SIZE": "5",
    "LOG_LEVEL": "WARNING",
    "LOG_FORMAT": "text",
}


def _before(name: str, backends: Backends) -> AbstractAsyncContextManager[Wire]:
    url = backends.environment[_URLS[name]]
    return wire(_port(url), renames=name == "kafka")


def _behind(environment: Mapping[str, str], wires: Mapping[str, Wire]) -> dict[str, str]:
    """Return the environment with the proxies' ports in the place of the backends'."""
    direct = {variable: environment[variable] for variable in _URLS.values()}
    return {
        variable: direct[variable].replace(f":{_port(direct[variable])}", f":{wires[name].port}")
        for name, variable in _URLS.items()
    }


def _port(url: str) -> int:
    return int(url.rpartition("@")[2].removeprefix("redis://").rpartition(":")[2].partition("/")[0])
