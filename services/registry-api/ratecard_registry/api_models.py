"""The routes that read: lists of models, one model, and what it used to cost.

A suffix cannot stand behind an id that has slashes, so one handler takes the whole rest of the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ratecard_registry.archive import Archive, History
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.describing import answers, refuses
from ratecard_registry.moments import moment
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.selecting import DEFAULT_LIMIT, MOST, Filter, Page, page, resolve
from ratecard_registry.views import ModelView

_HISTORY: Final = "/pricing-history"
_MISSING: Final = refuses("There is no such model")
_AMBIGUOUS: Final = refuses("Several providers have this id: `candidates` names them")
_WRONG: Final = refuses("A parameter has a value that it does not take")

At = Annotated[str | None, QueryParameter(description="Prices as they were charged at this day or time")]
KnownAt = Annotated[
    str | None, QueryParameter(name="knownAt", description="Prices as Ratecard believed them at this day or time")
]


@get("/api/models", responses={200: answers(Page, "A page of models"), 400: _WRONG}, tags=["models"])
async def list_models(
    *,
    catalogue: NamedDependency[Catalogue],
    archive: NamedDependency[Archive],
    provider: FromQuery[str | None] = None,
    classification: FromQuery[str | None] = None,
    usability: FromQuery[Literal["available", "preview", "deprecated"] | None] = None,
    min_context_window: Annotated[int | None, QueryParameter(name="minContextWindow", ge=0)] = None,
    include_deprecated: Annotated[bool, QueryParameter(name="includeDeprecated")] = False,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = DEFAULT_LIMIT,
    cursor: FromQuery[str | None] = None,
    at: At = None,
    known_at: KnownAt = None,
) -> Response[bytes]:
    """Return the models with their prices. Deprecated ones are left out unless asked for.

    `at` and `knownAt` change the prices, not the facts: models that were deprecated after `at` are listed.
    """
    when, known = moment(at, "at"), moment(known_at, "knownAt")
    wanted = Filter(
        classification=classification,
        usability=usability,
        min_context_window=min_context_window,
        include_deprecated=include_deprecated,
        at=when or known,
    )
    ids = await catalogue.ids(None if provider is None else {provider})
    places = [(who, name) for who, names in ids.items() for name in names]
    models = await catalogue.models(places)
    shown = page(filter(wanted.takes, models.values()), limit=limit, cursor=cursor)
    if wanted.at:
        shown = msgspec.structs.replace(shown, data=await archive.as_of(shown.data, when, known_at=known))
    return as_json(shown)


@get(
    "/api/models/{name:path}",
    responses={
        200: answers(ModelView | History, "The model, or its history"),
        400: _WRONG,
        404: _MISSING,
        409: _AMBIGUOUS,
    },
    tags=["models"],
)
async def one_model(
    *,
    catalogue: NamedDependency[Catalogue],
    archive: NamedDependency[Archive],
    name: FromPath[str],
    provider: FromQuery[str | None] = None,
    at: At = None,
    known_at: KnownAt = None,
    start_date: Annotated[str | None, QueryParameter(name="startDate")] = None,
    end_date: Annotated[str | None, QueryParameter(name="endDate")] = None,
) -> Response[bytes]:
    """Return a model, as its prices were `at` a time if given; or, below `/pricing-history`, what it used to cost.

    The id is the bare id or `provider/id`; it may contain slashes and colons. `startDate` and `endDate` bound the
    effective dates of the history, `at` leaves only what was in force then; a date without a time means its whole day,
    in UTC (for `at` and `knownAt`, its beginning). `knownAt` shows what Ratecard believed then; alone, of that time.
    """
    bare = str(name).strip("/")
    when, known = moment(at, "at"), moment(known_at, "knownAt")
    wants_history = bare.endswith(_HISTORY)
    ids = await catalogue.ids()
    place = resolve(await archive.living_name(bare.removesuffix(_HISTORY), ids), provider, ids)
    if wants_history:
        start, until = moment(start_date, "startDate"), moment(end_date, "endDate", time.max)
        if start and until and start > until:
            raise Problem(400, "`startDate` is after `endDate`: swap them.")
        return as_json(await archive.history(place, start=start, until=until, at=when, known_at=known))
    model = (await catalogue.models([place])).get(place)
    if model is None:
        raise Problem(404, f"There is no model {bare!r} any more.")
    return as_json((await archive.as_of([model], when, known_at=known))[0] if when or known else model)


ROUTES: Sequence[Any] = (list_models, one_model)
