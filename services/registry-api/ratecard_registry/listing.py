"""Lists of models: which belong to it, in which order, and pages of it. Pure.

Prices are compared in one currency, by the standard tier's base band; a model without such a price is unknown there:
it passes no bound and comes last, whichever way the list is sorted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ratecard_registry.cursors import Cursors
from ratecard_registry.searching import Words
from ratecard_registry.views import ModelView, PriceView
from ratecard_shared.prices import GLOBAL, STANDARD, USD, Instant, PriceState

Field = Literal["provider", "id", "name", "contextWindow", "inputCost", "outputCost", "updated"]
Sort = Literal[
    "provider", "id", "name", "contextWindow", "inputCost", "outputCost", "updated",
    "-provider", "-id", "-name", "-contextWindow", "-inputCost", "-outputCost", "-updated",
]  # fmt: skip
DEFAULT_LIMIT: Final = 50
MOST: Final = 500


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which models a list holds, and their order. Deprecated ones, by now or by `at`, are left out unless asked for.

    Several providers mean any of them, several classifications and capabilities all of them. Bounds include their ends.
    """

    providers: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    usability: str | None = None
    min_context_window: int | None = None
    min_input_cost: Decimal | None = None
    max_input_cost: Decimal | None = None
    min_output_cost: Decimal | None = None
    max_output_cost: Decimal | None = None
    currency: str = USD
    price_state: PriceState | None = None
    include_deprecated: bool = False
    q: str = ""
    sort: Sort = "provider"
    at: datetime | None = None
    known_at: datetime | None = None

    @property
    def needs_prices(self) -> bool:
        """Tell whether prices decide which models are shown, or where."""
        bounds = (self.min_input_cost, self.max_input_cost, self.min_output_cost, self.max_output_cost)
        by_price = self.sort.removeprefix("-") in {"inputCost", "outputCost"}
        return by_price or self.price_state is not None or any(bound is not None for bound in bounds)

    def by_facts(self, models: Iterable[ModelView]) -> list[ModelView]:
        """Return the models whose facts are those wanted, whatever they cost."""
        words = Words(self.q)
        return [model for model in models if self._takes(model) and words.are_in(model)]

    def by_prices(self, models: Iterable[ModelView]) -> list[ModelView]:
        """Return the models whose prices are those wanted."""
        return [model for model in models if self._costs(model)] if self.needs_prices else list(models)

    def _takes(self, model: ModelView) -> bool:
        if self.usability is None and not self.include_deprecated and self._gone(model):
            return False
        able = {one.type for one in model.capabilities if one.supported} if self.capabilities else set()
        return (
            (not self.providers or model.provider in self.providers)
            and self.usability in {None, model.usability}
            and all(wanted.lower() in model.classification for wanted in self.classifications)
            and all(wanted in able for wanted in self.capabilities)
            and (self.min_context_window is None or (model.context_window or 0) >= self.min_context_window)
        )

    def _gone(self, model: ModelView) -> bool:
        since, then = model.deprecated_at, self.at or self.known_at
        return model.usability == "deprecated" and not (then and since and then < since)

    def _costs(self, model: ModelView) -> bool:
        costs = costs_of(model, self.currency)
        return (
            self.price_state in {None, model.price_state}
            and _between(costs.input, self.min_input_cost, self.max_input_cost)
            and _between(costs.output, self.min_output_cost, self.max_output_cost)
        )


class Costs(NamedTuple):
    """What a model costs per million tokens in one currency: None is unknown, or does not apply."""

    input: Decimal | None = None
    output: Decimal | None = None


def costs_of(model: ModelView, currency: str) -> Costs:
    """Return the costs of the standard tier's base band in this currency, for everywhere if there are such."""
    rows = [row for row in model.pricing if (row.tier, row.context_limit, row.currency) == (STANDARD, 0, currency)]
    row = min(rows, key=lambda one: (one.region != GLOBAL, one.region), default=None)
    return Costs(_cost(row, "input"), _cost(row, "output")) if row else Costs()


def _cost(row: PriceView, side: Literal["input", "output"]) -> Decimal | None:
    amount = row.input_cost_per_million if side == "input" else row.output_cost_per_million
    return Decimal(0) if amount is None and row.state is PriceState.FREE else amount


def _between(amount: Decimal | None, least: Decimal | None, most: Decimal | None) -> bool:
    if least is None and most is None:
        return True
    return amount is not None and (least is None or amount >= least) and (most is None or amount <= most)


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of models. Send `nextCursor` as `cursor` for the next one; it is null on the last."""

    data: tuple[ModelView, ...]
    total: int
    next_cursor: str | None


Place = tuple[Any, str, str]
"""Where a model stands in a list: what it is sorted by, then its provider and id."""

Placed = tuple[tuple[Any, ...], ModelView]
"""A model after what it is ordered by."""

Part = Sequence[Placed]
"""Models of a list in its order."""

_KEY: Final = itemgetter(0)

_SORTED_BY: Final[dict[str, tuple[Any, Callable[[ModelView, str], Any]]]] = {
    "provider": (str, lambda model, _: model.provider),
    "id": (str, lambda model, _: model.id),
    "name": (str, lambda model, _: model.display_name.casefold()),
    "contextWindow": (int, lambda model, _: model.context_window),
    "inputCost": (Decimal, lambda model, currency: costs_of(model, currency).input),
    "outputCost": (Decimal, lambda model, currency: costs_of(model, currency).output),
    "updated": (Instant, lambda model, _: model.updated_at),
}


def placed(models: Iterable[ModelView], wanted: Wanted) -> list[Placed]:
    """Return models with their places. Models of one place are ordered by provider and id."""
    descending = wanted.sort.startswith("-")
    return [(_key(_place(model, wanted), descending=descending), model) for model in models]


def in_order(models: Iterable[Placed]) -> Part:
    """Return a part of a list."""
    return sorted(models, key=_KEY)


def page(parts: Sequence[Part], wanted: Wanted, *, limit: int, cursor: str | None) -> Page:
    """Return the models after the cursor, of all parts together."""
    kind, _ = _SORTED_BY[wanted.sort.removeprefix("-")]
    cursors = Cursors[Place](wanted, tuple[kind | None, str, str])  # type: ignore[valid-type]  # one of a few
    begins = [0] * len(parts)
    if cursor:
        after = _key(cursors.read(cursor), descending=wanted.sort.startswith("-"))
        begins = [bisect_right(part, after, key=_KEY) for part in parts]
    rest = [part[begin : begin + limit + 1] for part, begin in zip(parts, begins, strict=True)]
    shown = [model for _, model in islice(merge(*rest, key=_KEY), limit + 1)]
    more = cursors.write(_place(shown[limit - 1], wanted)) if len(shown) > limit else None
    return Page(data=tuple(shown[:limit]), total=sum(map(len, parts)), next_cursor=more)


def _place(model: ModelView, wanted: Wanted) -> Place:
    _, read = _SORTED_BY[wanted.sort.removeprefix("-")]
    return (read(model, wanted.currency), model.provider, model.id)


def _key(place: Place, *, descending: bool) -> tuple[Any, ...]:
    value, *tie = place
    known = _Descending(value) if descending else value
    return (value is None, 0 if value is None else known, *tie)


class _Descending:
    """A value that sorts the other way round."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(other._value == self._value)

    def __hash__(self) -> int:
        return hash(self._value)
