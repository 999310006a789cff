"""Models as the API shows them, from memory, else from Redis, else from PostgreSQL, which is always right.

Memory and Redis hold values of versions: what is older than the version that this process knows is a miss. Redis' keys
are the mission's, with `provider/id` for the model's id, because two providers may have the same id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from ratecard_registry import metrics, views
from ratecard_registry.cache import Cache
from ratecard_registry.reading_pool import AwayError
from ratecard_registry.rows import model_from, own_from, price_from
from ratecard_registry.stored import StoredModel
from ratecard_registry.versions import QUERIES, Versions
from ratecard_registry.views import FactsView, ModelView, PricingView
from ratecard_shared.database import queries

MODELS: Final = "models:"
FALLBACK: Final = "fallback:"
_FEW: Final = 20
"""Who asks for more models than that waits for others who do, so that nothing is read for each of them."""

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


class Shelf:
    """What memory holds of one provider at one version, and of what it has not read yet what it held last."""

    def __init__(self, version: int, after: Shelf | None = None) -> None:
        """Begin empty, with what the shelf before held."""
        self.version = version
        self.ids: tuple[str, ...] | None = None
        self.models: dict[str, ModelView] = {}
        self.last_ids: tuple[str, ...] | None = None
        self.last_models: dict[str, ModelView] = {}
        if after:
            self.last_ids = after.last_ids if after.ids is None else after.ids
            self.last_models = after.last_models | after.models

    def put(self, name: str, model: ModelView) -> None:
        """Keep a model of this version."""
        self.models[name] = model
        self.last_models.pop(name, None)

    def newest(self, name: str) -> ModelView | None:
        """Return the newest that was ever read of a model."""
        return self.models.get(name) or self.last_models.get(name)


class Catalogue:
    """Reads models. `pool` is called when PostgreSQL is needed."""

    def __init__(self, *, pool: Callable[[], asyncpg.Pool], versions: Versions, cache: Cache, seconds: Seconds) -> None:
        """Wire it."""
        self._pool = pool
        self.known_versions = versions
        self.cache = cache
        self._seconds = seconds
        self._sql = queries(QUERIES)
        self._shelves: dict[str, Shelf] = {}
        self._id_sets: Mapping[str, frozenset[str]] = {}
        self._id_sets_of: object = None
        self._reading_many = asyncio.Lock()

    async def versions(self) -> Mapping[str, int]:
        """Return the version of everything that can be kept, as this process knows it."""
        return await self.known_versions.current()

    async def ids(self, providers: Collection[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return every model id, or those of some providers, by provider."""
        versions = providers_in(await self.versions())
        wanted = [name for name in sorted(versions) if providers is None or name in providers]
        shelves = [self._shelf(name, versions[name]) for name in wanted]
        try:
            await self._fill_ids({who: shelf for who, shelf in zip(wanted, shelves, strict=True) if shelf.ids is None})
        except AwayError:
            if any(shelf.ids is None and shelf.last_ids is None for shelf in shelves):
                raise
            self.known_versions.behind += 1
        return {name: shelf.ids or shelf.last_ids or () for name, shelf in zip(wanted, shelves, strict=True)}

    async def id_sets(self) -> Mapping[str, frozenset[str]]:
        """Return every model id by provider, for looking names up: made once for each state of the catalogue."""
        state = await self.versions()
        if self._id_sets_of is not state:
            behind = self.known_versions.behind
            self._id_sets = {provider: frozenset(ids) for provider, ids in (await self.ids()).items()}
            self._id_sets_of = state if self.known_versions.behind == behind else None
        return self._id_sets

    def _shelf(self, provider: str, version: int) -> Shelf:
        shelf = self._shelves.get(provider)
        if shelf is None or shelf.version < version:
            shelf = self._shelves[provider] = Shelf(version, shelf)
        return shelf if shelf.version == version else Shelf(version)

    async def _fill_ids(self, shelves: Mapping[str, Shelf]) -> None:
        keys = [list_key(provider) for provider in shelves]
        needed = [shelf.version for shelf in shelves.values()]
        found = await self.cache.read(keys, needed, tuple[str, ...])
        _count(found, metrics.MODEL_HITS, metrics.MODEL_MISSES)
        for (provider, shelf), ids in zip(shelves.items(), found, strict=True):
            shelf.ids = await self._ids_of(provider, shelf.version) if ids is None else ids

    async def _ids_of(self, provider: str, version: int) -> tuple[str, ...]:
        ids = tuple([row["id"] async for row in self._sql.ids_of(self._pool(), provider=provider)])
        await self.cache.write({list_key(provider): ids}, version, seconds=self._seconds.model)
        return ids

    async def models(self, places: Sequence[Place]) -> dict[Place, ModelView]:
        """Return those of the models that exist, in the order asked for."""
        if len(places) <= _FEW:
            return await self._models(places)
        async with self._reading_many:  # who waits finds on the shelf what the first one read
            return await self._models(places)

    async def _models(self, places: Sequence[Place]) -> dict[Place, ModelView]:
        versions = providers_in(await self.versions())
        shelves = {provider: self._shelf(provider, version) for provider, version in versions.items()}
        missing = [(who, name) for who, name in places if who not in shelves or name not in shelves[who].models]
        try:
            for (who, name), model in (await self._read(missing, versions)).items() if missing else ():
                shelves.setdefault(who, Shelf(0)).put(name, model)
        except AwayError:
            if any(who not in shelves or not shelves[who].newest(name) for who, name in missing):
                raise
            self.known_versions.behind += 1
            return {place: found for place in places if (found := shelves[place[0]].newest(place[1]))}
        return {
            (who, name): shelves[who].models[name]
            for who, name in places
            if who in shelves and name in shelves[who].models
        }

    async def _read(self, places: Sequence[Place], versions: dict[str, int]) -> dict[Place, ModelView]:
        needed = [versions.get(provider, 0) for provider, _ in places]
        facts = await self.cache.read([details_key(place) for place in places], needed, FactsView)
        pricing = await self.cache.read([pricing_key(place) for place in places], needed, PricingView)
        _count(facts, metrics.MODEL_HITS, metrics.MODEL_MISSES)
        _count(pricing, metrics.PRICING_HITS, metrics.PRICING_MISSES)
        shown = {
            place: views.whole(fact, prices)
            for place, fact, prices in zip(places, facts, pricing, strict=True)
            if fact is not None and prices is not None
        }
        missing = [place for place in places if place not in shown]
        return shown | (await self._load(missing, versions) if missing else {})

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
            await self.cache.write(details[provider], version, seconds=self._seconds.model)
            await self.cache.write(pricing[provider], version, seconds=self._seconds.pricing)
        return loaded


def providers_in(versions: Mapping[str, int]) -> dict[str, int]:
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
