"""The floor of the API: a bare Litestar handler that returns prebuilt bytes, without middleware, in our own server.

    python tests/bench/bare.py PORT LENGTH...

`GET` and `POST /LENGTH` answer that many bytes of JSON.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

from litestar import Litestar, MediaType, Response, get, post

from ratecard_shared.service import serve


def routes(length: int) -> list[Any]:
    """Return the routes that answer this many bytes."""
    body = b'"' + b"x" * (length - 2) + b'"'

    @get(f"/{length}")
    async def read() -> Response[bytes]:
        return Response(body, media_type=MediaType.JSON)

    @post(f"/{length}", status_code=200)
    async def write() -> Response[bytes]:
        return Response(body, media_type=MediaType.JSON)

    return [read, write]


if __name__ == "__main__":
    port, *lengths = map(int, sys.argv[1:])
    handlers = [route for length in sorted(set(lengths)) for route in routes(length)]
    serve(Litestar(handlers, openapi_config=None, logging_config=None), socket.create_server(("127.0.0.1", port)))
