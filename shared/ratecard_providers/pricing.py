"""Where a provider's prices stand, and how its pages are read."""

from __future__ import annotations

import msgspec


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pricing page. Its strategies are tried in order until one reads it."""

    url: str
    strategies: tuple[str, ...]


class Pricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's pricing pages, and the currency they are expected in."""

    pages: tuple[Page, ...]
    currency: str = "USD"
