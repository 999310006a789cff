"""One price read from one place of a page: what a strategy produces, before facts are joined to rows and checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ratecard_pages.blocks import Span, Table
from ratecard_providers.pricing import Page
from ratecard_shared.prices import GLOBAL, Refusal


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` of `currency` for one component of one model; `estimate` where the page calls it one.

    `per` is the number of tokens that the page states the price for, where it is one for tokens; `table` tells the
    tables of a page apart.
    """

    name: str
    component: str
    amount: Decimal
    currency: str
    tier: str
    above: int
    region: str = GLOBAL
    effective_from: date | None = None
    effective_until: date | None = None
    estimate: bool = False
    per: Decimal | None = None
    table: int | None = None
    span: Span
    strategy: str


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--explain`: what a strategy looked at, and what came of it."""

    strategy: str
    where: str
    result: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one strategy made of one piece of a page. `mine` says whether the piece had the strategy's shape at all.

    `section` is the place of the heading of the one model that a table is about, and the table's tier.
    """

    mine: bool
    facts: tuple[Fact, ...] = ()
    refused: tuple[Refusal, ...] = ()
    reason: str = ""
    section: tuple[int, str] | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a whole page: the provider's page settings, the expected currency, the long-context threshold."""

    page: Page
    currency: str
    long_context: int | None = None
    page_currency: str | None = None


def of_table(found: Found, table: Table) -> Found:
    """The same, with the place of the table in its facts."""
    place = next((cell.start for row in table.rows for cell in row if cell is not None), 0)
    return msgspec.structs.replace(
        found, facts=tuple(msgspec.structs.replace(fact, table=place) for fact in found.facts)
    )


def one_unit(found: Found, what: str) -> Found:
    """The same, unless it states token prices for different numbers of tokens: then none of them can be trusted.

    One that states each of them for every number, and always the same, says it again.
    """
    stated = [fact for fact in found.facts if fact.per is not None and fact.amount]
    counts = sorted({fact.per for fact in stated if fact.per is not None})
    if len(counts) < 2:  # noqa: PLR2004 - one unit, or none
        return found
    if _said_again(stated, counts):
        again = [fact for fact in stated if fact.per != counts[-1]]
        return msgspec.structs.replace(found, facts=tuple(fact for fact in found.facts if fact not in again))
    reason = f"{what} states token prices per {' and per '.join(f'{count:f}' for count in counts)} tokens"
    names = ", ".join(dict.fromkeys(fact.name for fact in found.facts))
    return msgspec.structs.replace(found, facts=(), refused=(*found.refused, refusal(names, reason)))


def _said_again(stated: Sequence[Fact], counts: Sequence[Decimal]) -> bool:
    """Whether each price is stated for every number of tokens, and always the same."""
    amounts = {count: {_what(fact): fact.amount for fact in stated if fact.per == count} for count in counts}
    return all(of_count == amounts[counts[0]] for of_count in amounts.values())


def _what(fact: Fact) -> tuple[str, str, str, int, str]:
    return fact.name, fact.component, fact.tier, fact.above, fact.region


class TornRefusal(Refusal, frozen=True, kw_only=True):
    """A refusal because the page's form is broken there, so that it may hide prices: such a page ends none."""


def refusal(text: str, reason: str) -> Refusal:
    return Refusal(text=_in_short(text), reason=reason)


def torn(text: str, reason: str) -> TornRefusal:
    return TornRefusal(text=_in_short(text), reason=reason)


def _in_short(text: str) -> str:
    return " ".join(text.split())[:300]
