"""A web server on loopback that answers as told and remembers what it was asked, and a clock that waits in no time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the server answers, `after` real seconds; a dict or list is sent as JSON. `hang_up` closes instead."""

    status: int = 200
    headers: dict[str, str] = {}
    body: Any = b""
    hang_up: bool = False
    after: float = 0.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the server was asked, and when by its tests' clock."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: datetime


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)

    def deadline(self, seconds: float = 300) -> datetime:
        return self.moment + timedelta(seconds=seconds)


Answerer = Callable[[Asked], Reply]


class ScriptedServer:
    """Answers each path from its script: one reply for ever, several in turn (the last one stays), or a function."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self, time: FakeTime | None = None) -> FakeTime:
        """Forget all scripts and requests, and return the clock that requests are stamped with."""
        self.time = time or FakeTime()
        self.asked: list[Asked] = []
        self._scripts: dict[str, Answerer] = {}
        return self.time

    def answers(self, path: str, *replies: Reply) -> None:
        turns = itertools.chain(replies, itertools.repeat(replies[-1]))
        self.answers_with(path, lambda _: next(turns))

    def answers_with(self, path: str, answerer: Answerer) -> None:
        self._scripts[path] = answerer

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(path=request.path, query=dict(request.query), headers=headers, at=self.time.now())
        self.asked.append(asked)
        script = self._scripts.get(request.path)
        reply = script(asked) if script else Reply(status=404)
        await asyncio.sleep(reply.after)
        if reply.hang_up and request.transport:
            request.transport.close()
        body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
        return web.Response(status=reply.status, headers=reply.headers, body=body)


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    """Give a running server."""
    server = ScriptedServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(app) as running:
        server.url = str(running.make_url("")).rstrip("/")
        yield server
