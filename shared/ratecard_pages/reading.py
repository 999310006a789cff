"""What reading a page gives."""

from __future__ import annotations

import msgspec

from ratecard_pages.facts import Trace
from ratecard_shared.prices import PriceRow, Refusal, Rule


class PageReading(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a page with their evidence, what was refused and why, its rules, and for `--explain` how it was read.

    `strategy` is the one of the configured strategies that succeeded, None where none did; then `refused` says why.
    """

    strategy: str | None
    prices: tuple[PriceRow, ...] = ()
    refused: tuple[Refusal, ...] = ()
    rules: tuple[Rule, ...] = ()
    trace: tuple[Trace, ...] = ()
