"""Which models the lines of a request mean: each spelling once, by exact names only. Nothing is guessed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from ratecard_registry.dated import Place
from ratecard_registry.problems import Problem
from ratecard_registry.selecting import resolve

Asked = tuple[str, str | None]
"""A model's name and the provider, if one is said."""


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """The models that a name may mean: exactly one is the answer."""

    places: tuple[Place, ...]


def by_id(asked: Asked, ids: Mapping[str, Collection[str]]) -> Meant:
    """Return the models that have this name as their id."""
    name, provider = asked
    try:
        return Meant(places=(resolve(name, provider, ids),))
    except Problem as problem:
        found = problem.more.get("candidates", ())
        return Meant(places=tuple((one["provider"], one["id"]) for one in found))


def spellings(asked: Iterable[Asked]) -> set[str]:
    """Return under which other names these may be known."""
    return {spelling for one in asked for _, spelling in _spellings(one)}


def by_other_name(asked: Asked, known: Iterable[tuple[str, Place]]) -> Meant:
    """Return the models that have this name beside their id."""
    wanted = _spellings(asked)
    found = {
        place
        for name, place in known
        if any(name == spelling and provider in {None, place[0]} for provider, spelling in wanted)
    }
    return Meant(places=tuple(sorted(found)))


def _spellings(asked: Asked) -> list[tuple[str | None, str]]:
    name, provider = asked
    prefix, _, rest = name.partition("/")
    if provider is not None:
        return [(provider, name), (provider, name.removeprefix(f"{provider}/"))]
    return [(None, name), (prefix, rest)] if rest else [(None, name)]
