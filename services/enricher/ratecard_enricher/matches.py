"""Which page name is which model of a provider: by its id or, where that finds none, by an alias its own API states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from ratecard_match import SURE, MatchResult, match_all
from ratecard_providers.spec import Alias, Provider
from ratecard_shared.events import DiscoveredModel


def match_models(
    provider: Provider, models: Sequence[DiscoveredModel], page_names: Iterable[str]
) -> dict[str, MatchResult]:
    """Return the match of each model by its id."""
    names = tuple(page_names)
    documented = documented_names(provider.aliases)
    results = match_all([model.id for model in models], names, aliases=documented, provider=provider.id)
    other_ids = {model.id: model.aliases for model in models if results[model.id].method == "none"}
    aliases = {alias for stated in other_ids.values() for alias in stated}
    by_alias = match_all(sorted(aliases), names, aliases=documented, provider=provider.id)
    return {
        model_id: _by_alias(result, [by_alias[alias] for alias in other_ids.get(model_id, ())])
        for model_id, result in results.items()
    }


def documented_names(aliases: Iterable[Alias]) -> Mapping[str, tuple[str, ...]]:
    """Return per model id the names that a provider's pages document for it."""
    names: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for alias in aliases:
        names[alias.id] += (alias.name,)
    return dict(names)


def _by_alias(own: MatchResult, found: Iterable[MatchResult]) -> MatchResult:
    sure = {one.answer: one for one in found if one.method in SURE}
    if len(sure) != 1:
        return own
    ((answer, match),) = sure.items()
    return replace(own, answer=answer, method="alias", score=match.score)
