"""What several tables of one page have to agree on. Where they do not, the odd ones are refused, or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from ratecard_pages.facts import Fact, Found, refusal


def agreeing(found: Sequence[Found], stated: Sequence[Decimal] = ()) -> list[Found]:
    """The same, without the tables that contradict the others about what they price.

    `stated` are the numbers of tokens that sentences of the page give its prices for.
    """
    return _one_table_per_section(_one_unit_per_page(found, stated))


def _one_unit_per_page(found: Sequence[Found], stated: Sequence[Decimal]) -> list[Found]:
    """Refuse prices in another token unit than most, unless all of them are in the range of the others.

    A slip of the unit moves prices out of it by three digits.
    """
    counts = Counter(
        [*stated, *(per for one in found for per in {_per(fact) for fact in one.facts} if per is not None)]
    )
    if len(counts) < 2:  # noqa: PLR2004 - one unit, or none
        return list(found)
    (usual, most), (_, second) = counts.most_common(2)
    if most == second:
        usual = Decimal(-1)
    range_ = _range(fact for one in found for fact in one.facts if _per(fact) == usual)
    return [_in_unit(one, usual, range_) for one in found]


def _per(fact: Fact) -> Decimal | None:
    return fact.per if fact.amount else None


def _in_unit(found: Found, usual: Decimal, range_: tuple[Decimal, Decimal] | None) -> Found:
    odd = [fact for fact in found.facts if _per(fact) not in (None, usual)]
    if not odd or (range_ is not None and all(range_[0] <= fact.amount <= range_[1] for fact in odd)):
        return found
    return _without(found, odd, "it is stated in another unit than the page's other token prices")


def _range(facts: Iterable[Fact]) -> tuple[Decimal, Decimal] | None:
    amounts = [fact.amount for fact in facts if fact.per is not None and fact.amount]
    return (min(amounts), max(amounts)) if amounts else None


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
