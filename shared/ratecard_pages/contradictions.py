"""What a page states twice with different figures. Nobody can tell which is right, so neither is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from ratecard_pages.facts import Fact
from ratecard_pages.keys import Key, plain
from ratecard_shared.prices import UNITS

Tables = frozenset[int]


def consistent(group: Sequence[Fact]) -> tuple[dict[str, list[Fact]], list[str]]:
    """The facts by component, without those that the page states differently; some of those cost the whole row."""
    stated: dict[str, list[Fact]] = defaultdict(list)
    for fact in group:
        stated[fact.component].append(fact)
    reasons = []
    for component, facts in list(stated.items()):
        amounts = sorted({fact.amount for fact in facts})
        if len(amounts) > 1:
            reasons.append(f"the page states {component} as {' and as '.join(map(plain, amounts))}")
            del stated[component]
            if _at_odds(component, facts):
                return {}, reasons
    return dict(stated), reasons


def _at_odds(component: str, facts: Sequence[Fact]) -> bool:
    """Whether the whole row is in doubt: input or output is, or two places of the page disagree on a token price."""
    return UNITS[component] == UNITS["input"] and (
        component in ("input", "output") or len({(fact.span.start, fact.span.end) for fact in facts}) > 1
    )


def in_doubt(groups: Mapping[Key, Sequence[Fact]]) -> set[tuple[str, str]]:
    """Names and tiers whose prices come from two tables that contradict each other, and differ between them."""
    at_odds = {pair for group in groups.values() for pair in _contradicting(group)}
    doubtful = set()
    for key, group in groups.items():
        tables = {fact.table for fact in group if fact.table is not None}
        for one, other in combinations(sorted(tables), 2):
            if frozenset((one, other)) in at_odds and _of(group, one) != _of(group, other):
                doubtful.add((key.name, key.tier))
    return doubtful


def _contradicting(group: Sequence[Fact]) -> set[Tables]:
    """Pairs of tables that give a model different token prices."""
    stated: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for fact in group:
        if fact.table is not None and UNITS[fact.component] == UNITS["input"]:
            stated[fact.component][fact.table] = fact.amount
    return {
        frozenset((one, other))
        for amounts in stated.values()
        for one, other in combinations(amounts, 2)
        if amounts[one] != amounts[other]
    }


def _of(group: Sequence[Fact], table: int) -> dict[str, Decimal]:
    return {fact.component: fact.amount for fact in group if fact.table == table}
