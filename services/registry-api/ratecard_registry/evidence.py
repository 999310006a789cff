"""The bytes of pages that prices were read from, kept compressed by their hash: given back whole and checked, or not.

Bytes are dropped when they have not been seen for so many days, and no price points to them that is in force, announced
or held back, or that ended within those days.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("evidence.sql")
MOST_BYTES: Final = 16 * 1024 * 1024
"""Far above what the scraper fetches; what inflates to more is no page."""

_LOG: Final = logging.getLogger(__name__)


class DamagedError(Exception):
    """What is kept under a hash is not what had this hash."""


class PageStore:
    """Reads and drops the bytes of pages. `pool` and `now` are called when they are needed; 0 days keeps all."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        days: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._days = days
        self._now = now
        self._sql = queries(QUERIES)

    async def body(self, sha256: str) -> bytes | None:
        """Return the page with this hash; None if it is not kept, or not all of it is here yet. Raises DamagedError."""
        rows = [row async for row in self._sql.body(self._pool(), sha256=sha256)]
        return whole(rows, sha256)

    async def sources(self, provider: str) -> list[dict[str, Any]]:
        """Return the provider's pages: url, checked_at, last_verified and error of each."""
        return [dict(row) async for row in self._sql.sources(self._pool(), provider=provider)]

    async def prune(self) -> int:
        """Drop what is old and not needed, and return how many pages."""
        if not self._days:
            return 0
        count = int(await self._sql.prune(self._pool(), before=self._now() - timedelta(days=self._days)))
        if count:
            _LOG.info("dropped the bytes of %d pages that no price needs (EVIDENCE_RETENTION_DAYS)", count)
        return count


def whole(parts: Sequence[Any], sha256: str) -> bytes | None:
    """Join the parts of a page and inflate them. Raises DamagedError if the result does not have the hash."""
    if not parts or [part["index"] for part in parts] != list(range(parts[0]["total"])):
        return None
    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(b"".join(part["data"] for part in parts), MOST_BYTES)
    except zlib.error as error:
        raise DamagedError(f"it cannot be inflated: {error}") from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise DamagedError("its bytes have another hash")
    return body
