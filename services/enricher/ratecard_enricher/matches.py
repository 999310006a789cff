"""Which page name is which model of a provider: by its id or, where that finds none, by an alias its own API states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from ratecard_match import SURE, MatchResult, match_all
from ratecard_providers.spec import Provider
from ratecard_shared.events import DiscoveredModel

MOST_REMEMBERED: Final = 20_000


class Matches:
    """The last matches of each provider: an unchanged list beside unchanged names is not matched anew.

    What is remembered is bounded by the number of models, the oldest going first.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._kept: dict[str, tuple[object, dict[str, MatchResult]]] = {}

    def of(
        self, provider: Provider, models: Sequence[DiscoveredModel], page_names: Iterable[str]
    ) -> dict[str, MatchResult]:
        """Return what `match_models` does."""
        names = tuple(page_names)
        asked = (provider, tuple((model.id, model.aliases) for model in models), names)
        known = self._kept.pop(provider.id, None)
        if known is None or known[0] != asked:
            known = (asked, match_models(provider, models, names))
        self._kept[provider.id] = known
        while sum(len(matches) for _, matches in self._kept.values()) > MOST_REMEMBERED:
            self._kept.pop(next(iter(self._kept)))
        return known[1]


def match_models(
    provider: Provider, models: Sequence[DiscoveredModel], page_names: Iterable[str]
) -> dict[str, MatchResult]:
    """Return the match of each model by its id."""
    names = tuple(page_names)
    ids = [model.id for model in models]
    results = match_all(ids, names, aliases=provider.documented_names, provider=provider.id)
    other_ids = {model.id: model.aliases for model in models if results[model.id].method == "none"}
    aliases = {alias for stated in other_ids.values() for alias in stated}
    # What pages document is left out here: an API's `-latest` and a page's may be of different days.
    by_alias = match_all(sorted(aliases), names, provider=provider.id)
    return {
        model_id: _by_alias(result, [by_alias[alias] for alias in other_ids.get(model_id, ())])
        for model_id, result in results.items()
    }


def _by_alias(own: MatchResult, found: Iterable[MatchResult]) -> MatchResult:
    sure = {one.answer: one for one in found if one.method in SURE}
    if len(sure) != 1:
        return own
    ((answer, match),) = sure.items()
    return replace(own, answer=answer, method="alias", score=match.score)
