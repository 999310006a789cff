"""Which model a name means. Pure.

An exact bare id wins; a provider decides between several; `provider/id` is tried last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ratecard_registry.problems import Problem

Place = tuple[str, str]


def resolve(name: str, provider: str | None, ids: Mapping[str, Collection[str]]) -> Place:
    """Return the model that is meant. Raises Problem: 404, or 409 with the candidates."""
    if provider is not None:
        return _of_provider(name, provider, ids)
    found = [(who, name) for who, names in ids.items() if name in names]
    if len(found) > 1:
        candidates = [{"provider": who, "id": name, "href": f"/api/models/{name}?provider={who}"} for who, _ in found]
        raise Problem(409, f"{len(found)} providers have a model {name!r}: add ?provider=.", candidates=candidates)
    if found:
        return found[0]
    who, _, rest = name.partition("/")
    if rest in ids.get(who, ()):
        return (who, rest)
    raise Problem(404, f"There is no model {name!r}. GET /api/models lists them.")


def _of_provider(name: str, provider: str, ids: Mapping[str, Collection[str]]) -> Place:
    names = ids.get(provider, ())
    bare = name.removeprefix(f"{provider}/")
    for candidate in (name, bare):
        if candidate in names:
            return (provider, candidate)
    raise Problem(404, f"{provider!r} has no model {name!r}. GET /api/models?provider={provider} lists them.")
