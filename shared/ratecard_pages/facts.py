"""One price read from one place of a page: what a strategy produces, before facts are joined to rows and checked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from ratecard_pages.blocks import Span
from ratecard_providers.pricing import Page
from ratecard_shared.prices import GLOBAL, Refusal


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` of `currency` for one component of one model; `estimate` where the page calls it one."""

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
    span: Span
    strategy: str


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--explain`: what a strategy looked at, and what came of it."""

    strategy: str
    where: str
    result: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one strategy made of one piece of a page. `mine` says whether the piece had the strategy's shape at all."""

    mine: bool
    facts: tuple[Fact, ...] = ()
    refused: tuple[Refusal, ...] = ()
    reason: str = ""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a whole page: the provider's page settings, the expected currency, the long-context threshold."""

    page: Page
    currency: str
    long_context: int | None = None
    page_currency: str | None = None


def refusal(text: str, reason: str) -> Refusal:
    return Refusal(text=" ".join(text.split())[:300], reason=reason)
