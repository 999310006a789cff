"""A TCP proxy on loopback before a backend, for tests: connections can be cut, stalled, sliced and slowed down.

A broker tells clients its own address, by which they would get past the proxy: in what it says, its port is replaced.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from ratecard_cli.laptop.ports import HOST

_MOST_AT_ONCE: Final = 65536
_FIRST_SLICES: Final = (1, 2, 5)
"""Whatever comes begins with slices as short as these: no length or header arrives whole."""

_SECONDS_BETWEEN_SLICES: Final = 0.001


class Wire:
    """A running proxy. What it does to bytes can be changed at any time, for all connections together."""

    def __init__(self, upstream: int, *, renames: bool = False) -> None:
        """Lead connections to the port `upstream`; `renames` replaces it by this proxy's in what is said there."""
        self._upstream = upstream
        self._renames = renames
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.sliced = False
        self.delay = 0.0
        """Seconds that each piece waits."""

    def cut(self) -> None:
        """Reset all connections. New ones are taken."""
        for connection in self._connections:
            connection.cancel()

    def stall(self) -> None:
        """Let nothing through, not even that somebody has gone. Connections are taken and hang, too."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let everything through again, first what was held up."""
        self._flowing.set()

    def heal(self) -> None:
        """Do nothing to bytes any more."""
        self.sliced, self.delay = False, 0.0
        self.flow()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            return  # a connection that is cut has ended as it should
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        try:
            inner, outer = await asyncio.open_connection(HOST, self._upstream)
        except OSError:
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pour(_pieces(reader), outer))
                both.create_task(self._pour(self._said(inner), writer))
        finally:
            outer.transport.abort()

    async def _pour(self, pieces: AsyncIterator[bytes], into: asyncio.StreamWriter) -> None:
        try:
            async for piece in pieces:
                for part in self._parts(piece):
                    await self._flowing.wait()
                    if self.delay:
                        await asyncio.sleep(self.delay)
                    into.write(part)
                    await into.drain()
                    if self.sliced:
                        await asyncio.sleep(_SECONDS_BETWEEN_SLICES)
            await self._flowing.wait()
            into.write_eof()
        except OSError:
            into.transport.abort()

    def _said(self, source: asyncio.StreamReader) -> AsyncIterator[bytes]:
        if not self._renames:
            return _pieces(source)
        old, new = (HOST.encode() + struct.pack(">i", port) for port in (self._upstream, self.port))
        return (frame.replace(old, new) async for frame in _frames(source))

    def _parts(self, piece: bytes) -> Iterator[bytes]:
        for size in _FIRST_SLICES if self.sliced else ():
            if len(piece) > size:
                yield piece[:size]
                piece = piece[size:]
        yield piece


async def _pieces(source: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await source.read(_MOST_AT_ONCE):
        yield piece


async def _frames(source: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Give Kafka's responses, each whole: an address in one must not be missed because it came in two pieces."""
    try:
        while True:
            length = await source.readexactly(4)
            yield length + await source.readexactly(int.from_bytes(length, "big"))
    except asyncio.IncompleteReadError:
        return


@asynccontextmanager
async def wire(upstream: int, *, renames: bool = False) -> AsyncIterator[Wire]:
    """Run a proxy before the port `upstream` of this machine."""
    made = Wire(upstream, renames=renames)
    server = await asyncio.start_server(made.serve, HOST, 0, family=socket.AF_INET)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.heal()
        made.cut()
