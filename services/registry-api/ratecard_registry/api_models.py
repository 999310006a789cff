"""The routes that read: lists of models, one model, and what it used to cost.

A suffix cannot stand behind an id that has slashes, so one handler takes the whole rest of the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.types import Scope

from ratecard_registry.archive import Archive, History
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.cost_views import Candidate
from ratecard_registry.describing import READING, answers, refuses, takes_no
from ratecard_registry.documenting import OF_HISTORY
from ratecard_registry.keeping import ABOUT, KEPT, KEPT_BY_PROVIDER
from ratecard_registry.listing import DEFAULT_LIMIT, MOST, Page, Sort, Wanted, in_order, page, placed
from ratecard_registry.moments import moment
from ratecard_registry.parameters import only_below
from ratecard_registry.past import Period
from ratecard_registry.problems import Problem, ProblemView, as_json
from ratecard_registry.selecting import resolve
from ratecard_registry.views import ModelView
from ratecard_shared.prices import USD, PriceState

HISTORY: Final = "/pricing-history"
_MOST_NAMES: Final = 50
_LONGEST: Final = 300
_MOST_COST: Final = 1e9


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """What these routes read: models as they are, and as they were. One dependency costs no task group."""

    catalogue: Catalogue
    archive: Archive


class Ambiguous(ProblemView, frozen=True, kw_only=True):
    """A name that several models have: ask again with the `provider` of one of the `candidates`."""

    candidates: tuple[Candidate, ...]


WRONG: Final = takes_no("`at` takes 2030-01-31 or 2030-01-31T12:00:00Z, not 'soon'.")
_MISSING: Final = refuses("There is no such model", "There is no model 'swift-9'. GET /api/models lists them.")
_AMBIGUOUS: Final = refuses(
    "Several providers have this id: `candidates` names them",
    "2 providers have a model 'swift-1': add ?provider=.",
    kind=Ambiguous,
    candidates=[{"provider": "acme", "id": "swift-1"}, {"provider": "zenith", "id": "swift-1"}],
)


def _names(name: str, what: str) -> QueryParameter:
    return QueryParameter(name=name, description=f"{what}; repeat it, or separate by commas", max_items=_MOST_NAMES)


def _bound(name: str, which: str) -> QueryParameter:
    about = f"{which} per million tokens, in `currency`; what is not known is within no bounds"
    return QueryParameter(name=name, description=about, ge=0, le=_MOST_COST)


At = Annotated[
    str | None, QueryParameter(description="Prices as they were charged at this time, or day (its beginning, in UTC)")
]
KnownAt = Annotated[
    str | None,
    QueryParameter(name="knownAt", description="Prices as Ratecard believed them then; alone, the prices of that time"),
]
Cursor = Annotated[
    str | None, QueryParameter(description="`nextCursor` of the page before; everything else stays as it was")
]


@get(
    "/api/models",
    opt=KEPT,
    operation_id="listModels",
    summary="List models",
    responses={200: answers(Page, "A page of models"), 400: WRONG, **READING},
    tags=["models"],
)
async def list_models(
    *,
    models: NamedDependency[Models],
    q: Annotated[
        str,
        QueryParameter(
            description="Words to find in the id, name, aliases or provider: all of them, whatever case and separators",
            max_length=_LONGEST,
        ),
    ] = "",
    providers: Annotated[list[str] | None, _names("provider", "Models of any of these providers")] = None,
    classifications: Annotated[
        list[str] | None, _names("classification", "Models with all of these: chat, reasoning, coding ...")
    ] = None,
    capabilities: Annotated[
        list[str] | None, _names("capability", "Models that support all of these: tools, vision ...")
    ] = None,
    usability: Annotated[
        Literal["available", "preview", "deprecated"] | None, QueryParameter(description="Models in this state only")
    ] = None,
    include_deprecated: Annotated[
        bool, QueryParameter(name="includeDeprecated", description="Deprecated models, too")
    ] = False,
    min_context_window: Annotated[
        int | None, QueryParameter(name="minContextWindow", description="At least this many tokens of context", ge=0)
    ] = None,
    min_input_cost: Annotated[float | None, _bound("minInputCost", "At least this input cost")] = None,
    max_input_cost: Annotated[float | None, _bound("maxInputCost", "At most this input cost")] = None,
    min_output_cost: Annotated[float | None, _bound("minOutputCost", "At least this output cost")] = None,
    max_output_cost: Annotated[float | None, _bound("maxOutputCost", "At most this output cost")] = None,
    currency: Annotated[
        str, QueryParameter(description="The currency in which prices are compared", pattern="^[A-Z]{3}$")
    ] = USD,
    price_state: Annotated[
        PriceState | None, QueryParameter(name="priceState", description="Models whose prices are in this state only")
    ] = None,
    sort: Annotated[
        Sort, QueryParameter(description="What to sort by, `-` for descending; what is not known comes last")
    ] = "provider",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST, description="How many models a page holds")] = DEFAULT_LIMIT,
    cursor: Cursor = None,
    at: At = None,
    known_at: KnownAt = None,
) -> Response[bytes]:
    """Return the models with their prices. Deprecated ones are left out unless asked for.

    Prices are compared by the standard tier's base band. `at` and `knownAt` change the prices, also those that are
    compared, but not the facts: models that were deprecated after `at` are listed. Pages hold each model once, whatever
    comes and goes in between; one whose price changes in between may move when sorted by it.
    """
    wanted = Wanted(
        providers=_split(providers),
        classifications=_split(classifications),
        capabilities=_split(capabilities),
        usability=usability,
        include_deprecated=include_deprecated,
        min_context_window=min_context_window,
        min_input_cost=_exact(min_input_cost),
        max_input_cost=_exact(max_input_cost),
        min_output_cost=_exact(min_output_cost),
        max_output_cost=_exact(max_output_cost),
        currency=currency,
        price_state=price_state,
        q=q,
        sort=sort,
        at=moment(at, "at"),
        known_at=moment(known_at, "knownAt"),
    )
    return as_json(await _page(wanted, models, limit=limit, cursor=cursor))


async def _page(wanted: Wanted, known: Models, *, limit: int, cursor: str | None) -> Page:
    catalogue, archive = known.catalogue, known.archive
    models = await catalogue.whole(frozenset(wanted.providers) or None)
    of_another_time = wanted.at is not None or wanted.known_at is not None
    if of_another_time and wanted.needs_prices:
        then = await archive.as_of(wanted.by_facts(chain(*models.values())), wanted.at, known_at=wanted.known_at)
        return page([in_order(placed(wanted.by_prices(then), wanted))], wanted, limit=limit, cursor=cursor)
    shown = page(catalogue.lists.parts(wanted, models), wanted, limit=limit, cursor=cursor)
    if of_another_time:
        then = await archive.as_of(shown.data, wanted.at, known_at=wanted.known_at)
        return Page(data=then, total=shown.total, next_cursor=shown.next_cursor)
    return shown


def _exact(bound: float | None) -> Decimal | None:
    return None if bound is None else Decimal(str(bound))


def _split(said: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for text in said or () for name in text.split(",") if name.strip()}))


@get(
    "/api/models/{name:path}",
    opt={**KEPT_BY_PROVIDER, **only_below(HISTORY, OF_HISTORY)},
    operation_id="getModel",
    summary="Get one model",
    responses={
        200: answers(ModelView | History, "The model, or its history"),
        400: WRONG,
        404: _MISSING,
        409: _AMBIGUOUS,
        **READING,
    },
    tags=["models"],
)
async def one_model(
    *,
    scope: Scope,
    models: NamedDependency[Models],
    name: FromPath[str],
    provider: Annotated[str | None, QueryParameter(description="The provider, where several have this id")] = None,
    at: At = None,
    known_at: KnownAt = None,
    start_date: Annotated[
        str | None, QueryParameter(name="startDate", description="Prices that began at this day or time, or later")
    ] = None,
    end_date: Annotated[
        str | None,
        QueryParameter(name="endDate", description="Prices that began by this time, or by the end of this day"),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST, description="How many prices a page holds")] = MOST,
    cursor: Cursor = None,
) -> Response[bytes]:
    """Return a model with its prices, as they were `at` a time if given.

    The id may contain slashes and colons. `knownAt` shows what Ratecard believed then; alone, the prices of that time.

    Below `/pricing-history`: Return the prices that a model has had, the oldest first.

    `startDate` and `endDate` bound the days on which they began, `at` leaves only what was in force then. Prices that
    were misread are left out; with `knownAt` it is what Ratecard believed then.
    """
    bare = str(name).strip("/")
    when, known = moment(at, "at"), moment(known_at, "knownAt")
    wants_history = bare.endswith(HISTORY)
    catalogue, archive = models.catalogue, models.archive
    ids = await catalogue.id_sets([provider] if provider else None)
    place = resolve(await archive.living_name(bare.removesuffix(HISTORY), ids), provider, ids)
    if bare.removesuffix(HISTORY) == place[1]:  # under another name it may come to mean another
        scope["state"][ABOUT] = place[1]
    if wants_history:
        start, until = moment(start_date, "startDate"), moment(end_date, "endDate", time.max)
        if start and until and start > until:
            raise Problem(400, "`startDate` is after `endDate`: swap them.")
        period = Period(start=start, until=until, at=when, known_at=known)
        return as_json(await archive.history(place, period, limit=limit, cursor=cursor))
    model = (await catalogue.models([place])).get(place)
    if model is None:
        raise Problem(404, f"There is no model {bare!r} any more.")
    return as_json((await archive.as_of([model], when, known_at=known))[0] if when or known else model)


ROUTES: Sequence[Any] = (list_models, one_model)
