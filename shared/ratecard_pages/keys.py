"""What makes a row one, and how a row is said in a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ratecard_pages.facts import Fact

Row = Mapping[str, Sequence[Fact]]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a row one: the name as `names.folded` gives it, and what its price holds for."""

    name: str
    tier: str
    above: int
    region: str
    since: date | None
    until: date | None


def describe(facts: Sequence[Fact]) -> str:
    first = facts[0]
    band = f" above {first.above}" if first.above else ""
    return f"{first.name} ({first.tier}{band}): " + ", ".join(
        f"{fact.component} {plain(fact.amount)}" for fact in facts[:12]
    )


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
