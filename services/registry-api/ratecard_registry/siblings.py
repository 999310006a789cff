"""Which models are siblings: same family and tier, told by their names. Versions and dates differ, words do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ratecard_match.name import parse
from ratecard_registry.moves import Place, Rates

_SIZE: Final = re.compile(r"^\d+(?:\.\d+)?[bmk]$")
_DIGITS: Final = re.compile(r"[\d.]+")


@lru_cache(maxsize=4096)
def family(model_id: str, provider: str) -> tuple[str, ...]:
    """Return what a model's name says besides version and date: `gpt-4.1-mini` and `gpt-5-mini` are one family."""
    tokens = parse(model_id, provider=provider).core
    letters = (token if _SIZE.match(token) else _DIGITS.sub("", token) for token in tokens)
    return tuple(sorted(filter(None, letters)))


def siblings(place: Place, before: Mapping[Place, Rates], *, provider: str) -> tuple[Rates, ...]:
    """Return the prices in force of the model's siblings in the same tier, and those of its own other tiers."""
    model_id, key = place
    own = family(model_id, provider)
    found = []
    for (other_id, other_key), rates in sorted(before.items(), key=lambda item: item[0]):
        same_money = other_key[2] == key[2]
        if same_money and (other_id == model_id or (other_key == key and own and family(other_id, provider) == own)):
            found.append(rates)
    return tuple(found)
