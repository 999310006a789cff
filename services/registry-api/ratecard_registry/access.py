"""Who may do what. The admin key comes from the environment; it is compared in constant time and never shown.

Reading without a key is allowed where the operator says so.
"""

from __future__ import annotations

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from ratecard_registry.problems import Problem


class Access:
    """The rules, as guards for routes."""

    def __init__(self, *, admin_key: str, anonymous_read: bool) -> None:
        """Take the operator's wishes; an empty key closes the admin routes."""
        self._admin_key = admin_key.encode()
        self._anonymous_read = anonymous_read

    def to_read(self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        """Let readers through. Raises Problem."""
        if not self._anonymous_read and not self._is_admin(connection):
            raise Problem(401, _ASK, headers={"WWW-Authenticate": "Bearer"})

    def to_administer(self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        """Let administrators through. Raises Problem."""
        if not self._admin_key:
            raise Problem(403, "Admin routes are closed: set RATECARD_ADMIN_KEY and restart the registry.")
        if not self._is_admin(connection):
            raise Problem(401, _ASK, headers={"WWW-Authenticate": "Bearer"})

    def _is_admin(self, connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key", "")
        return bool(self._admin_key) and hmac.compare_digest(given.encode(), self._admin_key)


_ASK = "Give the key as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
