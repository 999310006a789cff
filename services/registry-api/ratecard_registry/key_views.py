"""What the API shows of a key, and takes for a new one. The key itself is in one answer only: that to its creation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ratecard_registry.keys import Scope
from ratecard_registry.views import View

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The key that is wanted. `scopes` are `read` and `admin`, which includes it; without `expiresAt` it never ends."""

    name: Name
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1)] = (Scope.READ,)
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class KeyView(View, frozen=True, kw_only=True):
    """A key: `prefix` is how it begins. `lastUsedAt` may be half a minute late."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    state: Literal["active", "expired", "revoked"]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class CreatedKey(KeyView, frozen=True, kw_only=True):
    """A new key. `key` is shown this once and is kept nowhere: store it where it is used."""

    key: str


class KeysView(View, frozen=True, kw_only=True):
    """All keys that there ever were, the newest first."""

    data: tuple[KeyView, ...]


def key_view(row: Mapping[str, Any], now: datetime) -> KeyView:
    """Return what is shown of a row."""
    return KeyView(**_fields(row, now))


def created_view(row: Mapping[str, Any], key: str, now: datetime) -> CreatedKey:
    """Return what is shown of a new key, once."""
    return CreatedKey(key=key, **_fields(row, now))


def _fields(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    known = {name: row[name] for name in KeyView.__struct_fields__ if name not in {"id", "scopes", "state"}}
    ended = row["expires_at"] is not None and row["expires_at"] <= now
    state = "revoked" if row["revoked_at"] else "expired" if ended else "active"
    return {**known, "id": str(row["id"]), "scopes": tuple(Scope(scope) for scope in row["scopes"]), "state": state}
