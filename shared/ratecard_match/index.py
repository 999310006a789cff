"""The names of one page, ready to be asked: every step of matching is a look-up here, so 2,000 x 2,000 stays fast."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from ratecard_match.name import Name, parse
from ratecard_match.vocabulary import MODES, WINDOWED

_LEAST_NEAR = 0.5
_MOST_COMPARED = 1000
_WINDOW = re.compile(r"\s[1-9]\d\dk$", re.IGNORECASE)


class PageIndex:
    """Page names by their parts. Equal names count once."""

    def __init__(self, names: Iterable[str], *, provider: str = "") -> None:
        self.provider = provider
        self.names = {text: parse(text, provider=provider) for text in names}
        self._core: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._loose: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._joined: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._numbers: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._modeless: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._versionless: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._dated: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        self._windowless: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        for name in self.names.values():
            self._core[name.core].append(name)
            self._loose[name.loose].append(name)
            self._joined[joined(name)].append(name)
            self._numbers[name.numbers].append(name)
            self._modeless[modeless(name.core)].append(name)
            self._versionless[versionless(name.core)].append(name)
            if name.dates:
                self._dated[name.words].append(name)
            if (window := _WINDOW.search(name.text)) and not WINDOWED & set(name.tokens):
                self._windowless[parse(name.text[: window.start()], provider=provider).core].append(name)
        spelled = ((" ".join(name.core), name) for name in self.names.values())
        in_order = list(spelled) if len(self.names) <= _MOST_COMPARED else sorted(spelled, key=lambda one: one[0])
        self._spellings = [spelling for spelling, _ in in_order]
        self._in_order = tuple(name for _, name in in_order)

    def same_core(self, core: tuple[str, ...]) -> list[Name]:
        return self._core.get(core, [])

    def same_loose(self, core: tuple[str, ...]) -> list[Name]:
        return self._loose.get(core, [])

    def same_joined(self, key: tuple[str, ...]) -> list[Name]:
        return self._joined.get(key, [])

    def same_numbers(self, numbers: tuple[str, ...]) -> list[Name]:
        return self._numbers.get(numbers, [])

    def same_weights(self, core: tuple[str, ...]) -> list[Name]:
        """Return the names that differ from `core` by words for a training only (instruct, thinking, base)."""
        return self._modeless.get(modeless(core), [])

    def with_window(self, core: tuple[str, ...]) -> list[Name]:
        """Return the names that add nothing to `core` but a context window, as in "Llama 3.3 70B Versatile 128k"."""
        return self._windowless.get(core, [])

    def names_dated(self, words: tuple[str, ...]) -> list[Name]:
        return self._dated.get(words, [])

    def other_versions(self, name: Name) -> list[Name]:
        """Return the names that differ from `name` by their version: where there are any, `-latest` may have moved."""
        return [one for one in self._versionless.get(versionless(name.core), []) if one.core != name.core]

    def nearest(self, name: Name, *, limit: int) -> list[Name]:
        """Return the names spelled most like `name`, nearest first.

        Of very many names only those around it in the alphabet are compared: all with all would take their square.
        """
        spelling = " ".join(name.core)
        first, beyond = 0, len(self._spellings)
        if beyond > _MOST_COMPARED:
            place = bisect.bisect_left(self._spellings, spelling)
            first, beyond = max(place - _MOST_COMPARED // 4, 0), place + _MOST_COMPARED // 4
        found = process.extract(
            spelling,
            self._spellings[first:beyond],
            scorer=Levenshtein.normalized_similarity,
            processor=None,
            limit=limit,
            score_cutoff=_LEAST_NEAR,
        )
        return [self._in_order[first + position] for _, _, position in found]


def joined(name: Name) -> tuple[str, ...]:
    """Return the tokens with neighbouring words written as one: `flash lite` and `flashlite` are the same."""
    parts: list[str] = []
    for token in name.tokens:
        if parts and token.isalpha() and parts[-1].isalpha():
            parts[-1] += token
        else:
            parts.append(token)
    return tuple(parts)


def modeless(core: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token for token in core if token not in MODES)


def versionless(core: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token for token in core if not token.replace(".", "").isdigit())
