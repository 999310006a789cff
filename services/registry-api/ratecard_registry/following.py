"""The stream of changes as Server-Sent Events: first what was missed, then what comes, until it is time to reconnect.

Every message has its place as id, so that a reader who comes back (`Last-Event-ID`) goes on where it was. A stream ends
by itself after a while, and when PostgreSQL is gone: clients of this protocol reconnect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
from litestar.exceptions import HTTPException

from ratecard_registry.feed import SECONDS_BETWEEN_LOOKS, Feed, Position
from ratecard_registry.problems import encode

MEDIA_TYPE: Final = "text/event-stream"
_AT_ONCE: Final = 200
_MILLISECONDS_TO_RECONNECT: Final = 2000
_LOG: Final = logging.getLogger(__name__)


class Follower:
    """Makes streams. Each lasts `lasts` seconds; an idle one shows that it lives every `beat` seconds."""

    def __init__(self, feed: Feed, *, lasts: float = 600.0, beat: float = 15.0) -> None:
        """Wire it."""
        self._feed = feed
        self._lasts = lasts
        self._beat = beat

    async def follow(self, since: Position) -> AsyncIterator[bytes]:
        """Give the stream from that place on, as bytes of the protocol."""
        yield f"retry: {_MILLISECONDS_TO_RECONNECT}\nid: {since}\n\n".encode()
        loop = asyncio.get_running_loop()
        ends_at, beats_at = loop.time() + self._lasts, loop.time() + self._beat
        try:
            while loop.time() < ends_at:
                if await self._feed.grown(since):
                    page = await self._feed.page(since, _AT_ONCE)
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
