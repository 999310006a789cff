"""The HTTP port of a service without an API: /health, /health/live and /metrics as a small ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec
from prometheus_client import make_asgi_app

_JSON: Final = [(b"content-type", b"application/json")]

Health = Callable[[], Awaitable[dict[str, str]]]
Ended = Callable[[], Sequence[str]]


def probe_app(running: Callable[[], AbstractAsyncContextManager[None]], health: Health, ended: Ended) -> Any:
    """Return the app; the service runs for as long as the app does.

    /health answers 503 while anything is down, /health/live once something has ended that only a restart brings back.
    """
    metrics = make_asgi_app()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(running, receive, send)
        elif scope["path"].startswith("/metrics"):
            await metrics(scope, receive, send)
        elif scope["path"] == "/health/live":
            dead = ended()
            await _answer(send, 503 if dead else 200, {"status": "dead" if dead else "alive", "ended": dead})
        elif scope["path"] in ("/health", "/health/ready"):
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
