"""The way in to the API: who asks, whether they may again so soon, and what memory knows. The framework has the rest.

What all answers have in common is added here: security headers, what is left of the limit, ETags and 304, and metrics.
"""

from __future__ import annotations

import time
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.utils import normalize_path
from opentelemetry import propagate
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from ratecard_registry import metrics
from ratecard_registry.access import Access, Caller
from ratecard_registry.answer_headers import (
    BEHIND_TLS,
    FOR_ADMINISTRATORS,
    FOR_ALL,
    FOR_NOBODY,
    FOR_ONE,
    LOOKED_AT_AGAIN,
    OF_DATA,
    OF_PAGES,
    added,
    limits,
    named,
)
from ratecard_registry.api_changes import STREAM
from ratecard_registry.api_cost import PATH
from ratecard_registry.cost_front import CostFront, Heard, asks_for_costs
from ratecard_registry.keys import Scope as Right
from ratecard_registry.limiting import Limiter, Verdict
from ratecard_registry.memory import Answer, Header
from ratecard_registry.problems import COMPRESSED, MEDIA_TYPE, Problem, problem_body
from ratecard_registry.reads import Reads, Streamed
from ratecard_registry.rendering import Receive, Scope, Send, matches

_API: Final = ("/api/", "/web/")
"""Where the data is, for everybody and for the web page."""

