"""The registry without Kafka, for tests: events are applied directly, what it says is read from its outbox."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import asyncpg
import httpx
from known_secrets import secret
from redis.asyncio import Redis
from registry_events import day

from ratecard_providers.load import load_providers
from ratecard_providers.spec import Provider
from ratecard_registry.access import Access
from ratecard_registry.api import Parts, create_app
from ratecard_registry.api_audit import AuditLog
from ratecard_registry.api_health import Doctor
from ratecard_registry.api_resolve import Resolver
from ratecard_registry.api_syncs import Trigger
from ratecard_registry.archive import Archive
from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import Catalogue, Seconds
from ratecard_registry.cost_front import CostFront
from ratecard_registry.costing import Costs
from ratecard_registry.evidence import PageStore
from ratecard_registry.exporting import Exports
from ratecard_registry.exports.naming import Names
from ratecard_registry.feed import Feed
from ratecard_registry.following import Follower
from ratecard_registry.front import Front, Limits
from ratecard_registry.handlers import Registry
from ratecard_registry.hot_prices import HotPrices
from ratecard_registry.imports.importing import Importer
from ratecard_registry.key_desk import KeyDesk
from ratecard_registry.key_watch import KeyWatch
from ratecard_registry.keys import KeyTable
from ratecard_registry.limiting import Limiter
from ratecard_registry.memory import Memory
from ratecard_registry.own.desk import OwnDesk
from ratecard_registry.past import Past
from ratecard_registry.provider_views import Providers
from ratecard_registry.quarantine import Quarantine
from ratecard_registry.quarantine_desk import Desk
from ratecard_registry.reading_pool import ReadingPool
from ratecard_registry.reads import Reads
from ratecard_registry.scraping_desk import ScrapingDesk
from ratecard_registry.scraping_pages import Trials
from ratecard_registry.sync_view import Syncs
from ratecard_registry.telling import Teller
from ratecard_registry.versions import Versions
from ratecard_registry.warming import Warmer
from ratecard_shared.codec import decode
from ratecard_shared.database import open_pool
from ratecard_shared.events import ModelChanged, PricingChanged, SyncCompleted, SyncRequested
from ratecard_shared.roles import ROLES, acting_as
from ratecard_shared.settings import DatabaseSettings

KEY = secret("made-up-admin-key")
_SAID = {"model.changed": ModelChanged, "pricing.changed": PricingChanged, "sync.completed": SyncCompleted}


@functools.cache
def _names() -> Names:
    return Names(providers=load_providers())


class Bench:
    """A registry at a time that the test sets, with its database, cache and API."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        redis: Redis,
        *,
        as_role: asyncpg.Pool | None = None,
        anonymous_read: bool = True,
        quarantine: Quarantine | None = None,
        providers: Mapping[str, Provider] | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Wire it. The test looks through `pool`; the registry may do no more than `as_role`, if that is given."""
        self.pool = pool
        pool = as_role or pool
        self.redis = redis
        self.now = day(0)
        self.asked: list[SyncRequested] = []
        self.kafka_fault: Exception | None = None
        self.checks = {"status": "running", "kafka": "up", "postgresql": "up"}
        self.cache = Cache(redis)
        seconds = Seconds()
        self.away, self.seconds = False, 0.0
        reading = ReadingPool(lambda: self._there(pool), clock=lambda: self.seconds)
        self.versions = Versions(pool=lambda: pool, reading=lambda: reading)
        self.teller = Teller(pool=lambda: pool, versions=self.versions, cache=self.cache, seconds=seconds)
        self.registry = Registry(pool=lambda: pool, tell_caches=self.teller.tell, now=self.clock, quarantine=quarantine)
        self.catalogue = Catalogue(pool=lambda: reading, versions=self.versions, cache=self.cache, seconds=seconds)
        syncs = Syncs(
            pool=lambda: pool,
            reading=lambda: reading,
            cache=self.cache,
            catalogue=self.catalogue,
            seconds=seconds,
        )
        feed = Feed(pool=lambda: reading)
        names = _names()
        documented = {"acme": {"swift-1": ("The Swift",)}}
        self.pages = PageStore(pool=lambda: pool, days=30, now=self.clock)
        table = KeyTable()
        self.key_watch = KeyWatch(pool=lambda: pool, table=table, now=self.clock)
        trials = Trials(pool=lambda: pool, kept=self.pages, now=self.clock)
        past = Past(pool=lambda: reading, now=self.clock)
        self.hot = HotPrices(past=past, versions=self.versions, now=self.clock)
        archive = Archive(pool=lambda: reading, prices=self.hot, now=self.clock)
        access = Access(admin_key=KEY, anonymous_read=anonymous_read, table=table, now=self.clock)
        costs = Costs(catalogue=self.catalogue, past=self.hot)
        self.warmer = Warmer(catalogue=self.catalogue, prices=self.hot, now=self.clock)
        self.framework = create_app(
            Parts(
                catalogue=self.catalogue,
                archive=archive,
                costs=costs,
                feed=feed,
                follower=Follower(feed, lasts=0.8, beat=0.2),
                resolver=Resolver(catalogue=self.catalogue, archive=archive, documented=documented),
                known_providers=Providers(
                    pool=lambda: reading, syncs=syncs, names={"acme": "Acme", "zenith": "Zenith"}
                ),
                pages=self.pages,
                exports=Exports(catalogue=self.catalogue, pool=lambda: pool, names=names),
                desk=Desk(pool=lambda: pool, tell_caches=self.teller.tell, now=self.clock),
                own_desk=OwnDesk(pool=lambda: pool, tell_caches=self.teller.tell, now=self.clock),
                scraping=ScrapingDesk(pool=lambda: pool, providers=providers or {}, trials=trials, now=self.clock),
                importer=Importer(
                    pool=lambda: pool,
                    catalogue=self.catalogue,
                    names=names,
                    documented=documented,
                    tell_caches=self.teller.tell,
                    now=self.clock,
                ),
                syncs=syncs,
                trigger=Trigger(
                    pool=lambda: pool,
                    publish=self._publish,
                    known=("acme", "zenith"),
                    disabled=("nadir",),
                    wait_at_most=2,
                    now=self.clock,
                ),
                doctor=Doctor(
                    checks=self._checks, ended=tuple, cache=self.cache, syncs=syncs, warm=lambda: self.warmer.warm
                ),
                key_watch=self.key_watch,
                key_desk=KeyDesk(pool=lambda: pool, watch=self.key_watch, now=self.clock),
                audit_log=AuditLog(pool=lambda: pool),
                access=access,
            )
        )
        self.memory = Memory()
        self.app = Front(
            self.framework,
            access=access,
            reads=Reads(self.framework, versions=self.versions, memory=self.memory, now=self.clock),
            costs=CostFront(costs),
            limiter=Limiter(cache=self.cache),
            limits=limits,
        )

    def forget(self) -> None:
        """Know nothing of the catalogue, as a process that has just started."""
        self.versions.known, self.versions.loaded = {}, False
        self.versions._changes.clear()  # noqa: SLF001  # no process needs to do that
        self.memory.clear()
        self.catalogue._shelves.clear()  # noqa: SLF001  # nor that
        self.hot._kept.clear()  # noqa: SLF001  # nor that

    def _there(self, pool: asyncpg.Pool) -> asyncpg.Pool:
        if self.away:
            raise ConnectionRefusedError("made up")
        return pool

    def comes_back(self) -> None:
        """Let PostgreSQL be there again for reads, which ask it again a moment later."""
        self.away, self.seconds = False, self.seconds + 10

    def clock(self) -> datetime:
        return self.now

    async def _checks(self) -> dict[str, str]:
        return self.checks

    async def _publish(self, request: SyncRequested) -> str:
        if self.kafka_fault:
            raise self.kafka_fault
        self.asked.append(request)
        return f"sync-{len(self.asked)}"

    async def scheduled(self, on: int, *providers: str) -> None:
        """Write that day's sync down as the scheduler does."""
        what = (f"sync-{on}", day(on))
        await self.pool.execute(
            "INSERT INTO syncs (sync_id, state, requested_at, started_at, deadline) VALUES ($1, 'running', $2, $2, $2)",
            *what,
        )
        await self.pool.execute(
            "INSERT INTO sync_providers (sync_id, provider, started_at, deadline) "
            "SELECT $1, unnest($3::text[]), $2, $2",
            *(*what, list(providers)),
        )

    async def sync(self, on: int, *events: Any) -> None:
        """Apply events as one batch, at the time of that day's sync or now, whichever is later."""
        self.now = max(self.now, day(on))
        await self.registry.on_enriched_batch(events)

    async def said(self, topic: str) -> Sequence[Any]:
        rows = await self.pool.fetch("SELECT body FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [decode(row["body"], _SAID[topic]) for row in rows]

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, self.app)), base_url="http://ratecard")

    async def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        async with self.client() as client:
            answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def costs(self, usages: Sequence[Mapping[str, Any]]) -> list[float]:
        """Return what each usage costs; all must have a cost that is known."""
        async with self.client() as client:
            answer = await client.post("/api/cost", json={"usages": usages})
        found = [line["cost"] for line in answer.json()["lines"]]
        assert None not in found, answer.text
        return found


@asynccontextmanager
async def a_bench(database_url: str, redis_url: str, **more: Any) -> AsyncIterator[Bench]:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    as_role = await open_pool(DatabaseSettings(database_url=acting_as(ROLES["registry"], database_url)))
    try:
        async with Redis.from_url(redis_url) as redis:
            yield Bench(pool, redis, as_role=as_role, **more)
    finally:
        await as_role.close()
        await pool.close()
