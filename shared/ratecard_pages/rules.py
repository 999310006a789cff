"""Prices that a page states only as a rule: words and a factor. They make no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ratecard_shared.prices import Rule

_LESS: Final = re.compile(
    r"\b(\d{1,2}(?:\.\d+)?)\s?% (?:off|discount|cheaper|savings?|cost reduction|less)|"
    r"\b(?:save|discount of) (\d{1,2}(?:\.\d+)?)\s?%",
    re.IGNORECASE,
)
_MORE: Final = re.compile(r"\b(\d{1,3}(?:\.\d+)?)\s?% (?:uplift|premium|surcharge|more)", re.IGNORECASE)
_TIMES: Final = re.compile(r"\b(\d{1,2}(?:\.\d+)?)x (?:\w+ ){0,2}(?:multiplier|price|rate|base|the)\b", re.IGNORECASE)
_LONGEST: Final = 600
_MOST: Final = 50


def find_rules(prose: Iterable[str]) -> tuple[Rule, ...]:
    """Every sentence with a discount, a surcharge or a multiplier."""
    found = []
    for text in prose:
        if len(text) > 20 * _LONGEST:
            continue
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text):
            factor = _factor(sentence)
            if factor is not None and len(sentence) <= _LONGEST:
                found.append(Rule(text=sentence, factor=factor))
    return tuple(dict.fromkeys(found))[:_MOST]


def _factor(sentence: str) -> Decimal | None:
    if (less := _LESS.search(sentence)) is not None:
        return 1 - Decimal(less[1] or less[2]) / 100
    if (more := _MORE.search(sentence)) is not None:
        return 1 + Decimal(more[1]) / 100
    if (times := _TIMES.search(sentence)) is not None:
        return Decimal(times[1])
    return None
