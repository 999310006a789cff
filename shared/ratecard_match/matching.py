"""Which name on a page is which model, each answer with its method, its score and the candidates refused.

Fail-closed: a step that finds two names ends without an answer, and no later, weaker step may overrule it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from ratecard_match.guard import alikeness, objection, vendor_objection
from ratecard_match.index import PageIndex
from ratecard_match.name import Name, parse
from ratecard_match.steps import SURE, Aliases, same_pointer, steps

SCORES: Final[dict[str, float]] = {
    "exact": 100.0,
    "alias": 100.0,
    "normalised": 99.0,
    "brand": 97.0,
    "snapshot": 96.0,
    "window": 95.0,
    "instruct": 94.0,
    "release": 93.0,
    "joined": 92.0,
}
"""How sure each method is, 0 to 100. `fuzzy` scores by likeness and stays below all of them."""

_MOST_FUZZY: Final = 91.0
_SHOWN: Final = 5
_PREVIEW: Final = "preview"


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that looked alike and was not taken, and why."""

    name: str
    reason: str


class MatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one id is on the page. Without an answer `method` says `none` or `ambiguous` and the score is 0."""

    answer: str | None = None
    method: str = "none"
    score: float = 0.0
    refused: tuple[Refused, ...] = ()


def match(query: str, candidates: Iterable[str], *, aliases: Aliases | None = None, provider: str = "") -> MatchResult:
    """Return which of `candidates` is the model `query`, explained."""
    return _match(parse(query, provider=provider), PageIndex(candidates, provider=provider), aliases or {})


def match_all(
    model_ids: Iterable[str], page_names: Iterable[str], *, aliases: Aliases | None = None, provider: str = ""
) -> dict[str, MatchResult]:
    """Match a provider's ids with its page's names. A name that one id surely owns is no weaker match of another."""
    index = PageIndex(page_names, provider=provider)
    names = {model_id: parse(model_id, provider=provider) for model_id in model_ids}
    return _settled(names, {text: _match(name, index, aliases or {}) for text, name in names.items()})


def one_spelling(page_names: Iterable[str]) -> dict[str, str]:
    """Return for each name the one that stands for all its spellings: "GPT-5 mini" and "gpt-5-mini" are one name."""
    same: dict[object, list[str]] = defaultdict(list)
    for text in dict.fromkeys(page_names):
        name = parse(text)
        same[name.core, name.dates, name.latest, name.serial, name.vendor].append(text)
    return {text: min(group, key=_like_an_id) for group in same.values() for text in group}


def _like_an_id(text: str) -> tuple[bool, str]:
    return (text != text.casefold() or " " in text, text)


def _match(name: Name, index: PageIndex, aliases: Aliases) -> MatchResult:
    for method, found in steps(name, index, aliases):
        allowed = {one.text: one for one in found if method in {"exact", "alias"} or not vendor_objection(name, one)}
        if len(allowed) == 1:
            return _answered(name, *allowed.values(), method=method, index=index)
        if allowed:
            ambiguous = tuple(
                Refused(name=text, reason=f"ambiguous: {method} finds several") for text in sorted(allowed)
            )
            return MatchResult(method="ambiguous", refused=ambiguous)
    return MatchResult(refused=_refusals(name, index, None))


def _answered(name: Name, taken: Name, *, method: str, index: PageIndex) -> MatchResult:
    score = SCORES.get(method) or round(_MOST_FUZZY * alikeness(name, taken), 1)
    return MatchResult(answer=taken.text, method=method, score=score, refused=_refusals(name, index, taken))


def _refusals(name: Name, index: PageIndex, taken: Name | None) -> tuple[Refused, ...]:
    near = [one for one in index.nearest(name, limit=_SHOWN + 1) if one is not taken][:_SHOWN]
    return tuple(Refused(name=one.text, reason=_reason(name, one, taken)) for one in near)


def _reason(name: Name, other: Name, taken: Name | None) -> str:
    reason = objection(name, other)
    if reason:
        return reason
    return f"{taken.text} is nearer" if taken else "not alike enough, or the page prices snapshots of it apart"


def _settled(names: dict[str, Name], results: dict[str, MatchResult]) -> dict[str, MatchResult]:
    owners: dict[str, list[str]] = defaultdict(list)
    for model_id, result in results.items():
        if result.answer is not None:
            owners[result.answer].append(model_id)
    settled = {}
    for model_id, result in results.items():
        rivals = [rival for rival in owners[result.answer] if rival != model_id] if result.answer is not None else []
        rival = _rival(names[model_id], result, [(names[rival], results[rival]) for rival in rivals])
        settled[model_id] = result if rival is None else _taken_back(result, rival)
    return settled


def _rival(name: Name, result: MatchResult, rivals: list[tuple[Name, MatchResult]]) -> Name | None:
    """Return the model that has a better or an equal claim to the name, if there is one.

    A weak match gives way to any other model. Two dates of one preview are two models, and the page prices one of them.
    """
    if result.method == "snapshot" and _PREVIEW in name.tokens:
        return next(
            (rival for rival, other in rivals if other.method == "snapshot" and not same_pointer(name, rival)), None
        )
    if result.method in SURE:
        return None
    return next((rival for rival, _ in rivals if rival.core != name.core), None)


def _taken_back(result: MatchResult, rival: Name) -> MatchResult:
    refused = Refused(name=result.answer or "", reason=f"{rival.text} has as good a claim to the name")
    return MatchResult(refused=(refused, *result.refused))
