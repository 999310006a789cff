"""Keeps a process' table of keys as PostgreSQL has them: a key that was revoked anywhere stops here a look later.

While PostgreSQL cannot be reached the table stays as it is; then no key can be revoked either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from ratecard_registry.keys import Key, KeyTable, Scope, granted
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("keys.sql")


class KeyWatch:
    """Looks at the keys, and tells PostgreSQL now and then which of them are used."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        table: KeyTable,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._table = table
        self._now = now
        self._seen: int | None = None
        self._looking = asyncio.Lock()
        self._sql = queries(QUERIES)

    async def look(self) -> None:
        """Bring the table up to date. The version is read first, so that what changes meanwhile is seen next time."""
        async with self._looking:
            version = await self._sql.version(self._pool())
            if self._table.loaded and version == self._seen:
                return
            self._table.replace({row["digest"]: _key(row) async for row in self._sql.all(self._pool())})
            self._seen = version

    async def note_use(self) -> None:
        """Write down when keys were last used: some time after it was, and never for a request's sake."""
        if used := self._table.take_used():
            await self._sql.note_use(self._pool(), ids=[int(key) for key in used], at=self._now())


def _key(row: Any) -> Key:
    return Key(
        id=str(row["id"]),
        name=row["name"],
        scopes=granted(Scope(scope) for scope in row["scopes"]),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
