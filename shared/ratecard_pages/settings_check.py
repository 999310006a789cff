"""What is wrong with the pricing part of a provider file though it has the right form: what no reader could follow.

Each fault says where it stands and what may stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cssselect import HTMLTranslator, SelectorError

from ratecard_pages import arrays, cards, records
from ratecard_pages.strategies import NAMES
from ratecard_pages.units import take_units
from ratecard_pages.words import fold
from ratecard_providers.pricing import Page, Pricing, Records
from ratecard_shared.prices import UNITS

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_HTTP: Final = re.compile(r"https?://[^\s/]+\S*")
_MODEL: Final = "model"
_LARGEST_POWER: Final = 20


def pricing_faults(pricing: Pricing) -> Iterator[str]:
    """Give what is wrong, in words; nothing if every page could be read."""
    if not pricing.pages:
        yield "`pricing.pages`: no page is named"
    yield from _currency(pricing.currency, "pricing.currency")
    seen: set[str] = set()
    for number, page in enumerate(pricing.pages):
        where = f"pricing.pages[{number}]"
        yield from (f"`{where}{fault}" for fault in _page_faults(page))
        if page.url in seen:
            yield f"`{where}.url`: {page.url} is named twice"
        seen.add(page.url)


def _page_faults(page: Page) -> Iterator[str]:
    if not _HTTP.fullmatch(page.url):
        yield f".url`: {page.url!r} is no http(s) address"
    if page.currency is not None:
        yield from (fault.removeprefix("`") for fault in _currency(page.currency, ".currency"))
    if page.unit is not None and not take_units(fold(page.unit))[0]:
        yield f".unit`: {page.unit!r} names no unit such as '1M tokens'"
    yield from _strategy_faults(page)
    yield from _components(page.unlabelled, ".unlabelled")
    yield from _components(filter(None, page.words.values()), ".words")
    for columns in page.arrays.columns:
        yield from _components((name for name in columns if name != _MODEL), ".arrays.columns")
        if columns.count(_MODEL) != 1:
            yield f".arrays.columns`: {list(columns)} must have {_MODEL!r} once"
    yield from _selector_faults(page)
    for number, spec in enumerate(page.records):
        yield from _record_faults(spec, f".records[{number}]")


def _strategy_faults(page: Page) -> Iterator[str]:
    if not page.strategies:
        yield ".strategies`: none is named"
    named = {name for strategy in page.strategies for name in strategy.split("+")}
    for name in sorted(named - NAMES):
        yield f".strategies`: there is no {name!r}; there are {', '.join(sorted(NAMES))}"
    for name, given in ((cards.NAME, page.cards is not None), (records.NAME, bool(page.records))):
        if name in named and not given:
            yield f".{name}`: the strategy {name!r} needs it"
        if given and name not in named:
            yield f".{name}`: no strategy of the page uses it: name {name!r} among them"
    if page.arrays.columns and arrays.NAME not in named:
        yield f".arrays`: no strategy of the page uses it: name {arrays.NAME!r} among them"


def _selector_faults(page: Page) -> Iterator[str]:
    selectors = {} if page.cards is None else {".cards.card": page.cards.card, ".cards.name": page.cards.name}
    if page.grid is not None:
        selectors[".grid.row"] = page.grid.row
    for where, selector in selectors.items():
        try:
            HTMLTranslator().css_to_xpath(selector)
        except SelectorError as error:
            yield f"{where}`: {selector!r} is no CSS selector: {error}"


def _record_faults(spec: Records, where: str) -> Iterator[str]:
    yield from _components((*spec.rates, *spec.long_rates, *spec.same, *spec.lists), where)
    if not (spec.scale.is_finite() and spec.scale > 0 and abs(spec.scale.adjusted()) <= _LARGEST_POWER):
        yield f"{where}.scale`: {spec.scale} is no factor: it takes a number above 0, such as 0.0001"
    if not spec.where:
        yield f"{where}.where`: it must name the paths that make an object a record"
    if not (spec.rates or spec.lists):
        yield f"{where}.rates`: no path of a price is named, and none in `lists`"
    if spec.long_rates and spec.threshold is None:
        yield f"{where}.threshold`: `long_rates` need the path of the size from which they hold"
    if (spec.unit is None) != (spec.unit_value is None):
        yield f"{where}.unit`: `unit` and `unit_value` go together"


def _components(names: Iterable[str], where: str) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if name not in UNITS:
            yield f"{where}`: {name!r} is no component; they are {', '.join(UNITS)}"


def _currency(code: str, where: str) -> Iterator[str]:
    if not _CURRENCY.fullmatch(code):
        yield f"`{where}`: {code!r} is no currency code such as USD"
