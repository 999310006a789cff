"""How to ask a provider's API which models exist."""

from __future__ import annotations

import msgspec


class Paging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to get the next page: send `parameter` with the value of the answer's `token` while `more` (if any) is true."""

    parameter: str
    token: str
    more: str | None = None


class ListEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's list endpoint. `key_variable` names the environment variable with the API key."""

    url: str
    key_variable: str | None = None
    auth_header: str = "Authorization"
    auth_format: str = "Bearer {key}"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    items: str = "data"
    paging: Paging | None = None
    bad_key_statuses: tuple[int, ...] = (401, 403)
    fields: dict[str, str] = {}
    strip_prefix: str = ""
