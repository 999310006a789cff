"""No key ever leaves: a registry process is asked with real keys in all places, then all that came out is searched."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiokafka import AIOKafkaConsumer
from known_secrets import secret
from stack import free_port, health

from ratecard_shared.admin import create_topics
from ratecard_shared.database import connected
from ratecard_shared.settings import KafkaSettings, load

SPANS: Final = "/v1/traces"
PATHS: Final = (
    ("GET", "/api/models"),
    ("GET", "/api/models/nobody"),
    ("GET", "/api/models?limit=x"),
    ("GET", "/api/export/litellm.json"),
    ("GET", "/api/admin/keys"),
    ("GET", "/api/admin/audit"),
    ("GET", "/nowhere"),
    ("PUT", "/api/models"),
    ("POST", "/api/cost"),
    ("POST", "/api/admin/keys"),
    ("POST", "/api/admin/sync/trigger"),
    ("GET", "/health"),
    ("GET", "/metrics"),
)


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Give the address of an OpenTelemetry collector, and what it is sent."""
    sent: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        sent.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post(SPANS, take)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), sent


@asynccontextmanager
async def registry(told: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as file:
        command = (sys.executable, "-m", "ratecard_registry")
        child = await asyncio.create_subprocess_exec(*command, env={**environ, **told}, stdout=file, stderr=file)
        try:
            yield child
            child.send_signal(signal.SIGTERM)
            await asyncio.wait_for(child.wait(), 30)
        finally:
            if child.returncode is None:
                child.kill()


def ways(key: str) -> list[dict[str, Any]]:
    """Return where a key may be put, or be put by mistake."""
    bearer, other = {"Authorization": f"Bearer {key}"}, {"X-API-Key": key}
    return [
        {"headers": bearer},
        {"headers": other},
        {"headers": {**bearer, "X-API-Key": f"{key}x"}},
        {"headers": {"Authorization": f"Basic {key}"}},
        {"headers": {"Cookie": f"key={key}"}},
        {"params": {"key": key, "api_key": key}},
        {"headers": bearer, "json": {"key": key}},
        {"headers": bearer, "data": key},
    ]


async def drive(session: aiohttp.ClientSession, key: str) -> tuple[list[bytes], set[int]]:
    """Ask everything with the key in every place, and return all that was answered, headers too, and the statuses."""
    answered, statuses = [], set()
    for method, path in PATHS:
        for way in ways(key):
            async with session.request(method, path, **way) as answer:
                answered.append(await answer.read() + str(answer.headers).encode())
                statuses.add(answer.status)
    return answered, statuses


async def said_on_kafka(settings: dict[str, str]) -> bytes:
    topic = settings["KAFKA_TOPIC_PREFIX"] + "sync.requested"
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=settings["KAFKA_BOOTSTRAP_SERVERS"], auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 30)
        more = await consumer.getmany(timeout_ms=1000)
    finally:
        await consumer.stop()
    return b"".join(repr(found).encode() for found in [record, *itertools.chain(*more.values())])


async def all_tables(database_url: str) -> bytes:
    async with connected(database_url) as connection:
        names = await connection.fetch("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
        texts = []
        for (name,) in names:
            rows = await connection.fetch(f'SELECT t::text AS text FROM public."{name}" t')  # noqa: S608  # its own
            texts += [row["text"] for row in rows]
    return "\n".join(texts).encode()


@pytest.mark.slow
async def test_no_key_is_in_anything_that_comes_out(environment: dict[str, str], tmp_path: Path) -> None:
    await create_topics(load(KafkaSettings, environment))
    admin_key, port, log = secret(secrets.token_hex(20)), free_port(), tmp_path / "log"
    told = {
        **environment,
        "HTTP_PORT": str(port),
        "LOG_LEVEL": "DEBUG",
        "RATECARD_ADMIN_KEY": admin_key,
        "RATECARD_ANONYMOUS_READ": "false",
    }
    async with collector() as (endpoint, spans):
        async with registry({**told, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, log):
            await health(port, until="healthy")
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                created = await session.post(
                    "/api/admin/keys", headers={"X-API-Key": admin_key}, json={"name": "ops", "scopes": ["admin"]}
                )
                made = (await created.json())["key"]
                answered, statuses = await drive(session, made)
                more, _ = await drive(session, admin_key)
        out = {
            "answers": b"\n".join(answered + more),
            "log": log.read_bytes(),
            "spans": b"\n".join(spans),
            "events": await said_on_kafka(environment),
            "tables": await all_tables(environment["DATABASE_URL"]),
        }
    assert {200, 202, 400, 401, 404, 405} <= statuses
    assert b"sync.requested" in out["spans"]
    assert all(out.values())
    for where, text in out.items():
        for key in (made, admin_key):
            found = [form for form in (key, key.encode().hex()) if form.encode() in text]
            assert not found, where
