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
from ratecard_registry.lists import Lists
from ratecard_registry.outdated import MODELS
from ratecard_registry.reading_pool import AwayError
from ratecard_registry.rows import model_from, own_from, price_from
from ratecard_registry.shelf import Shelf
from ratecard_registry.stored import StoredModel
from ratecard_registry.together import Together
from ratecard_registry.versions import QUERIES, Versions
from ratecard_registry.views import FactsView, ModelView, PricingView
from ratecard_shared.database import queries

FALLBACK: Final = "fallback:"
_AT_ONCE: Final = 50
"""Up to how many models are read without leaving the event loop to others."""

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
        self._together = Together(self._newest)
        self.lists = Lists()

    async def versions(self) -> Mapping[str, int]:
        """Return the version of everything that can be kept, as this process knows it."""
        return await self.known_versions.current()

    async def ids(self, providers: Collection[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return every model id, or those of some providers, by provider."""
        return {name: shelf.newest_ids or () for name, shelf in (await self._listed(providers)).items()}

    async def id_sets(self, providers: Collection[str] | None = None) -> Mapping[str, frozenset[str]]:
        """Return the same for looking names up: all of them are made once for each state of the catalogue."""
        state, behind = await self.versions(), self.known_versions.behind
        if providers is None and self._id_sets_of is state:
            return self._id_sets
        found = {name: shelf.id_set for name, shelf in (await self._listed(providers)).items()}
        if providers is None and self.known_versions.behind == behind:
            self._id_sets, self._id_sets_of = found, state
        return found

    async def _listed(self, providers: Collection[str] | None) -> dict[str, Shelf]:
        """Return shelves with ids."""
        versions = providers_in(await self.versions())
        wanted = sorted(name for name in versions if providers is None or name in providers)
        shelves = {name: self._shelf(name, versions[name]) for name in wanted}
        unread = {name: shelf for name, shelf in shelves.items() if shelf.ids is None}
        try:
            await self._fill_ids(unread)
        except AwayError:
            if any(shelf.newest_ids is None for shelf in unread.values()):
                raise
            self.known_versions.behind += 1
        return shelves

    def _shelf(self, provider: str, version: int) -> Shelf:
        shelf = self._shelves.get(provider)
        if shelf is None:
            shelf = self._shelves[provider] = Shelf(version)
        elif shelf.version < version:
            changed = self.known_versions.changed(f"{MODELS}{provider}", shelf.version)
            shelf = self._shelves[provider] = shelf.moved_on(version, changed)
        return shelf if shelf.version == version else Shelf(version)

    async def _fill_ids(self, shelves: Mapping[str, Shelf]) -> None:
        keys = [list_key(provider) for provider in shelves]
        needed = [shelf.version for shelf in shelves.values()]
        found = await self.cache.read(keys, needed, tuple[str, ...])
        _count(found, metrics.MODEL_HITS, metrics.MODEL_MISSES)
        for (provider, shelf), ids in zip(shelves.items(), found, strict=True):
            shelf.hold(await self._ids_of(provider, shelf.version) if ids is None else ids)

    async def _ids_of(self, provider: str, version: int) -> tuple[str, ...]:
        ids = tuple([row["id"] async for row in self._sql.ids_of(self._pool(), provider=provider)])
        await self.cache.write({list_key(provider): ids}, version, seconds=self._seconds.model)
        return ids

    async def whole(self, providers: Collection[str] | None = None) -> dict[str, tuple[ModelView, ...]]:
        """Return all models, or those of some providers, by provider: the same objects until one of them changes."""
        shelves = await self._listed(providers)
        await self._fill([(who, name) for who, shelf in shelves.items() for name in shelf.unread()], shelves)
        return {who: shelf.whole() for who, shelf in shelves.items()}

    async def models(self, places: Sequence[Place]) -> dict[Place, ModelView]:
        """Return those of the models that exist, in the order asked for."""
        versions = providers_in(await self.versions())
        shelves = {who: self._shelf(who, versions[who]) for who in {who for who, _ in places} if who in versions}
        missing = [(who, name) for who, name in places if who in shelves and name not in shelves[who].models]
        behind = self.known_versions.behind
        await self._fill(missing, shelves)
        away = self.known_versions.behind != behind
        return {
            (who, name): found
            for who, name in places
            if who in shelves
            and (found := shelves[who].newest(name) if away else shelves[who].models.get(name)) is not None
        }

    async def _fill(self, places: Sequence[Place], shelves: Mapping[str, Shelf]) -> None:
        """Put models onto their shelves. Where PostgreSQL is away, what was known last has to do."""
        if not places:
            return
        try:
            read = await self._together.get(places)
        except AwayError:
            if any(not shelves[who].newest(name) for who, name in places):
                raise
            self.known_versions.behind += 1
            return
        for who, name in places:
            if model := read.get((who, name)):
                shelves[who].put(name, model)

    async def _newest(self, places: Collection[Place]) -> dict[Place, ModelView]:
        """Return models as they are now, from the shelves that others have filled meanwhile if they are there."""
        versions = providers_in(self.known_versions.known)
        shelves = {who: self._shelf(who, versions[who]) for who in {who for who, _ in places}}
        found = {place: model for place in places if (model := shelves[place[0]].models.get(place[1]))}
        lacking = [place for place in sorted(places) if place not in found]
        for first in range(0, len(lacking), _AT_ONCE):
            read = await self._read(lacking[first : first + _AT_ONCE], versions)
            for (who, name), model in read.items():
                shelves[who].put(name, model)
            found |= read
        return found

    async def _read(self, places: Sequence[Place], versions: dict[str, int]) -> dict[Place, ModelView]:
        needed = [versions.get(provider, 0) for provider, _ in places]
        facts, pricing = await asyncio.gather(
            self.cache.read([details_key(place) for place in places], needed, FactsView),
            self.cache.read([pricing_key(place) for place in places], needed, PricingView),
        )
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
            await asyncio.gather(
                self.cache.write(details[provider], version, seconds=self._seconds.model),
                self.cache.write(pricing[provider], version, seconds=self._seconds.pricing),
            )
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
