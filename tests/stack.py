"""The five services as processes of a test, each in its own role, with whatever else is said in their environment."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import aiohttp
from aiokafka import AIOKafkaProducer

from ratecard_cli.simulated.server import KEYS, Simulated
from ratecard_shared.roles import ROLES, acting_as

MISSION: Final = ("anthropic", "google", "openai", "xai")
ROOMS: Final = ("scheduler", "discovery", "scraper", "enricher", "registry")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> dict[str, int]:
    """Return a port for each service."""
    return {room: free_port() for room in ROOMS}


@asynccontextmanager
async def process(room: str, environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one service; it is killed at the end if it still runs."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"ratecard_{room}",
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        left, _ = await child.communicate()
        sys.stderr.write(left.decode(errors="replace"))


@asynccontextmanager
async def silent_process(
    room: str, environment: Mapping[str, str], *, niceness: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one service whose log goes to the test's own output, so that no pipe can fill."""
    child = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(niceness), sys.executable, "-m", f"ratecard_{room}"), env={**os.environ, **environment}
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), 40)
            except TimeoutError:
                child.kill()
                await child.wait()


async def health(port: int, *, until: str, seconds: float = 100, path: str = "/health") -> dict[str, Any]:
    """Return what the service on `port` says of itself once its status is `until`."""
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while True:
            body: dict[str, Any] = {}
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    body = await response.json()
            except (aiohttp.ClientError, ValueError):
                pass
            if body.get("status") == until:
                return body
            await asyncio.sleep(0.1)


@asynccontextmanager
async def services(environment: Mapping[str, str], ports: Mapping[str, int] | None = None) -> AsyncIterator[str]:
    """Run all five, on these ports or free ones, and give the API's address once every one of them is up."""
    ports = ports or free_ports()
    async with AsyncExitStack() as stack:
        for room in ROOMS:
            own = {**environment, "HTTP_PORT": str(ports[room]), "LOG_FORMAT": "text"}
            if room in ROLES:
                own["DATABASE_URL"] = acting_as(ROLES[room], environment["DATABASE_URL"])
            await stack.enter_async_context(silent_process(room, own))
        for room in ROOMS:
            await health(ports[room], until="healthy" if room == "registry" else "running")
        yield f"http://127.0.0.1:{ports['registry']}"


async def ask(environment: Mapping[str, str], body: bytes) -> None:
    """Do what an administrator with any Kafka client does."""
    producer = AIOKafkaProducer(bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"])
    await producer.start()
    try:
        await producer.send_and_wait(environment["KAFKA_TOPIC_PREFIX"] + "sync.requested", body)
    finally:
        await producer.stop()


def simulated_environment(environment: Mapping[str, str], simulated: Simulated) -> dict[str, str]:
    return {
        **environment,
        **KEYS,
        "RATECARD_PROVIDER_ADDRESSES": json.dumps(simulated.addresses),
        "SCRAPING_ALLOW_PRIVATE": "true",
        "SCRAPING_DELAY_MS": "10",
        "ENABLE_AUTO_SYNC": "false",
    }
