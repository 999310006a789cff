"""What the web page alone asks for: the table's lines, the newest changes first, and when pages were last verified."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ratecard_registry.api_syncs import Trigger
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.evidence import PageStore
from ratecard_registry.feed import Feed, Position
from ratecard_registry.keeping import KEPT
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.sync_view import Status, Syncs
from ratecard_registry.views import View
from ratecard_registry.web.listing import listing

_MOST: Final = 200


class SourceView(View, frozen=True, kw_only=True):
    """A page that prices are read from. `lastVerified` is when it was last read well, `error` why it was not since."""

    url: str
    checked_at: datetime
    last_verified: datetime | None
    error: str | None


@get("/web/models.json", opt=KEPT, include_in_schema=False)
async def listed_models(catalogue: NamedDependency[Catalogue]) -> Response[bytes]:
    """Return every model in a line."""
    return as_json(listing(chain(*(await catalogue.whole()).values())))


@get("/web/changes.json", include_in_schema=False)
async def newest_changes(
    feed: NamedDependency[Feed],
    before: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 50,
) -> Response[bytes]:
    """Return the newest changes, or those before a place, the newest first."""
    place = Position.read(before) if before else None
    if before and place is None:
        raise Problem(400, "`before` is a `cursor` that a change has: leave it out for the newest.")
    return as_json(await feed.before(place, limit))


@get("/web/sources/{provider:str}", include_in_schema=False)
async def sources(pages: NamedDependency[PageStore], provider: FromPath[str]) -> Response[bytes]:
    """Return the pages that a provider's prices are read from, with when each was last read well."""
    return as_json([SourceView(**row) for row in await pages.sources(provider)])


class StatusView(Status, frozen=True, kw_only=True):
    """How each provider's newest sync went, and which providers can be synced."""

    known: tuple[str, ...]


@get("/web/status.json", include_in_schema=False)
async def status(syncs: NamedDependency[Syncs], trigger: NamedDependency[Trigger]) -> Response[bytes]:
    """Return how syncs go, for administrators."""
    found = await syncs.status()
    return as_json(StatusView(providers=found.providers, next_sync=found.next_sync, known=trigger.known))


ROUTES: Sequence[Any] = (listed_models, newest_changes, sources)
ADMIN_ROUTES: Sequence[Any] = (status,)
