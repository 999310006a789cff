"""Which models are siblings: same family and tier, told by their names. Versions and dates differ, words do not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ratecard_match.name import parse
from ratecard_registry.moves import Place, Rates
from ratecard_registry.stored import Key

_SIZE: Final = re.compile(r"^\d+(?:\.\d+)?[bmk]$")
_DIGITS: Final = re.compile(r"[\d.]+")


@lru_cache(maxsize=4096)
def family(model_id: str, provider: str) -> tuple[str, ...]:
    """Return what a model's name says besides version and date: `gpt-4.1-mini` and `gpt-5-mini` are one family."""
    tokens = parse(model_id, provider=provider).core
    letters = (token if _SIZE.match(token) else _DIGITS.sub("", token) for token in tokens)
    return tuple(sorted(filter(None, letters)))


class Siblings:
    """The prices in force of one provider, by the model and the family that they are of."""

    def __init__(self, before: Mapping[Place, Rates], *, provider: str) -> None:
        """Take the prices that were in force."""
        self._before = before
        self._provider = provider
        self._of_model: dict[str, list[Place]] = defaultdict(list)
        self._of_family: dict[tuple[tuple[str, ...], Key], list[Place]] = defaultdict(list)
        for place in before:
            self._of_model[place[0]].append(place)
            self._of_family[family(place[0], provider), place[1]].append(place)

    def of(self, place: Place) -> tuple[Rates, ...]:
        """Return the prices in force of the model's siblings in the same tier, and those of its own other tiers."""
        if not self._before:
            return ()
        model_id, key = place
        own = family(model_id, self._provider)
        near = {other for other in self._of_model.get(model_id, ()) if other[1][2] == key[2]}
        near.update(self._of_family.get((own, key), ()) if own else ())
        return tuple(self._before[other] for other in sorted(near))
