"""Answers to a file of pairs: ids with candidate names, for checking the matcher against known answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ratecard_match.matching import match
from ratecard_match.steps import Aliases


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One question: which of `candidates` is the model `id`. What a file says beside that is not looked at."""

    id: str
    candidates: tuple[str, ...]
    provider: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The name, or None, with how it was found and how sure that is (0 to 100)."""

    answer: str | None
    method: str
    score: float


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """One answer per pair, in the order of the pairs."""

    answers: tuple[Answer, ...]


def answer_pairs(pairs: Iterable[Pair], aliases: Mapping[str, Aliases] | None = None) -> Answers:
    """Answer every pair. `aliases` are per provider the names that its pages document for an id."""
    known = aliases or {}
    results = (
        match(pair.id, pair.candidates, aliases=known.get(pair.provider), provider=pair.provider) for pair in pairs
    )
    return Answers(answers=tuple(Answer(answer=one.answer, method=one.method, score=one.score) for one in results))
