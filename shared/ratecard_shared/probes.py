"""The HTTP port of a service without an API: /health, /health/live and /metrics as a small ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec
from prometheus_client import make_asgi_app

_JSON: Final = [(b"content-type", b"application/json")]

Health = Callable[[], Awaitable[dict[str, str]]]


def probe_app(running: Callable[[], AbstractAsyncContextManager[None]], health: Health) -> Any:
    """Return the app; the service runs for as long as the app does. /health answers 503 while anything is down."""
    metrics = make_asgi_app()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(running, receive, send)
        elif scope["path"].startswith("/metrics"):
            await metrics(scope, receive, send)
        elif scope["path"] == "/health/live":
            await _answer(send, 200, {"status": "alive"})
        elif scope["path"] == "/health":
            checks = await health()
            await _answer(send, 200 if is_well(checks) else 503, checks)
        else:
            await _answer(send, 404, {"error": "there is /health, /health/live and /metrics"})

    return app


def is_well(checks: dict[str, str]) -> bool:
    """Tell whether the service runs and everything it leans on is up."""
    return checks["status"] == "running" and "down" not in checks.values()


async def _live(running: Callable[[], AbstractAsyncContextManager[None]], receive: Any, send: Any) -> None:
    await receive()
    async with running():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(send: Any, status: int, body: Any) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _JSON})
    await send({"type": "http.response.body", "body": msgspec.json.encode(body)})
