"""The REST API as one Litestar app: routes, who may use them, errors as problem details, and its own description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec

from ratecard_registry import (
    api_audit,
    api_changes,
    api_cost,
    api_evidence,
    api_exports,
    api_health,
    api_keys,
    api_models,
    api_providers,
    api_quarantine,
    api_resolve,
    api_scraping,
    api_syncs,
    docs,
    problems,
)
from ratecard_registry.access import Access, caller_of
from ratecard_registry.api_audit import AuditLog
from ratecard_registry.api_health import Doctor
from ratecard_registry.api_resolve import Resolver
from ratecard_registry.api_syncs import Trigger
from ratecard_registry.archive import Archive
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.costing import Costs
from ratecard_registry.describing import ADMINISTERING, READING, ExactNumbers
from ratecard_registry.evidence import PageStore
from ratecard_registry.exporting import Exports
from ratecard_registry.feed import Feed
from ratecard_registry.following import Follower
from ratecard_registry.imports import api as api_imports
from ratecard_registry.imports.importing import Importer
from ratecard_registry.key_desk import KeyDesk
from ratecard_registry.key_watch import KeyWatch
from ratecard_registry.keys import Scope
from ratecard_registry.own import api as api_own
from ratecard_registry.own.desk import OwnDesk
from ratecard_registry.parameters import refuse_unknown
from ratecard_registry.provider_views import Providers
from ratecard_registry.quarantine_desk import Desk
from ratecard_registry.scraping_desk import ScrapingDesk
from ratecard_registry.sync_view import Syncs
from ratecard_registry.web import data as web_data
from ratecard_registry.web import pages as web_pages

_READING: Final = [
    *api_models.ROUTES,
    *api_providers.ROUTES,
    *api_resolve.ROUTES,
    *api_evidence.ROUTES,
    *api_exports.ROUTES,
    *api_cost.ROUTES,
    *api_changes.ROUTES,
    *web_data.ROUTES,
]
_ADMIN: Final = [
    *api_syncs.ROUTES,
    *api_quarantine.ROUTES,
    *api_own.ROUTES,
    *api_scraping.ROUTES,
    *api_imports.ROUTES,
    *api_keys.ROUTES,
    *api_audit.ROUTES,
    *web_data.ADMIN_ROUTES,
]


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes work with."""

    catalogue: Catalogue
    archive: Archive
    costs: Costs
    feed: Feed
    follower: Follower
    resolver: Resolver
    known_providers: Providers
    pages: PageStore
    exports: Exports
    desk: Desk
    own_desk: OwnDesk
    scraping: ScrapingDesk
    importer: Importer
    syncs: Syncs
    trigger: Trigger
    doctor: Doctor
    key_watch: KeyWatch
    key_desk: KeyDesk
    audit_log: AuditLog
    access: Access


def create_app(parts: Parts, *, lifespan: list[Any] | None = None) -> Litestar:
    """Return the app. `lifespan` runs the service around it."""
    models = api_models.Models(catalogue=parts.catalogue, archive=parts.archive)
    return Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=_with(_READING, READING),
                guards=[parts.access.needing(Scope.READ)],
                before_request=refuse_unknown,
                security=docs.MAY_NEED_KEY,
            ),
            Router(
                "/",
                route_handlers=_with(_ADMIN, ADMINISTERING),
                guards=[parts.access.needing(Scope.ADMIN)],
                before_request=refuse_unknown,
                security=docs.NEEDS_KEY,
                dependencies={"caller": Provide(caller_of, sync_to_thread=False)},
            ),
            *api_health.ROUTES,
            *web_pages.ROUTES,
        ],
        template_config=web_pages.TEMPLATES,
        dependencies={
            name: Provide(_always(part), sync_to_thread=False)
            for name, part in {**msgspec.structs.asdict(parts), "models": models}.items()
            if name != "access"
        },
        exception_handlers=problems.handlers(),
        plugins=[ExactNumbers()],
        lifespan=lifespan or [],
        openapi_config=docs.described(),
        logging_config=None,
    )


def _with(routes: Sequence[Any], refusals: Mapping[int, ResponseSpec]) -> Sequence[Any]:
    """Return the routes, described as such that refuse in these ways, too."""
    for route in routes:
        route.responses = {**refusals, **(route.responses or {})}
    return routes


def _always(part: Any) -> Callable[[], Any]:
    return lambda: part
