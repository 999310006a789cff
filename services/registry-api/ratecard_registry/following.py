"""The stream of changes as Server-Sent Events: first what was missed, then what comes, until it is time to reconnect.

Every message has its place as id, so that a reader who comes back (`Last-Event-ID`) goes on where it was. A stream ends
by itself after a while, when PostgreSQL is gone and when the process is told to end: clients reconnect.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any, Final

import asyncpg
from litestar.exceptions import HTTPException

from ratecard_registry.feed import ANYTHING, SECONDS_BETWEEN_LOOKS, About, Feed, Position
from ratecard_registry.problems import encode

MEDIA_TYPE: Final = "text/event-stream"
_AT_ONCE: Final = 200
_MILLISECONDS_TO_RECONNECT: Final = 2000
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_LOG: Final = logging.getLogger(__name__)


class Follower:
    """Makes streams. Each lasts `lasts` seconds; an idle one shows that it lives every `beat` seconds."""

    def __init__(self, feed: Feed, *, lasts: float = 600.0, beat: float = 15.0) -> None:
        """Wire it."""
        self.feed = feed
        self._lasts = lasts
        self._beat = beat
        self._leaving = False

    @asynccontextmanager
    async def heeding_signals(self, *_: Any) -> AsyncIterator[None]:
        """End all streams when the process is told to end: the server would wait for them, then break them off."""
        before = {number: signal.getsignal(number) for number in _SIGNALS}

        def leave(number: int, frame: FrameType | None) -> None:
            self._leaving = True
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        if threading.current_thread() is threading.main_thread() and all(map(callable, before.values())):
            for number in _SIGNALS:
                signal.signal(number, leave)
        yield

    async def follow(self, since: Position, about: About = ANYTHING) -> AsyncIterator[bytes]:
        """Give the stream from that place on, as bytes of the protocol."""
        yield f"retry: {_MILLISECONDS_TO_RECONNECT}\nid: {since}\n\n".encode()
        loop = asyncio.get_running_loop()
        ends_at, beats_at = loop.time() + self._lasts, loop.time() + self._beat
        try:
            while loop.time() < ends_at and not self._leaving:
                if await self.feed.grown(since):
                    page = await self.feed.page(since, _AT_ONCE, about)
                    for change in page.data:
                        yield _message(change.cursor, str(change.__struct_config__.tag), encode(change))
                    since = Position.read(page.next_cursor) or since
                    continue
                if loop.time() >= beats_at:
                    beats_at = loop.time() + self._beat
                    yield b": nothing new\n\n"
                await asyncio.sleep(min(SECONDS_BETWEEN_LOOKS, max(ends_at - loop.time(), 0)))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, HTTPException) as error:
            _LOG.warning("A stream of changes ends, and its reader will come back: %s", error)


def _message(cursor: str, kind: str, body: bytes) -> bytes:
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), kind.encode(), body)
