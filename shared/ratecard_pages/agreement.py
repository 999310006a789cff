"""What several tables of one page have to agree on. Where they do not, the odd ones are refused, or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.facts import Fact, Found, refusal

_FAR: Final = 10


def agreeing(found: Sequence[Found], stated: Sequence[Decimal] = ()) -> list[Found]:
    """The same, without the tables that contradict the others about what they price.

    `stated` are the numbers of tokens that sentences of the page give its prices for.
    """
    return _one_table_per_section(_one_unit_per_page(found, stated))


def _one_unit_per_page(found: Sequence[Found], stated: Sequence[Decimal]) -> list[Found]:
    """Refuse prices in another token unit than most, unless they are in the range of the others, and in no other unit.

    Where no unit is that of most, one of them has to hold the range of the others, or all are refused.

    A slip of the unit moves prices out of it by three digits.
    """
    counts = Counter(
        [*stated, *(per for one in found for per in {_per(fact) for fact in one.facts} if per is not None)]
    )
    if len(counts) < 2:  # noqa: PLR2004 - one unit, or none
        return list(found)
    (usual, most), (_, second) = counts.most_common(2)
    facts = [fact for one in found for fact in one.facts]
    if most == second:
        usual = max(counts, key=lambda per: _width(_range(fact for fact in facts if _per(fact) == per)))
    range_ = _range(fact for fact in facts if _per(fact) == usual)
    if most == second and any(_in_unit(one, usual, range_) is not one for one in found):
        usual, range_ = Decimal(-1), None
    return [_in_unit(one, usual, range_) for one in found]


def _per(fact: Fact) -> Decimal | None:
    return fact.per if fact.amount else None


def _in_unit(found: Found, usual: Decimal, range_: tuple[Decimal, Decimal] | None) -> Found:
    odd = [fact for fact in found.facts if _per(fact) not in (None, usual)]
    if not odd or (range_ is not None and all(_fits(fact, usual, range_) for fact in odd)):
        return found
    return _without(found, odd, "it is stated in another unit than the page's other token prices")


def _fits(fact: Fact, usual: Decimal, range_: tuple[Decimal, Decimal]) -> bool:
    """Whether an amount is in the range of the others, and would be far from it if its unit were theirs."""
    low, high = range_
    slipped = fact.amount * (_per(fact) or usual) / usual
    return low <= fact.amount <= high and not low / _FAR <= slipped <= high * _FAR


def _range(facts: Iterable[Fact]) -> tuple[Decimal, Decimal] | None:
    amounts = [fact.amount for fact in facts if fact.per is not None and fact.amount]
    return (min(amounts), max(amounts)) if amounts else None


def _width(range_: tuple[Decimal, Decimal] | None) -> Decimal:
    return range_[1] / range_[0] if range_ else Decimal(0)


def _one_table_per_section(found: Sequence[Found]) -> list[Found]:
    """Refuse two tables of one tier under one model's heading: a heading between them is missing."""
    sections = Counter(one.section for one in found if one.section is not None)
    twice = {section[0] for section, count in sections.items() if count > 1}
    reason = "the heading above it has several tables of one tier, so one of them belongs to another model"
    return [
        _without(one, one.facts, reason) if one.section is not None and one.section[0] in twice else one
        for one in found
    ]


def _without(found: Found, odd: Sequence[Fact], reason: str) -> Found:
    kept = tuple(fact for fact in found.facts if fact not in odd)
    text = ", ".join(dict.fromkeys(fact.name for fact in odd))
    return msgspec.structs.replace(found, facts=kept, refused=(*found.refused, refusal(text, reason)))
