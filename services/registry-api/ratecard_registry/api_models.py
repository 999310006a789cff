"""The routes that read: lists of models, one model, and what it used to cost.

A suffix cannot stand behind an id that has slashes, so one handler takes the whole rest of the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ratecard_registry.archive import Archive, History
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.describing import answers, refuses
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.selecting import DEFAULT_LIMIT, MOST, Filter, Page, page, resolve
from ratecard_registry.views import ModelView

_HISTORY: Final = "/pricing-history"
_MISSING: Final = refuses("There is no such model")
_AMBIGUOUS: Final = refuses("Several providers have this id: `candidates` names them")
_WRONG: Final = refuses("A parameter has a value that it does not take")


@get("/api/models", responses={200: answers(Page, "A page of models"), 400: _WRONG}, tags=["models"])
async def list_models(
    *,
    catalogue: NamedDependency[Catalogue],
    provider: FromQuery[str | None] = None,
    classification: FromQuery[str | None] = None,
    usability: FromQuery[Literal["available", "preview", "deprecated"] | None] = None,
    min_context_window: Annotated[int | None, QueryParameter(name="minContextWindow", ge=0)] = None,
    include_deprecated: Annotated[bool, QueryParameter(name="includeDeprecated")] = False,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = DEFAULT_LIMIT,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Return the models with their prices. Deprecated ones are left out unless asked for."""
    wanted = Filter(
        classification=classification,
        usability=usability,
        min_context_window=min_context_window,
        include_deprecated=include_deprecated,
    )
    ids = await catalogue.ids(None if provider is None else {provider})
    places = [(who, name) for who, names in ids.items() for name in names]
    models = await catalogue.models(places)
    return as_json(page(filter(wanted.takes, models.values()), limit=limit, cursor=cursor))


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
    at: FromQuery[str | None] = None,
    start_date: Annotated[str | None, QueryParameter(name="startDate")] = None,
    end_date: Annotated[str | None, QueryParameter(name="endDate")] = None,
) -> Response[bytes]:
    """Return a model, as its prices were `at` a time if given; or, below `/pricing-history`, what it used to cost.

    The id is the bare id or `provider/id`; it may contain slashes and colons. `startDate` and `endDate` bound the
    effective dates of the history; a date without a time means its whole day, in UTC.
    """
    bare = str(name).strip("/")
    wants_history = bare.endswith(_HISTORY)
    ids = await catalogue.ids()
    place = resolve(await archive.living_name(bare.removesuffix(_HISTORY), ids), provider, ids)
    if wants_history:
        start, until = _moment(start_date, "startDate", time.min), _moment(end_date, "endDate", time.max)
        if start and until and start > until:
            raise Problem(400, "`startDate` is after `endDate`: swap them.")
        return as_json(await archive.history(place, start=start, until=until))
    model = (await catalogue.models([place])).get(place)
    if model is None:
        raise Problem(404, f"There is no model {bare!r} any more.")
    when = _moment(at, "at", time.min)
    return as_json(model if when is None else await archive.as_of(model, when))


def _moment(text: str | None, name: str, of_day: time) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2030-01-31"):
            return datetime.combine(date.fromisoformat(text), of_day, UTC)
        # A plus sign in a query string arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Problem(400, f"`{name}` takes 2030-01-31 or 2030-01-31T12:00:00Z, not {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


ROUTES: Sequence[Any] = (list_models, one_model)
