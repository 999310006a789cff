"""What cannot be true beside the other prices of a row, or beside the model's other tiers and bands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.keys import Key, Row
from ratecard_shared.prices import STANDARD, is_beyond_measure

_MOST_TIER_RATIO: Final = 20
_CHEAP_TIERS: Final = ("batch", "flex")
_PREFIXES: Final = ("", "audio_", "image_", "video_")
_MOST_SIBLINGS: Final = 50


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two components: whether the first is never dearer than the second, and how many times one can be the other."""

    first: str
    second: str
    ordered: bool
    most: int


_PAIRS: Final = (
    Pair(first="cached_input", second="input", ordered=True, most=500),
    Pair(first="cache_write_5m", second="cache_write_1h", ordered=True, most=100),
    Pair(first="input", second="output", ordered=False, most=100),
)


def impossible(rows: Mapping[Key, Row]) -> dict[Key, str]:
    siblings: dict[tuple[str, str, date | None, date | None], list[Key]] = defaultdict(list)
    for key in rows:
        siblings[key.name, key.region, key.since, key.until].append(key)
    found = {}
    for key, row in rows.items():
        same_model = siblings[key.name, key.region, key.since, key.until][:_MOST_SIBLINGS]
        reason = _within(row) or _far_from_others(key, rows, same_model)
        if reason is not None:
            found[key] = reason
        for other, why in _at_odds(key, rows):  # nobody can tell which of the two is wrong
            found.setdefault(key, why)
            found.setdefault(other, why)
    return found


def _within(row: Row) -> str | None:
    amounts = {component: facts[0].amount for component, facts in row.items()}
    for component, amount in amounts.items():
        if not amount.is_finite() or amount < 0:
            return f"{component} is {amount}"
        if is_beyond_measure(component, amount, row[component][0].currency):
            return f"{component} is {amount:f} {row[component][0].currency} for a million tokens: its unit is another"
    pairs = ((prefix, pair) for pair in _PAIRS for prefix in _PREFIXES)
    return next((reason for prefix, pair in pairs if (reason := _pair(amounts, prefix, pair)) is not None), None)


def _pair(amounts: Mapping[str, Decimal], prefix: str, pair: Pair) -> str | None:
    low, high = amounts.get(prefix + pair.first), amounts.get(prefix + pair.second)
    if low is None or high is None:
        return None
    if pair.ordered and low > high:
        return f"{prefix}{pair.first} is dearer than {prefix}{pair.second}"
    if low and high and max(low, high) / min(low, high) > pair.most:
        return f"{prefix}{pair.first} and {prefix}{pair.second} are so far apart that one of them has another unit"
    return None


def _far_from_others(key: Key, rows: Mapping[Key, Row], siblings: Sequence[Key]) -> str | None:
    """What is in another unit than the same model's other tiers and bands."""
    row = rows[key]
    for other in siblings:
        if other != key and STANDARD in (key.tier, other.tier) and (far := _far(row, rows[other])) is not None:
            return f"{far} is so far from its price as {other.tier} that one of them has another unit"
    return None


def _at_odds(key: Key, rows: Mapping[Key, Row]) -> Iterator[tuple[Key, str]]:
    """The standard price that a cheap tier's exceeds, and the base price that one above a band does not reach."""
    row = rows[key]
    standard = msgspec.structs.replace(key, tier=STANDARD)
    if key.tier in _CHEAP_TIERS and standard in rows and (worse := _dearer(row, rows[standard])):
        yield standard, f"{worse} is dearer as {key.tier} than as standard"
    base = msgspec.structs.replace(key, above=0)
    if key.above and base in rows and (worse := _dearer(rows[base], row)):
        yield base, f"{worse} is cheaper above {key.above} tokens than below"


def _far(row: Row, other: Row) -> str | None:
    for component, facts in row.items():
        if component in other:
            low, high = sorted((facts[0].amount, other[component][0].amount))
            if low and high / low > _MOST_TIER_RATIO:
                return component
    return None


def _dearer(row: Row, other: Row) -> str | None:
    return next((c for c, facts in row.items() if c in other and facts[0].amount > other[c][0].amount), None)
