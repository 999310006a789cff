"""Who asks, and who may do what. Nothing here waits: keys are judged by what this process knows, and are never shown.

Reading without a key is allowed where the operator says so. Tools that insist on sending some key may then send any
that does not look like Ratecard's: it counts as none.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from ratecard_registry.keys import PREFIX, Key, KeyTable, Scope, digest_of
from ratecard_registry.problems import Problem, route_of

_LOG: Final = logging.getLogger(__name__)
_CALLER: Final = "caller"
_BEARER: Final = "bearer"
_OURS: Final = PREFIX.encode()
Connection = ASGIConnection[Any, Any, Any, Any]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `key_id` is empty for somebody without a key, and "environment" for RATECARD_ADMIN_KEY."""

    name: str
    key_id: str = ""
    scopes: frozenset[Scope] = frozenset()


ANONYMOUS: Final = Caller(name="anonymous", scopes=frozenset({Scope.READ}))
ADMINISTRATOR: Final = Caller(name="administrator", key_id="environment", scopes=frozenset(Scope))


class Access:
    """The rules, and guards for routes that hold to them."""

    def __init__(
        self,
        *,
        admin_key: str,
        anonymous_read: bool,
        table: KeyTable | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the operator's wishes and the table of keys; an empty admin key is nobody's."""
        self._admin_digest = digest_of(admin_key.encode()) if admin_key else None
        self._anonymous_read = anonymous_read
        self._table = table or KeyTable()
        self._now = now

    def identify(self, authorization: str | None, api_key: str | None) -> Caller:
        """Return who sends these headers (`Authorization`, `X-API-Key`). Raises Problem."""
        key = _given(authorization, api_key)
        digest = digest_of(key)
        if self._admin_digest and hmac.compare_digest(digest, self._admin_digest):
            return ADMINISTRATOR
        if key.startswith(_OURS):
            return self._holder(digest)
        if self._anonymous_read:
            return ANONYMOUS
        raise _unauthorized(_UNKNOWN if key else _MISSING, invalid=bool(key))

    def needing(self, scope: Scope) -> Guard:
        """Return a guard that lets callers with this scope through, and notes who they are; it raises Problem."""

        # A function, because the framework copies the routes deeply, and a method with the table of keys it belongs to.
        # It never waits, and is a coroutine all the same: the framework hands any other to a thread, for each request.
        async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
            self._need(scope, connection)

        return guard

    def _need(self, scope: Scope, connection: Connection) -> None:
        caller = self.identify(connection.headers.get("authorization"), connection.headers.get("x-api-key"))
        if scope not in caller.scopes:
            raise self._refused(caller, scope, connection)
        connection.scope["state"][_CALLER] = caller

    def _refused(self, caller: Caller, scope: Scope, connection: Connection) -> Problem:
        if not caller.key_id:
            return _unauthorized(_NOT_ANONYMOUS, invalid=False)
        route = route_of(connection)
        _LOG.warning("%r is refused to key %s (%r), which lacks %r", route, caller.key_id, caller.name, scope.value)
        challenge = f'Bearer realm="ratecard", error="insufficient_scope", scope="{scope.value}"'
        detail = f"The key {caller.name!r} lacks the scope `{scope.value}`: use one that has it, or create one."
        return Problem(403, detail, headers={"WWW-Authenticate": challenge})

    def _holder(self, digest: bytes) -> Caller:
        if not self._table.loaded:
            raise Problem(
                503, "The registry is starting and knows no keys yet: try again.", headers={"Retry-After": "2"}
            )
        known = self._table.find(digest)
        if known is None or known.revoked_at or (known.expires_at and known.expires_at <= self._now()):
            raise _unauthorized(_why_not(known), invalid=True)
        self._table.note_use(known)
        return Caller(name=known.name, key_id=known.id, scopes=known.scopes)


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Return who asks, as the route's guard has found."""
    caller: Caller = request.scope["state"][_CALLER]
    return caller


def _given(authorization: str | None, api_key: str | None) -> bytes:
    """Return the key of either header, empty for none. Raises Problem if they hold different ones."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == _BEARER else ""
    other = (api_key or "").strip()
    if bearer and other and bearer != other:
        raise _unauthorized(_TWO, invalid=True)
    # Headers are bytes that the server has read as Latin-1; what no header can hold must not look like what one can.
    return (bearer or other).encode("latin-1", "backslashreplace")


def _why_not(key: Key | None) -> str:
    if key is None:
        return _UNKNOWN
    if key.revoked_at:
        return f"The key {key.name!r} was revoked on {key.revoked_at:%Y-%m-%d}. {_ASK_ANOTHER}"
    return f"The key {key.name!r} expired on {key.expires_at:%Y-%m-%d}. {_ASK_ANOTHER}"


def _unauthorized(detail: str, *, invalid: bool) -> Problem:
    challenge = 'Bearer realm="ratecard"' + (', error="invalid_token"' if invalid else "")
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


_HOW: Final = "Send one as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
_MISSING: Final = f"This registry asks for a key. {_HOW}"
_NOT_ANONYMOUS: Final = f"This needs a key with the scope `admin`; no key of this registry was sent. {_HOW}"
_UNKNOWN: Final = "This key is not known here. A new key is known everywhere within about a second."
_TWO: Final = "`Authorization` and `X-API-Key` hold different keys: send one of them, or the same in both."
_ASK_ANOTHER: Final = "Ask an administrator for another one: `ratecard keys create`."
