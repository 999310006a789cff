"""Facts become rows.

What a page states twice differently is refused; so is what cannot be true beside the rest of its row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.contradictions import consistent, in_doubt
from ratecard_pages.facts import Fact, refusal
from ratecard_pages.keys import Key, Row, describe
from ratecard_pages.names import folded
from ratecard_pages.plausible import impossible
from ratecard_shared.prices import GLOBAL, UNITS, Evidence, PriceRow, Refusal

_DOUBT: Final = "another price of the same model and tier is stated twice and differently"
_LONGEST_EVIDENCE: Final = 20_000


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the page came from, for evidence, and the texts that spans point into."""

    evidence: Evidence
    texts: dict[str, str]


def assemble(facts: Sequence[Fact], source: Source) -> tuple[list[PriceRow], list[Refusal]]:
    """Join facts to rows, by name, tier, band, region and dates, in the order of the page."""
    refused: list[Refusal] = []
    groups = _grouped(_one_region(_without_estimates(facts)))
    rows: dict[Key, dict[str, list[Fact]]] = {}
    doubtful = in_doubt(groups)
    for key, group in groups.items():
        kept, reasons = consistent(group)
        refused += [refusal(describe(group), reason) for reason in reasons]
        if kept:
            rows[key] = kept
        elif any(UNITS[fact.component] == UNITS["input"] for fact in group):
            doubtful.add((key.name, key.tier))
    doubts = {key: _DOUBT for key in rows if (key.name, key.tier) in doubtful}
    doubts |= impossible({key: row for key, row in rows.items() if key not in doubts})
    for key, reason in doubts.items():
        refused.append(refusal(describe([fact for facts in rows.pop(key).values() for fact in facts]), reason))
    return [_row(kept, source) for kept in rows.values()], refused


def _without_estimates(facts: Sequence[Fact]) -> list[Fact]:
    """An estimate counts only for a model that the page prices in no other way."""
    priced = {folded(fact.name) for fact in facts if not fact.estimate}
    return [fact for fact in facts if not fact.estimate or folded(fact.name) not in priced]


def _one_region(facts: Sequence[Fact]) -> list[Fact]:
    """Where every region that a page lists has the same figures for a model, the price is global."""
    seen: dict[tuple[str, str, int, str], set[Decimal]] = defaultdict(set)
    for fact in facts:
        seen[folded(fact.name), fact.tier, fact.above, fact.component].add(fact.amount)
    regional = {key[0] for key, amounts in seen.items() if len(amounts) > 1}
    return [fact if folded(fact.name) in regional else msgspec.structs.replace(fact, region=GLOBAL) for fact in facts]


def _grouped(facts: Iterable[Fact]) -> dict[Key, list[Fact]]:
    groups: dict[Key, list[Fact]] = defaultdict(list)
    for fact in facts:
        key = Key(
            name=folded(fact.name),
            tier=fact.tier,
            above=fact.above,
            region=fact.region,
            since=fact.effective_from,
            until=fact.effective_until,
        )
        groups[key].append(fact)
    return groups


def _row(stated: Row, source: Source) -> PriceRow:
    """One row, with one piece of one text of the page as evidence: what only another text states is left out."""
    domains: dict[str, int] = defaultdict(int)
    for facts in stated.values():
        for domain in {fact.span.text for fact in facts}:
            domains[domain] += 1
    best = max(domains, key=lambda domain: domains[domain])
    chosen = {c: fact for c, facts in stated.items() if (fact := _in_domain(facts, best)) is not None}
    first = next(iter(chosen.values()))
    start = min(fact.span.start for fact in chosen.values())
    end = max(fact.span.end for fact in chosen.values())
    text = source.texts[best][start:end].strip()[:_LONGEST_EVIDENCE]
    strategies = "+".join(dict.fromkeys(fact.strategy for fact in chosen.values()))
    return PriceRow(
        name=first.name,
        tier=first.tier,
        above_tokens=first.above,
        currency=first.currency,
        region=first.region,
        rates={component: fact.amount for component, fact in chosen.items()},
        free=all(fact.amount == 0 for fact in chosen.values()),
        effective_from=first.effective_from,
        effective_until=first.effective_until,
        evidence=msgspec.structs.replace(source.evidence, strategy=strategies, text=text),
    )


def _in_domain(facts: Sequence[Fact], domain: str) -> Fact | None:
    return next((fact for fact in facts if fact.span.text == domain), None)
