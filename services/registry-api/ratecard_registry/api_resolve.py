"""The route that says what a spelling means, and under which name of a page the model it means is priced.

An answer is one model or none: 409 where several may be meant, 404 with the nearest ones and why they are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from ratecard_registry.archive import Archive
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.describing import READING, answers, refuses, takes_no
from ratecard_registry.keeping import KEPT
from ratecard_registry.problems import Problem, ProblemView, as_json
from ratecard_registry.resolving import Claim, Documented, Passed, Resolution, claim, resolve_spelling
from ratecard_registry.views import ModelView, View
from ratecard_shared.events import MatchExplained, Usability
from ratecard_shared.prices import PriceState

_LONGEST: Final = 300


class PageMatch(View, frozen=True, kw_only=True):
    """The name under which a page prices the model: how that was found, how sure it is (0 to 100), what was refused."""

    name: str
    method: str
    score: float
    refused: tuple[str, ...]


class Resolved(Claim, frozen=True, kw_only=True):
    """The model that is meant. `match` is null where no page prices it under another name."""

    asked: str
    display_name: str
    usability: Usability
    price_state: PriceState
    refused: tuple[Passed, ...]
    match: PageMatch | None


class Resolver:
    """Says which stored model a spelling means."""

    def __init__(self, *, catalogue: Catalogue, archive: Archive, documented: Documented) -> None:
        """Wire it. `documented` are per provider the names that pages give to ids."""
        self._catalogue = catalogue
        self._archive = archive
        self._documented = documented

    async def resolve(self, asked: str, provider: str | None) -> Resolved:
        """Return the model that is meant. Raises Problem: 404 with what was refused, or 409 with the candidates."""
        ids = await self._catalogue.ids()
        if provider is not None and provider not in ids:
            raise Problem(
                404, f"There are no models of {provider!r}; there are of: {', '.join(sorted(ids)) or 'none'}."
            )
        wanted = {who: names for who, names in ids.items() if provider in {None, who}}
        models = await self._catalogue.models([(who, name) for who, names in wanted.items() for name in names])
        resolution = await self._merged(asked, wanted)
        if resolution is None:
            known = tuple(models.values())
            resolution = await asyncio.to_thread(resolve_spelling, asked, known, self._documented)
        one = _only(resolution, asked)
        return _resolved(asked, one, models[one.provider, one.id], resolution.refused)

    async def _merged(self, asked: str, ids: Mapping[str, Sequence[str]]) -> Resolution | None:
        """Return the model that an API has named since its page's name was stored under this one."""
        living = await self._archive.living_name(asked, ids)
        who, _, name = living.partition("/")
        if living == asked or name not in ids.get(who, ()):
            return None
        return Resolution(claims=(claim((who, name), "merged", 100.0),), refused=())


def _only(resolution: Resolution, asked: str) -> Claim:
    claims = resolution.claims
    if len(claims) > 1:
        raise Problem(409, f"{asked!r} may mean {len(claims)} models: ask for one of `candidates`.", candidates=claims)
    if not claims:
        why = "`refused` are the nearest, and why" if resolution.refused else "none is spelled alike"
        raise Problem(404, f"{asked!r} means no stored model: {why}.", refused=resolution.refused)
    return claims[0]


def _resolved(asked: str, one: Claim, model: ModelView, refused: tuple[Passed, ...]) -> Resolved:
    return Resolved(
        asked=asked,
        provider=one.provider,
        id=one.id,
        href=one.href,
        method=one.method,
        score=one.score,
        display_name=model.display_name,
        usability=Usability(model.usability),
        price_state=model.price_state,
        refused=refused,
        match=_page_match(model.match) if model.match else None,
    )


def _page_match(known: MatchExplained) -> PageMatch:
    return PageMatch(name=known.name, method=known.method, score=known.score, refused=known.refused)


class NotResolved(ProblemView, frozen=True, kw_only=True):
    """A spelling that means no model. `refused` are the nearest; a provider without models has none."""

    refused: tuple[Passed, ...] = ()


class Unclear(ProblemView, frozen=True, kw_only=True):
    """A spelling that may mean several models."""

    candidates: tuple[Claim, ...]


_CLAIM: Final = {
    "provider": "acme",
    "id": "swift-1",
    "href": "/api/models/swift-1?provider=acme",
    "method": "display_name",
    "score": 99.0,
}


@get(
    "/api/resolve",
    opt=KEPT,
    operation_id="resolveModel",
    summary="Say which model a spelling means",
    responses={
        200: answers(Resolved, "The model that is meant"),
        400: takes_no(
            "Missing required query parameter 'model' for path /api/resolve",
        ),
        404: refuses(
            "It means no stored model: `refused` names the nearest",
            "'swift-11' means no stored model: `refused` are the nearest, and why.",
            kind=NotResolved,
            refused=[{"provider": "acme", "id": "swift-1", "reason": "other digits"}],
        ),
        409: refuses(
            "It may mean several models: `candidates` names them",
            "'swift' may mean 2 models: ask for one of `candidates`.",
            kind=Unclear,
            candidates=[_CLAIM, {**_CLAIM, "id": "swift-2", "href": "/api/models/swift-2?provider=acme"}],
        ),
        **READING,
    },
    tags=["models"],
)
async def what_is(
    *,
    resolver: NamedDependency[Resolver],
    model: Annotated[str, QueryParameter(min_length=1, max_length=_LONGEST, description="The spelling")],
    provider: Annotated[str | None, QueryParameter(description="Look among this provider's models only")] = None,
) -> Response[bytes]:
    """Return which stored model a spelling means: an id, an alias, a display name, a page's name, or nearly one."""
    return as_json(await resolver.resolve(model.strip(), provider))


ROUTES: Sequence[Any] = (what_is,)