_ADMIN: Final = "/api/admin/"
_DOCS: Final = "/docs"
_TRACE: Final = {b"traceparent", b"tracestate"}
_READING: Final = {"GET", "HEAD"}
_NO_HEAD: Final = Problem(405, "A stream has no head of its own: ask with GET.", headers={"Allow": "GET, OPTIONS"})
_SERVER_FAULT: Final = 500
_COMPRESSED: Final = Problem(415, COMPRESSED, headers={"Accept-Encoding": "identity"})
_JSON: Final = ((b"content-type", b"application/json"),)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests in a minute: for each key, and for each address without one. 0 is no limit."""

    key: int = 0
    address: int = 0


class Asked(msgspec.Struct, kw_only=True):
    """The headers of a request that matter here, and who sent them; nobody, if their key is not accepted."""

    authorization: str | None = None
    api_key: str | None = None
    condition: bytes | None = None
    length: bytes = b""
    encoded: bool = False
    caller: Caller | None = None


class Front:
    """An ASGI app around the framework's."""

    def __init__(
        self,
        app: Litestar,
        *,
        access: Access,
        reads: Reads,
        costs: CostFront,
        limiter: Limiter,
        limits: Limits | None = None,
        behind_tls: bool = False,
        tracer: Tracer | None = None,
    ) -> None:
        """Wire it. `behind_tls` tells browsers never to come without; a `tracer` makes a span of each request."""
        self._app: Any = app
        self._access = access
        self._reads = reads
        self._costs = costs
        self._limiter = limiter
        self._limits = limits or Limits()
        self._tracer = tracer
        tls: tuple[Header, ...] = (BEHIND_TLS,) if behind_tls else ()
        self._of_data, self._of_pages = OF_DATA + tls, OF_PAGES + tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "//" in scope["path"]:  # the framework finds the route of such a path, so nobody may get past the front
            scope["path"] = normalize_path(scope["path"])
        if scope["path"].startswith(_API):
            await (self._traced if self._tracer else self._answer)(scope, receive, send)
        elif scope["path"].startswith(_DOCS) and scope["method"] in _READING:
            await self._document(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send, (*self._of_pages, *LOOKED_AT_AGAIN))

    async def _document(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._reads.once(scope, receive, send, self._of_pages)
        if isinstance(answer, Answer):
            condition = named(scope["headers"], b"if-none-match")
            await _give(scope, send, answer, condition, (*self._of_pages, *FOR_ALL))

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._tracer is not None  # noqa: S101 - whoever calls this has looked
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in _TRACE}
        method = scope["method"] if scope["method"] in metrics.METHODS else "_OTHER"
        told = {"http.request.method": method, "url.scheme": scope["scheme"], "url.path": scope["path"]}
        name = method if method != "_OTHER" else "HTTP"
        with self._tracer.start_as_current_span(name, propagate.extract(sent), SpanKind.SERVER, told) as span:
            status, route = await self._answer(scope, receive, send)
            span.set_attribute("http.response.status_code", status)
            if route:
                span.update_name(f"{name} {route}")
                span.set_attribute("http.route", route)
            if status >= _SERVER_FAULT:
                span.set_attribute("error.type", str(status))
                span.set_status(StatusCode.ERROR)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> tuple[int, str]:
        began = time.perf_counter()
        asked = self._asked(scope)
        verdict = await self._verdict(scope, asked.caller)
        more = self._of_data if verdict is None else (*self._of_data, *limits(verdict))
        if verdict is not None and not verdict.allowed:
            status, route = await _refuse(send, _too_often(verdict), more), ""
        elif scope["method"] in _READING:
            read = self._administer if scope["path"].startswith(_ADMIN) else self._read
            status, route = await read(scope, receive, send, asked, more)
        elif asked.encoded:
            status, route = await _refuse(send, _COMPRESSED, more), ""
        elif asks_for_costs(scope) and may_read(asked.caller):
            status, route = await self._cost(scope, receive, send, asked, (*more, *FOR_NOBODY))
        else:
            status, route = await self._pass_on(scope, receive, send, (*more, *FOR_NOBODY))
        metrics.requests(scope["method"], route, status).observe(time.perf_counter() - began)
        return status, route

    def _asked(self, scope: Scope) -> Asked:
        asked = Asked()
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                asked.condition = value if asked.condition is None else asked.condition + b"," + value
            elif name == b"authorization":
                asked.authorization = value.decode("latin-1")
            elif name == b"x-api-key":
                asked.api_key = value.decode("latin-1")
            elif name == b"content-length":
                asked.length = value
            elif name == b"content-encoding":
                asked.encoded = value.strip().lower() not in {b"", b"identity"}
        try:
            asked.caller = self._access.identify(asked.authorization, asked.api_key)
        except Problem:
            asked.caller = None  # the guards of the routes say why
        return asked

    async def _verdict(self, scope: Scope, caller: Caller | None) -> Verdict | None:
        if caller is not None and caller.key_id:
            who, limit = f"key:{caller.key_id}", self._limits.key
        else:
            who, limit = f"address:{network((scope.get('client') or ('',))[0])}", self._limits.address
        if not limit:
            return None
        return self._limiter.take(who, limit) or await self._limiter.admit(who, limit)

    async def _read(
        self, scope: Scope, receive: Receive, send: Send, asked: Asked, more: tuple[Header, ...]
    ) -> tuple[int, str]:
        caller, answer = asked.caller, None
        if may_read(caller):
            answer = self._reads.remembered(scope) or await self._reads.shared(scope)
        if answer is None and scope["method"] == "HEAD" and scope["path"].rstrip("/") == STREAM:
            return await _refuse(send, _NO_HEAD, more), ""
        keyless = caller is not None and not caller.key_id
        fresh = (*more, *(FOR_ALL if keyless else FOR_ONE))
        if answer is None:
            answer = await self._reads.made(scope, receive, send, fresh)
        return await _give_whole(scope, send, answer, asked.condition, fresh=fresh, more=more)

    async def _administer(
        self, scope: Scope, receive: Receive, send: Send, asked: Asked, more: tuple[Header, ...]
    ) -> tuple[int, str]:
        fresh = (*more, *FOR_ADMINISTRATORS)
        answer = await self._reads.once(scope, receive, send, fresh)
        return await _give_whole(scope, send, answer, asked.condition, fresh=fresh, more=more)

    async def _cost(
        self, scope: Scope, receive: Receive, send: Send, asked: Asked, more: tuple[Header, ...]
    ) -> tuple[int, str]:
        heard = Heard(receive)
        body = await self._costs.answer(asked.length, heard)
        if body is None:
            return await self._pass_on(scope, heard.again, send, more)
        headers = (*_JSON, (b"content-length", b"%d" % len(body)), *more)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return 200, PATH

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, more: tuple[Header, ...]) -> tuple[int, str]:
        status, heads = 0, scope["method"] == "HEAD"
        asked = {**scope, "method": "GET"} if heads else scope

        async def send_more(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = added(tuple(message["headers"]), more)
            elif heads:
                message["body"] = b""
            await send(message)

        await self._app(asked, receive, send_more)
        return status, str(asked.get("path_template") or "")


def may_read(caller: Caller | None) -> bool:
    """Tell whether the routes' guards would let this caller read."""
    return caller is not None and Right.READ in caller.scopes


async def _give_whole(
    scope: Scope,
    send: Send,
    answer: Answer | Streamed,
    condition: bytes | None,
    *,
    fresh: tuple[Header, ...],
    more: tuple[Header, ...],
) -> tuple[int, str]:
    """Give an answer with `fresh` headers, one that nobody may keep with `more`; a stream has gone out already."""
    if isinstance(answer, Streamed):
        return answer.status, answer.route
    headers = fresh if answer.etag else (*more, *FOR_NOBODY)
    return await _give(scope, send, answer, condition, headers), answer.route


async def _give(scope: Scope, send: Send, answer: Answer, condition: bytes | None, more: tuple[Header, ...]) -> int:
    status, headers, body = answer.status, answer.headers, answer.body
    if condition is not None and answer.etag and matches(condition, answer.etag):
        status, headers, body = 304, answer.marks, b""
    headers = added(headers, more) if not answer.kept else (*headers, *more)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})
    return status


async def _refuse(send: Send, problem: Problem, more: tuple[Header, ...]) -> int:
    body = problem_body(problem.status_code, problem.detail)
    own = [(name.lower().encode(), value.encode()) for name, value in (problem.headers or {}).items()]
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body)), *own, *more, *FOR_NOBODY]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
    return problem.status_code


def _too_often(verdict: Verdict) -> Problem:
    detail = (
        f"More than {verdict.limit} requests in a minute. Ask again in {verdict.seconds} s. POST /api/cost takes "
        "10,000 usages at once, and GET /api/changes tells what has changed."
    )
    return Problem(429, detail, headers={"Retry-After": str(verdict.seconds)})


@lru_cache(4096)
def network(host: str) -> str:
    """Return whom to count as one: an IPv4 address, or the /64 that one household has in IPv6."""
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))
