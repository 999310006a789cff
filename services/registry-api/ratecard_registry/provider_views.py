"""What is known of each provider: how many models, how its newest sync went, and when its pages were last read well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from ratecard_registry.sync_view import ProviderStatus, Syncs
from ratecard_registry.versions import QUERIES
from ratecard_registry.views import View
from ratecard_shared.database import queries


class PageView(View, frozen=True, kw_only=True):
    """A pricing page: when it was last looked at, last read well, and what was wrong if it was not."""

    url: str
    checked_at: datetime
    last_verified: datetime | None
    error: str | None


class ProviderView(View, frozen=True, kw_only=True):
    """A provider. `models` are not deprecated; `priced` of them have a known price. `sync` is null before the first."""

    id: str
    name: str
    models: int
    priced: int
    deprecated: int
    sync: ProviderStatus | None
    pages: tuple[PageView, ...]


class ProvidersView(View, frozen=True, kw_only=True):
    """Every provider that has a file, or models."""

    data: tuple[ProviderView, ...]
    total: int


class Providers:
    """Tells of providers. `names` are those for people, by id, of all that have a file."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], syncs: Syncs, names: Mapping[str, str]) -> None:
        """Wire it. `pool` is called when PostgreSQL is needed."""
        self._pool = pool
        self._syncs = syncs
        self._names = names
        self._sql = queries(QUERIES)

    async def listed(self) -> ProvidersView:
        """Return what is known of each."""
        counts = {row["provider"]: dict(row) async for row in self._sql.counts(self._pool())}
        pages: dict[str, list[PageView]] = defaultdict(list)
        async for row in self._sql.pages(self._pool()):
            pages[row["provider"]].append(PageView(**{name: row[name] for name in PageView.__struct_fields__}))
        syncs = {status.provider: status for status in (await self._syncs.status()).providers}
        found = tuple(
            self._view(provider, counts.get(provider, {}), syncs.get(provider), pages[provider])
            for provider in sorted(self._names.keys() | counts.keys())
        )
        return ProvidersView(data=found, total=len(found))

    def _view(
        self, provider: str, counts: Mapping[str, Any], sync: ProviderStatus | None, pages: list[PageView]
    ) -> ProviderView:
        return ProviderView(
            id=provider,
            name=self._names.get(provider, provider),
            models=counts.get("models", 0),
            priced=counts.get("priced", 0),
            deprecated=counts.get("deprecated", 0),
            sync=sync,
            pages=tuple(pages),
        )
