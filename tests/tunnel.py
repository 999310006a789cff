"""An HTTP proxy on loopback, for tests: it notes what it is asked for, and leads every tunnel to one port here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Tunnel:
    """What the proxy was asked for, and what it answers: 200 opens the tunnel."""

    def __init__(self, port: int, status: int) -> None:
        """Lead tunnels to `port`."""
        self._port = port
        self._status = status
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        writer.write(f"HTTP/1.1 {self._status} So\r\n\r\n".encode())
        if self._status == 200:
            inner, outer = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_pour(reader, outer), _pour(inner, writer))
        writer.close()


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(65536):
            into.write(piece)
            await into.drain()
    except OSError:
        pass
    finally:
        into.close()


@asynccontextmanager
async def tunnel(port: int = 0, *, status: int = 200) -> AsyncIterator[Tunnel]:
    """Run a proxy."""
    made = Tunnel(port, status)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://ops:hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
