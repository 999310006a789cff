"""Tells the caches what has changed, after the commit: this process' memory first, then Redis.

`cache_versions.told` is what Redis has heard of `version`. A crash or an outage of Redis between the commit and the
telling leaves it behind: the next look makes up for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import asyncpg

from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import (
    FALLBACK,
    Seconds,
    details_key,
    list_key,
    pricing_key,
    pricing_of,
    stored_models,
)
from ratecard_registry.outdated import MODELS
from ratecard_registry.reading_pool import AwayError
from ratecard_registry.versions import QUERIES, Versions
from ratecard_shared.database import queries
from ratecard_shared.tracing import SYNC_ID, about, carried, root, subject


class Teller:
    """Looks at what the caches have not heard, and tells them."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], versions: Versions, cache: Cache, seconds: Seconds) -> None:
        """Wire it."""
        self._pool = pool
        self._versions = versions
        self._cache = cache
        self._seconds = seconds
        self._sql = queries(QUERIES)
        self._copied: dict[str, int | None] = {}
        self._cause: dict[str, str] = {}
        self._sync_id = ""

    def tell_soon(self) -> None:
        """Let the next telling belong to the trace of what was committed just now, and to its sync."""
        self._cause, self._sync_id = carried(), subject().get(SYNC_ID, "")

    async def tell(self) -> None:
        """Bring the caches up to date with PostgreSQL. Does nothing if they are, or cannot be reached."""
        try:
            untold = await self._versions.look()
        except AwayError:  # the commit stands: the next look makes up for it
            return
        if not untold:
            return
        cause, self._cause = carried() or self._cause, {}
        with root("tell caches", caused_by=cause) if cause else nullcontext(), about(sync_id=self._sync_id):
            done = [await self._refresh(name, version) for name, version in untold.items()]
            if all(done):
                await self._sql.told(self._pool(), names=list(untold), versions=list(untold.values()))

    async def _refresh(self, name: str, version: int) -> bool:
        if name.startswith(MODELS):
            return await self._drop_models(name.removeprefix(MODELS))
        if name.startswith(FALLBACK):
            return await self._keep_copy(name.removeprefix(FALLBACK), version)
        return await self._cache.drop([name])

    async def _keep_copy(self, provider: str, version: int) -> bool:
        """Keep the copy of the provider's last good prices for longer; write it anew if they are not what it holds."""
        of_models = self._versions.known.get(f"{MODELS}{provider}")
        key = f"pricing:{provider}:fallback"
        if self._copied.get(provider) == of_models and await self._cache.keep(key, seconds=self._seconds.fallback):
            return True
        if not await self._copy_prices(provider, key, version):
            return False
        self._copied[provider] = of_models
        return True

    async def _drop_models(self, provider: str) -> bool:
        places = [(provider, model_id) for model_id in await self._ids(provider)]
        keys = itertools.chain.from_iterable((details_key(place), pricing_key(place)) for place in places)
        return await self._cache.drop([list_key(provider), *keys])

    async def _copy_prices(self, provider: str, key: str, version: int) -> bool:
        """Copy the provider's last good prices. The registry's own rows stay the source."""
        places = [(provider, model_id) for model_id in await self._ids(provider)]
        models = await stored_models(self._sql, self._pool(), places)
        prices: Mapping[str, Any] = {model.facts.id: pricing_of(model).pricing for model in models if model.prices}
        return await self._cache.write({key: prices}, version, seconds=self._seconds.fallback)

    async def _ids(self, provider: str) -> list[str]:
        return [row["id"] async for row in self._sql.ids_of(self._pool(), provider=provider)]
