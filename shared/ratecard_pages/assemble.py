"""Facts become rows.

What a page states twice differently is refused; so is what cannot be true beside the rest of its row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from ratecard_pages.facts import Fact, refusal
from ratecard_pages.names import folded
from ratecard_shared.prices import GLOBAL, STANDARD, UNITS, Evidence, PriceRow, Refusal

Key = tuple[str, str, int, str, date | None, date | None]

_DEARER_THAN: Final = (("cached_input", "input"), ("cache_write_5m", "cache_write_1h"))
_CHEAP_TIERS: Final = ("batch", "flex")
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
    doubtful: set[tuple[str, str]] = set()
    for key, group in groups.items():
        kept, reasons = _consistent(group)
        refused += [refusal(_describe(group), reason) for reason in reasons]
        if kept:
            rows[key] = kept
        elif any(UNITS[fact.component] == UNITS["input"] for fact in group):
            doubtful.add(key[:2])
    for key in [key for key in rows if key[:2] in doubtful]:
        refused.append(
            refusal(
                _describe([fact for facts_ in rows[key].values() for fact in facts_]), "another band of it is in doubt"
            )
        )
        del rows[key]
    for key, reason in _impossible(rows):
        refused.append(refusal(_describe([fact for facts_ in rows[key].values() for fact in facts_]), reason))
        del rows[key]
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
        key = (folded(fact.name), fact.tier, fact.above, fact.region, fact.effective_from, fact.effective_until)
        groups[key].append(fact)
    return groups


def _consistent(group: Sequence[Fact]) -> tuple[dict[str, list[Fact]], list[str]]:
    """The facts by component, without those that the page states differently; some of those cost the whole row."""
    stated: dict[str, list[Fact]] = defaultdict(list)
    for fact in group:
        stated[fact.component].append(fact)
    reasons = []
    for component, facts in list(stated.items()):
        amounts = sorted({fact.amount for fact in facts})
        if len(amounts) > 1:
            reasons.append(f"the page states {component} as {' and as '.join(map(_plain, amounts))}")
            del stated[component]
            if _at_odds(component, facts):
                return {}, reasons
    return dict(stated), reasons


def _at_odds(component: str, facts: Sequence[Fact]) -> bool:
    """Whether the whole row is in doubt: input or output is, or two places of the page disagree on a token price."""
    return UNITS[component] == UNITS["input"] and (
        component in ("input", "output") or len({(fact.span.start, fact.span.end) for fact in facts}) > 1
    )


def _impossible(rows: Mapping[Key, Mapping[str, Sequence[Fact]]]) -> list[tuple[Key, str]]:
    found = []
    for key, row in rows.items():
        reason = _within(row) or _beside_standard(key, row, rows)
        if reason is not None:
            found.append((key, reason))
    return found


def _within(row: Mapping[str, Sequence[Fact]]) -> str | None:
    amounts = {component: facts[0].amount for component, facts in row.items()}
    for component, amount in amounts.items():
        if not amount.is_finite() or amount < 0:
            return f"{component} is {amount}"
    for cheap, dear in _DEARER_THAN:
        for prefix in ("", "audio_", "image_", "video_"):
            low, high = amounts.get(prefix + cheap), amounts.get(prefix + dear)
            if low is not None and high is not None and low > high:
                return f"{prefix}{cheap} is dearer than {prefix}{dear}"
    return None


def _beside_standard(
    key: Key, row: Mapping[str, Sequence[Fact]], rows: Mapping[Key, Mapping[str, Sequence[Fact]]]
) -> str | None:
    name, tier, above, *rest = key
    if tier in _CHEAP_TIERS:
        other = rows.get((name, STANDARD, above, *rest))  # type: ignore[arg-type]
        if other and (worse := _dearer(row, other)):
            return f"{worse} is dearer as {tier} than as standard"
    if above:
        other = rows.get((name, tier, 0, *rest))  # type: ignore[arg-type]
        if other and (worse := _dearer(other, row)):
            return f"{worse} is cheaper above {above} tokens than below"
    return None


def _dearer(row: Mapping[str, Sequence[Fact]], other: Mapping[str, Sequence[Fact]]) -> str | None:
    return next((c for c, facts in row.items() if c in other and facts[0].amount > other[c][0].amount), None)


def _row(stated: Mapping[str, Sequence[Fact]], source: Source) -> PriceRow:
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


def _describe(facts: Sequence[Fact]) -> str:
    first = facts[0]
    band = f" above {first.above}" if first.above else ""
    return f"{first.name} ({first.tier}{band}): " + ", ".join(
        f"{fact.component} {_plain(fact.amount)}" for fact in facts[:12]
    )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
