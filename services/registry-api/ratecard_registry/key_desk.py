"""Where keys are made and revoked. Each is one transaction with its row in the audit log and the keys' new version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import asyncpg

from ratecard_registry import audit
from ratecard_registry.access import Caller
from ratecard_registry.key_views import CreatedKey, KeysView, KeyView, NewKey, created_view, key_view
from ratecard_registry.key_watch import QUERIES, KeyWatch
from ratecard_registry.keys import digest_of, new_key, shown
from ratecard_registry.problems import Problem
from ratecard_shared.database import queries, transaction

_LARGEST_ID: Final = 2**63 - 1


class KeyDesk:
    """Makes, lists and revokes keys. `watch` looks at once at what was done here; other replicas follow."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        watch: KeyWatch,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._watch = watch
        self._now = now
        self._sql = queries(QUERIES)

    async def listed(self) -> KeysView:
        """Return all keys, the newest first."""
        now = self._now()
        return KeysView(data=tuple([key_view(row, now) async for row in self._sql.listed(self._pool())]))

    async def create(self, wanted: NewKey, caller: Caller) -> CreatedKey:
        """Make a key and return it, this once. Raises Problem."""
        now = self._now()
        _check(wanted, now)
        key = new_key()
        async with transaction(self._pool()) as connection:
            row = await self._sql.add(
                connection,
                digest=digest_of(key.encode()),
                prefix=shown(key),
                name=wanted.name,
                scopes=sorted(set(wanted.scopes)),
                created_at=now,
                created_by=caller.name,
                expires_at=wanted.expires_at,
            )
            details = {"name": wanted.name, "prefix": row["prefix"], "scopes": row["scopes"]}
            await self._changed(connection, caller, "keys.create", row["id"], expiresAt=wanted.expires_at, **details)
        await self._look()
        return created_view(row, key, now)

    async def revoke(self, key_id: int, caller: Caller) -> KeyView:
        """Revoke a key; one that is revoked already stays as it is. Raises Problem."""
        now = self._now()
        async with transaction(self._pool()) as connection:
            row = await self._sql.locked(connection, id=key_id) if key_id <= _LARGEST_ID else None
            if row is None:
                raise Problem(404, f"There is no key {key_id}. GET /api/admin/keys lists them.")
            if row["revoked_at"] is None:
                row = await self._sql.revoke(connection, id=key_id, at=now)
                await self._changed(connection, caller, "keys.revoke", key_id, name=row["name"], prefix=row["prefix"])
        await self._look()
        return key_view(row, now)

    async def _look(self) -> None:
        # It is done, and a new key must reach its owner: what cannot be looked at now is seen at the next look.
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._watch.look()

    async def _changed(
        self, connection: asyncpg.Connection, caller: Caller, action: str, key_id: int, **details: object
    ) -> None:
        await audit.record(connection, caller, action=action, target=str(key_id), details=details)
        await self._sql.bump_version(connection)


def _check(wanted: NewKey, now: datetime) -> None:
    """Refuse names that no list can show, and ends that have passed. Raises Problem."""
    if not wanted.name.isprintable() or not wanted.name.strip():
        raise Problem(400, "`name` takes one line that people can read, such as the service that uses the key.")
    if wanted.expires_at and wanted.expires_at <= now:
        raise Problem(400, f"`expiresAt` has passed: it is {now:%Y-%m-%dT%H:%M:%SZ} now. Leave it out for no end.")
