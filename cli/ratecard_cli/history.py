"""What a model used to cost: every price that it has had, with its dates.

What is charged at a time is the operator's own price before the list's. A time without any price is shown as unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ratecard_cli.answers import Answer, Model, Row
from ratecard_cli.api import Api
from ratecard_cli.models import TBD, band, others
from ratecard_cli.one_model import path
from ratecard_cli.terminal import figure, on_terminal, say, show_table
from ratecard_shared.prices import USD

_MOST: Final = "500"
_COLUMNS: Final = ("from", "until", "tier", "input", "output", "other rates", "note")


class Own(Answer, frozen=True, kw_only=True):
    """That a price is the operator's own."""

    number: int
    kind: str


class Entry(Row, frozen=True, kw_only=True):
    """A price that was charged from `effective_date` to `end_date`."""

    id: int
    free: bool
    end_date: datetime | None
    own: Own | None = None

    @property
    def key(self) -> tuple[str, int, str, str]:
        """What tells the prices of one model apart."""
        return (self.tier, self.context_limit, self.currency, self.region)

    @property
    def components(self) -> dict[str, Decimal]:
        """Every rate that it states, by name."""
        named = {"input": self.input_cost_per_million, "output": self.output_cost_per_million}
        rates = {**named, **{name: rate.amount for name, rate in self.rates.items()}}
        return {name: amount for name, amount in rates.items() if amount is not None}

    def rate(self, component: str) -> Decimal | None:
        """Return the amount of a rate; None where the price has none of this name."""
        return Decimal() if self.free else self.components.get(component)

    def covers(self, when: datetime) -> bool:
        """Tell whether it holds at that time, unless another stands above it."""
        return self.effective_date <= when and (self.end_date is None or when < self.end_date)

    @property
    def rank(self) -> Any:
        """Its place above others of its key: own before the list's, what was agreed before a correction, the later."""
        own = (self.own.kind == "negotiated", self.own.number) if self.own else (False, 0)
        return (self.own is not None, own, self.effective_date, self.id)


async def read(connection: Api, model: Any) -> list[Any]:
    """Return all prices that the model has had, as the API gives them, the oldest first."""
    where, query = f"/api/models/{path(model['id'])}/pricing-history", {"provider": model["provider"], "limit": _MOST}
    page = await connection.get(where, query)
    found = list(page["data"])
    while page["nextCursor"]:
        page = await connection.get(where, {**query, "cursor": page["nextCursor"]})
        found += page["data"]
    return found


def show_history(model: Model, entries: Sequence[Entry], now: datetime) -> None:
    """Print every price with its dates, and the times of which none is known."""
    rows = [row for prices in by_key(entries) for row in _rows(prices, model, now)]
    if rows:
        # Without a terminal the notes stay, so that scripts can count on them.
        shown = _COLUMNS[:-1] if on_terminal() and all(row[-1] == "-" for row in rows) else _COLUMNS
        title, cells = "Prices over time, per million tokens", [row[: len(shown)] for row in rows]
        show_table(title, shown, cells, right=_COLUMNS[3:5], whole=_COLUMNS[:2])
    else:
        say("Its price was never known (TBD).")


def by_key(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Return the prices of each tier, band, currency and region, the standard tier first."""
    found: dict[Any, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.key].append(entry)
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != "standard", *key))]


def charged(prices: Iterable[Entry], when: datetime) -> Entry | None:
    """Return which of a key's prices is charged at a time; None where none is known."""
    return max((price for price in prices if price.covers(when)), key=lambda price: price.rank, default=None)


def said(price: Entry | None, component: str) -> str:
    """Return a rate as people read it: unknown is TBD, and one that does not apply a dash."""
    if price is None:
        return TBD
    amount = price.rate(component)
    return "free" if price.free else "-" if amount is None else figure(amount)


def _rows(prices: Sequence[Entry], model: Model, now: datetime) -> Iterator[tuple[str, ...]]:
    known_until: datetime | None = prices[0].effective_date
    for price in prices:
        if known_until and price.effective_date > known_until:
            yield _gap(price, known_until, price.effective_date)
        ends = price.end_date
        known_until = max(known_until, ends) if known_until and ends else None
        yield (
            _day(price.effective_date),
            _day(ends) if ends else "-",
            label(price),
            said(price, "input"),
            said(price, "output"),
            others(price),
            ", ".join(_notes(price, model, now)) or "-",
        )
    if known_until and known_until <= now:
        yield _gap(prices[-1], known_until, None)


def _gap(price: Entry, start: datetime, end: datetime | None) -> tuple[str, ...]:
    return (_day(start), _day(end) if end else "-", label(price), TBD, TBD, "-", "unknown")


def _notes(price: Entry, model: Model, now: datetime) -> Iterator[str]:
    if price.source != "list":
        yield f"own ({price.own.kind})" if price.own else price.source
    if price.effective_date > now:
        yield "announced"
    elif model.stale_since and price.own is None and price.covers(now):
        yield f"stale since {_day(model.stale_since)}"


def label(price: Entry) -> str:
    """Return how a price's tier, band, region and currency are called."""
    return band(price) + (f" {price.currency}" if price.currency != USD else "")


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
