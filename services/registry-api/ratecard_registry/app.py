"""The registry, wired."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
from opentelemetry import trace
from redis.asyncio import Redis

from ratecard_providers.load import described_providers, load_providers, read_addresses
from ratecard_registry.access import Access
from ratecard_registry.api import Parts, create_app
from ratecard_registry.api_audit import AuditLog
from ratecard_registry.api_health import Doctor
from ratecard_registry.api_resolve import Resolver
from ratecard_registry.api_syncs import Trigger
from ratecard_registry.archive import Archive
from ratecard_registry.cache import Cache
from ratecard_registry.catalogue import Catalogue, Seconds
from ratecard_registry.census import Census
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
from ratecard_registry.problems import Problem
from ratecard_registry.provider_views import Providers
from ratecard_registry.quarantine import Quarantine
from ratecard_registry.quarantine_desk import Desk
from ratecard_registry.reading_pool import AwayError, ReadingPool
from ratecard_registry.reads import Reads
from ratecard_registry.retention import Retention
from ratecard_registry.scraping_desk import ScrapingDesk
from ratecard_registry.scraping_pages import Trials
from ratecard_registry.settings import RegistrySettings
from ratecard_registry.sync_view import Syncs
from ratecard_registry.telling import Teller
from ratecard_registry.versions import Versions
from ratecard_registry.warming import Warmer
from ratecard_shared.events import SyncRequested
from ratecard_shared.kafka import Kafka
from ratecard_shared.service import Service
from ratecard_shared.syncs import sync_id
from ratecard_shared.topics import MODEL_ENRICHED, PRICING_SCRAPED, SYNC_REQUESTED, SYNC_STARTED

_SECONDS_BETWEEN_LOOKS_AT_THE_DAY: Final = 20.0
_SECONDS_BETWEEN_LOOKS_AT_THE_CACHE: Final = 1.0
_CONNECTIONS_THAT_SPARE_ONE: Final = 4
"""Listening keeps a connection. In a smaller pool the look each second has to do."""

_SECONDS_BETWEEN_LOOKS_AT_KEYS: Final = 0.5
_SECONDS_BETWEEN_NOTES_OF_USE: Final = 30.0
_SECONDS_BETWEEN_COUNTS: Final = 10.0
_SECONDS_BETWEEN_LOOKS_AT_OLD_PAGES: Final = 6 * 3600.0
_SECONDS_BETWEEN_LOOKS_AT_PARTITIONS: Final = 600.0
_SECONDS_OF_GRACE: Final = 30.0


def build(settings: RegistrySettings) -> Any:
    """Return the registry's ASGI app."""
    kafka = Kafka(settings.kafka, client_id="ratecard-registry")
    service = Service(
        "registry-api", kafka=kafka, database_settings=settings.database, relays=settings.registry_applies_syncs
    )
    cache = Cache(redis_client(settings))
    pool = _open(service)
    reading = ReadingPool(pool)
    versions = Versions(pool=pool, reading=lambda: reading)
    teller = Teller(pool=pool, versions=versions, cache=cache, seconds=seconds(settings))
    known = described_providers(settings.service)

    async def after_commit() -> None:
        await kafka.wake_relay()  # what was said need not wait for the caches
        teller.tell_soon()
        if versions.heeding:
            return
        with suppress(AwayError):  # the commit stands: a look each second makes up for it
            # What is outdated is not served from now on; `tell` drops it from Redis each second.
            await versions.look_together()

    registry = Registry(
        pool=lambda: service.pool, tell_caches=after_commit, quarantine=Quarantine(known), known=known.keys()
    )
    if settings.registry_applies_syncs:
        _apply(settings, service, kafka, registry, teller)
    if settings.database.database_pool_size >= _CONNECTIONS_THAT_SPARE_ONE:
        service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_CACHE, versions.heed, name="heed-versions")
    catalogue = Catalogue(pool=lambda: reading, versions=versions, cache=cache, seconds=seconds(settings))
    prices = HotPrices(past=Past(pool=lambda: reading), versions=versions)
    warmer = Warmer(catalogue=catalogue, prices=prices)
    service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_CACHE, warmer.look, name="warm-memory")
    parts = _parts(
        settings,
        service,
        kafka,
        teller,
        memory=warmer,
        archive=Archive(pool=lambda: reading, prices=prices),
        reading=lambda: reading,
    )
    service.every(_SECONDS_BETWEEN_LOOKS_AT_KEYS, parts.key_watch.look, name="look-at-keys")
    service.every(_SECONDS_BETWEEN_NOTES_OF_USE, parts.key_watch.note_use, name="note-use-of-keys")
    if settings.registry_applies_syncs:
        service.every(_SECONDS_BETWEEN_LOOKS_AT_OLD_PAGES, parts.pages.prune, name="prune-evidence")
    app = create_app(parts, lifespan=[service.running, parts.follower.heeding_signals])
    return Front(
        app,
        access=parts.access,
        reads=Reads(app, versions=versions, memory=Memory()),
        costs=CostFront(parts.costs),
        limiter=Limiter(cache=cache),
        limits=Limits(key=settings.ratecard_rate_limit, address=settings.ratecard_rate_limit_anonymous),
        behind_tls=settings.ratecard_behind_tls,
        tracer=trace.get_tracer("ratecard") if settings.service.otel_exporter_otlp_endpoint else None,
    )


