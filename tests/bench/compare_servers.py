"""Which ASGI server to use: a bare Litestar handler and a bare ASGI app on each of them, as decision 0023 has it.

.tools/uv/bin/uv run --frozen --with granian==2.8.7 --with hypercorn==0.18.0 python tests/bench/compare_servers.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from bare import routes
from litestar import Litestar
from load import Request, send_rounds
from servers import served
from stack import free_port

LENGTH: Final = 70_000
SERVERS: Final = {
    "uvicorn, h11, asyncio": "-m uvicorn --no-access-log --http h11 --loop asyncio --port {port} {app}",
    "uvicorn, httptools, asyncio": "-m uvicorn --no-access-log --http httptools --loop asyncio --port {port} {app}",
    "uvicorn, httptools, uvloop": "-m uvicorn --no-access-log --http httptools --loop uvloop --port {port} {app}",
    "granian, uvloop": "-m granian --interface asgi --no-access-log --loop uvloop --port {port} {app}",
    "hypercorn, uvloop": "-m hypercorn -k uvloop -b 127.0.0.1:{port} {app}",
}

framework = Litestar(routes(LENGTH), openapi_config=None, logging_config=None)
_BODY: Final = b"x" * LENGTH
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", b"%d" % LENGTH)]


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Answer as the registry does from memory: no framework."""
    if scope["type"] != "http":
        await framework(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def main() -> None:
    """Measure and print."""
    for name, command in SERVERS.items():
        for app in ("framework", "plain"):
            port = free_port()
            words = command.format(port=port, app=f"compare_servers:{app}").split()
            with served([sys.executable, *words], port, f"/{LENGTH}", environment={"PYTHONPATH": _path()}):
                median = send_rounds(Request(url=f"http://127.0.0.1:{port}/{LENGTH}"))
            print(f"{name:28} {app:10} {median.rate:8,.0f} requests/s  p99 {median.p99:6.2f} ms", flush=True)


def _path() -> str:
    return ":".join(map(str, (Path(__file__).parent, Path(__file__).parents[1])))


if __name__ == "__main__":
    main()
