"""Holds back what the framework answers until it is whole, so that it can be tagged, compared and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ratecard_registry.answer_headers import added, named
from ratecard_registry.memory import Answer, Header

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

OK: Final = 200
_CONDITIONS: Final = {b"if-none-match", b"if-modified-since"}
_OF_THE_BODY: Final = {b"content-type", b"content-length", b"content-disposition"}


class Holding:
    """A `send` that holds an answer of known length. Streams go out as they come, with further headers."""

    def __init__(self, send: Send, more: tuple[Header, ...]) -> None:
        """Pass streams on to `send`."""
        self._send = send
        self._more = more
        self._start: Any = None
        self._parts: list[bytes] = []
        self.streamed: int | None = None

    async def __call__(self, message: Any) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            headers = tuple(message["headers"])
            if named(headers, b"content-length") is not None:
                self._start = message
                return
            message["headers"] = added(headers, self._more)
            self.streamed = message["status"]
        elif self._start is not None and message["type"] == "http.response.body":
            self._parts.append(message["body"])
            return
        await self._send(message)

    def answer(self, *, route: str, kept: bool, about: str | None) -> Answer:
        """Return the answer, unless it was `streamed`."""
        status, headers, body = self._start["status"], tuple(self._start["headers"]), b"".join(self._parts)
        etag = b""
        if status == OK:
            etag = named(headers, b"etag") or b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
            headers = added(headers, ((b"etag", etag),))
        return Answer(
            status=status,
            headers=headers,
            marks=tuple(header for header in headers if header[0] not in _OF_THE_BODY),
            etag=etag,
            body=body,
            route=route,
            kept=kept and status == OK,
            about=about,
        )


def unconditional(scope: Scope) -> Scope:
    """Return the request as a GET without conditions: they are judged by whoever holds the answer."""
    headers = [header for header in scope["headers"] if header[0] not in _CONDITIONS]
    return {**scope, "method": "GET", "headers": headers, "state": dict(scope.get("state") or {})}


def matches(condition: bytes, etag: bytes) -> bool:
    """Tell whether an `If-None-Match` names this ETag; a weak one of the same name counts."""
    return condition == etag or any(one.strip().removeprefix(b"W/") in {etag, b"*"} for one in condition.split(b","))


async def nothing() -> Any:
    """Give the body of a request that has none."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def nowhere(_message: Any) -> None:
    """Take what nobody can be sent."""