def _apply(settings: RegistrySettings, service: Service, kafka: Kafka, registry: Registry, teller: Teller) -> None:
    """Let the service apply what syncs found, and keep its tables in order."""
    kafka.consume_batches(
        MODEL_ENRICHED, group="registry", handle_all=registry.on_enriched_batch, handle=registry.on_enriched
    )
    kafka.consume(SYNC_STARTED, group="registry-syncs", handle=registry.on_began)
    kafka.consume(PRICING_SCRAPED, group="registry-pages", handle=registry.on_pages)
    service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_DAY, registry.bring_into_force, name="bring-into-force")
    service.every(_SECONDS_BETWEEN_COUNTS, Census(pool=lambda: service.pool).count, name="count")
    service.every(_SECONDS_BETWEEN_LOOKS_AT_THE_CACHE, teller.tell, name="tell-caches")
    retention = Retention(pool=lambda: service.pool, months=int(settings.pricing_history_retention_months))
    service.every(_SECONDS_BETWEEN_LOOKS_AT_PARTITIONS, retention.make_partitions, name="make-partitions")
    service.every(_SECONDS_BETWEEN_LOOKS_AT_OLD_PAGES, retention.prune, name="prune")


def _open(service: Service) -> Callable[[], asyncpg.Pool]:
    def pool() -> asyncpg.Pool:
        try:
            return service.pool
        except RuntimeError as error:
            raise Problem(503, "The registry is starting: try again.", headers={"Retry-After": "2"}) from error

    return pool


def _parts(
    settings: RegistrySettings,
    service: Service,
    kafka: Kafka,
    teller: Teller,
    *,
    memory: Warmer,
    archive: Archive,
    reading: Callable[[], Any],
) -> Parts:
    pool = _open(service)

    async def publish(request: SyncRequested) -> str:
        place = await kafka.publish(SYNC_REQUESTED, "api", request)
        return sync_id(place.topic, place.partition, place.offset, place.timestamp_ms)

    catalogue, cache = memory.catalogue, memory.catalogue.cache
    syncs = Syncs(pool=pool, reading=reading, cache=cache, catalogue=catalogue, seconds=seconds(settings))
    providers = described_providers(settings.service)
    # Exports and configurations name the providers' own addresses, wherever they are asked at.
    extra, stored_map = settings.service.ratecard_providers, settings.ratecard_litellm_map
    files = load_providers(Path(extra) if extra else None)
    names = Names(providers=files)
    documented = {name: provider.documented_names for name, provider in providers.items()}
    feed = Feed(pool=reading)
    table = KeyTable()
    watch = KeyWatch(pool=pool, table=table)
    pages = PageStore(pool=pool, days=settings.evidence_retention_days)
    trials = Trials(pool=pool, kept=pages, addresses=read_addresses(settings.service.ratecard_provider_addresses))
    longest = settings.sync_timeout_ms / 1000 + _SECONDS_OF_GRACE
    return Parts(
        catalogue=catalogue,
        archive=archive,
        costs=Costs(catalogue=catalogue, past=memory.prices),
        feed=feed,
        follower=Follower(feed),
        resolver=Resolver(catalogue=catalogue, archive=archive, documented=documented),
        known_providers=Providers(pool=reading, syncs=syncs, names={name: one.name for name, one in providers.items()}),
        pages=pages,
        exports=Exports(
            catalogue=catalogue, pool=pool, names=names, stored_map=Path(stored_map) if stored_map else None
        ),
        desk=Desk(pool=pool, tell_caches=teller.tell),
        own_desk=OwnDesk(pool=pool, tell_caches=teller.tell),
        scraping=ScrapingDesk(pool=pool, providers=files, trials=trials, allow_private=settings.scraping_allow_private),
        importer=Importer(pool=pool, catalogue=catalogue, names=names, documented=documented, tell_caches=teller.tell),
        syncs=syncs,
        trigger=Trigger(
            pool=pool,
            publish=publish,
            known=providers.keys(),
            disabled=files.keys() - providers.keys(),
            wait_at_most=longest,
        ),
        doctor=Doctor(checks=service.health, ended=service.ended, cache=cache, syncs=syncs, warm=lambda: memory.warm),
        key_watch=watch,
        key_desk=KeyDesk(pool=pool, watch=watch),
        audit_log=AuditLog(pool=pool),
        access=Access(
            admin_key=settings.ratecard_admin_key, anonymous_read=settings.ratecard_anonymous_read, table=table
        ),
    )


def seconds(settings: RegistrySettings) -> Seconds:
    """Return how long the caches keep what."""
    return Seconds(
        model=settings.model_cache_ttl, pricing=settings.pricing_cache_ttl, fallback=settings.fallback_cache_ttl
    )


def redis_client(settings: RegistrySettings) -> Redis:
    """Return a client that connects when it is first used and gives up soon: the cache is there to save time."""
    tls: dict[str, Any] = {"ssl_ca_certs": settings.redis.redis_tls_ca} if settings.redis.redis_tls_ca else {}
    return Redis.from_url(settings.redis.redis_url, socket_timeout=1.0, socket_connect_timeout=1.0, **tls)
