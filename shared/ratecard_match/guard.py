"""The guard: why two names are not the same model. It objects to every difference that has ever told two models apart.

An objection always wins over likeness: versions, sizes, dates, makers and known words must agree; only a typing error
inside a long word that is no known word passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rapidfuzz.distance import OSA, Levenshtein

from ratecard_match.dates import agree
from ratecard_match.name import Name
from ratecard_match.vocabulary import KNOWN

FUZZY_SHARE: Final = 0.20
"""The mission's rule: names within this share of their length, counted in edits, are alike."""

_SHORTEST_TYPO: Final = 5


def objection(mine: Name, other: Name) -> str | None:
    """Return why `other` cannot be the model `mine` though their spelling is alike, or None."""
    return vendor_objection(mine, other) or _date_objection(mine, other) or token_objection(mine, other)


def vendor_objection(mine: Name, other: Name) -> str | None:
    """Return why the makers that both names state exclude each other, or None."""
    if not mine.vendor or not other.vendor:
        return None
    if mine.vendor.startswith(other.vendor) or other.vendor.startswith(mine.vendor):
        return None
    return f"another maker: {other.vendor}, not {mine.vendor}"


def token_objection(mine: Name, other: Name) -> str | None:
    """Return which numbers or words differ by more than a typing error, or None."""
    if mine.numbers != other.numbers:
        return _differing("version or size", mine.numbers, other.numbers)
    lacking, extra = _difference(mine.words, other.words), _difference(other.words, mine.words)
    if not lacking and not extra:
        return None
    if len(lacking) == len(extra) == 1 and _typing_error(lacking[0], extra[0]):
        return None
    return _differing("word", mine.words, other.words)


def alikeness(mine: Name, other: Name) -> float:
    """Return 1 minus the share of edits between the two names, as written or with the separators aside."""
    spelled = (mine.text.casefold(), other.text.casefold()), ("".join(mine.tokens), "".join(other.tokens))
    return max(Levenshtein.normalized_similarity(one, two) for one, two in spelled)


def _date_objection(mine: Name, other: Name) -> str | None:
    if agree(mine.dates, other.dates) and mine.latest == other.latest and mine.serial == other.serial:
        return None
    return f"another snapshot: {_pointer(other)}, not {_pointer(mine)}"


def _pointer(name: Name) -> str:
    parts = (*map(str, name.dates), "latest" if name.latest else "", name.serial)
    return " ".join(part for part in parts if part) or "undated"


def _typing_error(one: str, two: str) -> bool:
    """Return whether one word is the other with an inner letter doubled, dropped or swapped with its neighbour."""
    if one in KNOWN and two in KNOWN:
        return False
    if min(len(one), len(two)) < _SHORTEST_TYPO or one[:2] != two[:2] or one[-1] != two[-1]:
        return False
    return OSA.distance(one, two) == 1 and (len(one) != len(two) or sorted(one) == sorted(two))


def _differing(what: str, mine: Iterable[str], other: Iterable[str]) -> str:
    lacking, extra = _difference(mine, other), _difference(other, mine)
    return f"another {what}: {' '.join(extra) or 'none'}, not {' '.join(lacking) or 'none'}"


def _difference(mine: Iterable[str], other: Iterable[str]) -> list[str]:
    left, extra = list(other), []
    for token in mine:
        if token in left:
            left.remove(token)
        else:
            extra.append(token)
    return sorted(extra)
