"""Which stored model a spelling means, explained. Pure, and fail-closed like matching.

The first step that finds any model decides. If it finds several there is no answer, and no weaker step may give one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ratecard_match import Aliases, match, match_all
from ratecard_registry.views import ModelView, View

Place = tuple[str, str]
Documented = Mapping[str, Aliases]
"""Per provider and model id the names that a page documents for it, as the provider files say."""

SCORES: Final[dict[str, float]] = {"exact": 100.0, "alias": 100.0, "display_name": 99.0, "page_name": 98.0}
"""How sure each step is, 0 to 100. The steps of matching bring their own score."""

_MOST: Final = 20


class Claim(View, frozen=True, kw_only=True):
    """A model that the spelling means, or may mean, and by which reasoning."""

    provider: str
    id: str
    href: str
    method: str
    score: float


class Passed(View, frozen=True, kw_only=True):
    """A model that is spelled alike and is not meant, and why."""

    provider: str
    id: str
    reason: str


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What the spelling may mean: one claim is the answer, several are none. `refused` are the nearest others."""

    claims: tuple[Claim, ...]
    refused: tuple[Passed, ...]


def claim(place: Place, method: str, score: float) -> Claim:
    """Return the claim of a model to the spelling."""
    provider, model_id = place
    href = f"/api/models/{model_id}?provider={provider}"
    return Claim(provider=provider, id=model_id, href=href, method=method, score=score)


def resolve_spelling(asked: str, models: Sequence[ModelView], documented: Documented) -> Resolution:
    """Return which of `models` the spelling means."""
    ids = _ids(models)
    claims: list[Claim] = next(filter(None, _steps(asked, models, ids, documented)), [])
    taken = {(one.provider, one.id) for one in claims}
    return Resolution(claims=tuple(claims[:_MOST]), refused=_refused(asked, ids, taken))


def _steps(
    asked: str, models: Sequence[ModelView], ids: Mapping[str, Sequence[str]], documented: Documented
) -> Iterator[list[Claim]]:
    yield _named("exact", [model for model in models if model.id == asked])
    yield _named("exact", [model for model in models if f"{model.provider}/{model.id}" == asked])
    wanted = _folded(asked)
    yield _named("alias", [model for model in models if wanted in _aliases(model, documented)])
    yield _named("display_name", [model for model in models if _folded(model.display_name) == wanted])
    yield [one for provider, names in ids.items() for one in _matched(asked, provider, names)]
    yield _named("page_name", [model for model in models if model.match and _folded(model.match.name) == wanted])
    yield [one for provider, names in ids.items() for one in _as_page_name(asked, provider, names, documented)]


def _named(method: str, models: Sequence[ModelView]) -> list[Claim]:
    return [claim((model.provider, model.id), method, SCORES[method]) for model in models]


def _aliases(model: ModelView, documented: Documented) -> set[str]:
    names = (*model.aliases, *documented.get(model.provider, {}).get(model.id, ()))
    return {_folded(name) for name in names}


def _matched(asked: str, provider: str, ids: Sequence[str]) -> list[Claim]:
    """Match the spelling as an id with the stored ids."""
    found = match(asked, ids, provider=provider)
    if found.answer is not None:
        return [claim((provider, found.answer), found.method, found.score)]
    several = found.refused if found.method == "ambiguous" else ()
    return [claim((provider, one.name), found.method, found.score) for one in several]


def _as_page_name(asked: str, provider: str, ids: Sequence[str], documented: Documented) -> list[Claim]:
    """Match the stored ids with the spelling, as if a page had printed it: a name without a date has dated ids."""
    results = match_all(ids, [asked], aliases=documented.get(provider), provider=provider)
    return [claim((provider, name), one.method, one.score) for name, one in results.items() if one.answer is not None]


def _refused(asked: str, ids: Mapping[str, Sequence[str]], taken: set[Place]) -> tuple[Passed, ...]:
    owners: dict[str, list[str]] = defaultdict(list)
    for provider, names in ids.items():
        for name in names:
            owners[name].append(provider)
    near = match(asked, owners).refused
    found = ((owner, one) for one in near for owner in owners[one.name] if (owner, one.name) not in taken)
    return tuple(Passed(provider=owner, id=one.name, reason=one.reason) for owner, one in found)[:_MOST]


def _ids(models: Sequence[ModelView]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for model in models:
        ids[model.provider].append(model.id)
    return ids


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
