"""Models as the API shows them, through the cache. PostgreSQL is always right; Redis only saves asking it.

Keys are the mission's, with `provider/id` for the model's id, because two providers may have the same id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from ratecard_registry import metrics, views
from ratecard_registry.cache import Cache
from ratecard_registry.rows import model_from, own_from, price_from
from ratecard_registry.stored import StoredModel
from ratecard_registry.views import FactsView, ModelView, PricingView
from ratecard_shared.database import queries

QUERIES: Final = Path(__file__).with_name("reads.sql")
MODELS: Final = "models:"
FALLBACK: Final = "fallback:"

Place = tuple[str, str]
T = TypeVar("T")


class Seconds(msgspec.Struct, frozen=True, kw_only=True):
    """How long each kind of value is kept."""

    model: int = 3600
    pricing: int = 3600
    fallback: int = 604_800
    status: int = 300


def list_key(provider: str) -> str:
    """Return the key of a provider's model ids."""
    return f"model:{provider}:list"


def details_key(place: Place) -> str:
    """Return the key of a model without its prices."""
    return f"model:{'/'.join(place)}:details"


def pricing_key(place: Place) -> str:
    """Return the key of a model's prices."""
    return f"pricing:{'/'.join(place)}"


class Catalogue:
    """Reads models. `pool` is called when PostgreSQL is needed."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], cache: Cache, seconds: Seconds) -> None:
        """Wire it."""
        self._pool = pool
        self._cache = cache
        self._seconds = seconds
        self._sql = queries(QUERIES)

    async def versions(self) -> dict[str, int]:
        """Return the version of everything that can be cached, as Redis knows it or else PostgreSQL."""
        if known := await self._cache.versions():
            return known
        rows = {row["name"]: row["version"] async for row in self._sql.versions(self._pool())}
        if rows:
            await self._cache.publish_versions(rows)
        return rows

    async def ids(self, providers: Collection[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return every model id, or those of some providers, by provider."""
        versions = providers_in(await self.versions())
        wanted = [name for name in sorted(versions) if providers is None or name in providers]
        keys = [list_key(provider) for provider in wanted]
        found = await self._cache.read(keys, [versions[name] for name in wanted], tuple[str, ...])
        _count(found, metrics.MODEL_HITS, metrics.MODEL_MISSES)
        return {
            name: await self._ids_of(name, versions[name]) if ids is None else ids
            for name, ids in zip(wanted, found, strict=True)
        }

    async def _ids_of(self, provider: str, version: int) -> tuple[str, ...]:
        ids = tuple([row["id"] async for row in self._sql.ids_of(self._pool(), provider=provider)])
        await self._cache.write({list_key(provider): ids}, version, seconds=self._seconds.model)
        return ids

    async def models(self, places: Sequence[Place]) -> dict[Place, ModelView]:
        """Return those of the models that exist, in the order asked for."""
        versions = providers_in(await self.versions())
        needed = [versions.get(provider, 0) for provider, _ in places]
        facts = await self._cache.read([details_key(place) for place in places], needed, FactsView)
        pricing = await self._cache.read([pricing_key(place) for place in places], needed, PricingView)
        _count(facts, metrics.MODEL_HITS, metrics.MODEL_MISSES)
        _count(pricing, metrics.PRICING_HITS, metrics.PRICING_MISSES)
        shown = {
            place: views.whole(fact, prices)
            for place, fact, prices in zip(places, facts, pricing, strict=True)
            if fact is not None and prices is not None
        }
        missing = [place for place in places if place not in shown]
        shown |= await self._load(missing, versions) if missing else {}
        return {place: shown[place] for place in places if place in shown}

    async def _load(self, places: Sequence[Place], versions: dict[str, int]) -> dict[Place, ModelView]:
        loaded: dict[Place, ModelView] = {}
        details: dict[str, dict[str, Any]] = defaultdict(dict)
        pricing: dict[str, dict[str, Any]] = defaultdict(dict)
        for model in await stored_models(self._sql, self._pool(), places):
            facts, prices = views.facts_view(model), pricing_of(model)
            loaded[model.place] = views.whole(facts, prices)
            details[model.provider][details_key(model.place)] = facts
            pricing[model.provider][pricing_key(model.place)] = prices
        for provider in details.keys() & versions.keys():
            version = versions[provider]
            await self._cache.write(details[provider], version, seconds=self._seconds.model)
            await self._cache.write(pricing[provider], version, seconds=self._seconds.pricing)
        return loaded


def providers_in(versions: dict[str, int]) -> dict[str, int]:
    """Return the versions of providers' models, by provider."""
    return {name.removeprefix(MODELS): v for name, v in versions.items() if name.startswith(MODELS)}


def pricing_of(model: StoredModel) -> PricingView:
    """Return what is shown of a stored model's prices."""
    return views.pricing_view(model.prices, stale_since=model.stale_since, scheduled=model.announced, own=model.own)


async def stored_models(sql: Any, pool: Any, places: Collection[Place]) -> list[StoredModel]:
    """Return the models that exist, without a lock: for showing, not for changing."""
    where = {"providers": [provider for provider, _ in places], "ids": [model for _, model in places]}
    rows = [row async for row in sql.models(pool, **where)]
    prices = _by_model([row async for row in sql.prices_of(pool, **where)], price_from)
    announced = _by_model([row async for row in sql.announced_of(pool, **where)], price_from)
    own = _by_model([row async for row in sql.own_of(pool, **where)], own_from)
    places_of = ((row, (row["provider"], row["id"])) for row in rows if row["merged_into"] is None)
    return [model_from(row, prices[place], announced[place], own[place]) for row, place in places_of]


def _by_model(rows: Collection[Any], read: Callable[[Any], T]) -> dict[Place, tuple[T, ...]]:
    found: dict[Place, tuple[T, ...]] = defaultdict(tuple)
    for row in rows:
        found[row["provider"], row["model_id"]] += (read(row),)
    return found


def _count(found: Sequence[Any], hits: Any, misses: Any) -> None:
    misses.inc(sum(item is None for item in found))
    hits.inc(sum(item is not None for item in found))
