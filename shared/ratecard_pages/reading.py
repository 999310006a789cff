"""What reading a page gives."""

from __future__ import annotations

import msgspec

from ratecard_pages.facts import Trace
from ratecard_shared.prices import PriceRow, Refusal, Rule


class PageReading(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a page with their evidence, what was refused and why, its rules, and for `--explain` how it was read.

    `strategy` is the one of the configured strategies that succeeded, None where none did; then `refused` says why.
    `incomplete` says why the page may hold prices that were not seen, because it is cut off or broken: what it does not
    show has not ended.
    """

    strategy: str | None
    prices: tuple[PriceRow, ...] = ()
    refused: tuple[Refusal, ...] = ()
    rules: tuple[Rule, ...] = ()
    trace: tuple[Trace, ...] = ()
    incomplete: str | None = None
