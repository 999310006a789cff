"""Where a provider's prices stand and how its pages are read: what code would otherwise hard-code, never a price."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Arrays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """JavaScript arrays that are table rows. `columns` names a row's columns by its width, where no heading does."""

    columns: tuple[tuple[str, ...], ...] = ()


class Cards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cards without a table: CSS selectors of a card and of the name in it, and words that mark a card as no model."""

    card: str
    name: str
    skip: tuple[str, ...] = ()


class Grid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table that is no <table>: the CSS selector of its rows, whose child elements are the cells."""

    row: str


class Records(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Objects in JSON that price a model. Paths are dotted.

    An object is a record if it has every path of `where`. A figure times `scale` is the price in the component's own
    unit (per million tokens, per image ...); `unit` names a path whose value must be `unit_value`. `absent` lists
    printed values that mean "no price" (a bare 0, a -1). `long_rates` are the prices above `threshold`, a path.
    `same` are paths of lists whose figures must all agree with a rate, or the rate is no single price.
    `lists` maps a component to a path of a list of objects with `price`, `unit_word` and `label` fields.
    Where the name stands outside the object, `page_name` is the key that holds it elsewhere in the same page.
    """

    where: tuple[str, ...]
    name: str = "name"
    page_name: str | None = None
    region: str | None = None
    tier: str = "standard"
    scale: Decimal = Decimal(1)
    unit: str | None = None
    unit_value: str | None = None
    threshold: str | None = None
    absent: tuple[str, ...] = ()
    rates: dict[str, str] = {}
    long_rates: dict[str, str] = {}
    same: dict[str, str] = {}
    lists: dict[str, str] = {}
    price: str = "price"
    unit_word: str = "unit"
    label: str = "label"


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pricing page. Its strategies are tried in order until one reads it; `a+b` reads with both at once.

    `unit` holds where the page itself is silent about the unit of token prices ("1M tokens").
    `unlabelled` names the figures of a cell that holds several without a word.
    `currency` is the page's own, where it is not that of the others.
    A `spare` page is fetched only where the pages before it gave nothing: it states the same prices again.
    `words` gives the component of a column or row label that is not in the common vocabulary; "" leaves it out.
    """

    url: str
    strategies: tuple[str, ...]
    spare: bool = False
    currency: str | None = None
    unit: str | None = None
    tier_attribute: str = "data-value"
    unlabelled: tuple[str, ...] = ()
    words: dict[str, str] = {}
    arrays: Arrays = Arrays()
    cards: Cards | None = None
    grid: Grid | None = None
    records: tuple[Records, ...] = ()


class Pricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's pricing pages, and the currency they are expected in."""

    pages: tuple[Page, ...]
    currency: str = "USD"
