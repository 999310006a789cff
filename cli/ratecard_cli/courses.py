"""The course of each rate that changed, as a line of blocks beside what it was and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from ratecard_cli.change_lines import DOWN, UP, place_of
from ratecard_cli.history import Entry, by_key, charged, label, said
from ratecard_cli.terminal import show_table

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 20
_COLUMNS: Final = ("tier", "rate", "course", "was", "is", "since")


def show_courses(entries: Sequence[Entry], now: datetime, *, every_tier: bool) -> None:
    """Print how each rate that ever changed went; without `every_tier` those of the first tier only."""
    prices = by_key(entries)
    shown = [group for group in prices if every_tier or group[0].tier == prices[0][0].tier]
    rows = [row for group in shown for row in _courses(group, now)]
    if rows:
        show_table("What changed over time", _COLUMNS, rows, right=("was", "is"), whole=("course", "since"))


def blocks(amounts: Sequence[Decimal | None]) -> str:
    """Return a block for each amount, the least the lowest and the most the highest; a blank where there is none."""
    known = [amount for amount in amounts if amount is not None]
    least, most = min(known, default=Decimal()), max(known, default=Decimal())
    step = (most - least) / (len(_BLOCKS) - 1) or Decimal(1)
    return "".join(" " if amount is None else _BLOCKS[round((amount - least) / step)] for amount in amounts)


def _courses(prices: Sequence[Entry], now: datetime) -> Iterator[tuple[str, ...]]:
    turns = {time for price in prices for time in (price.effective_date, price.end_date) if time and time <= now}
    named = {name for price in prices if not price.free for name in price.components}
    if turns:
        first = min(turns)
        moments = [first + (now - first) * place / (_WIDTH - 1) for place in range(_WIDTH)]
        for name in sorted(named or {"input"}, key=place_of):
            steps = _steps(prices, name, sorted(turns))
            if len(steps) > 1:
                course = blocks([_rate(charged(prices, when), name) for when in moments])
                yield (
                    label(prices[0]),
                    name,
                    course,
                    *_turn(name, steps[-2][1], steps[-1][1]),
                    f"{steps[-1][0]:%Y-%m-%d}",
                )


def _steps(prices: Sequence[Entry], name: str, turns: Sequence[datetime]) -> list[tuple[datetime, Entry | None]]:
    """Return when the rate became another one, and by which price."""
    steps: list[tuple[datetime, Entry | None]] = []
    for time in turns:
        price = charged(prices, time)
        if not steps or said(price, name) != said(steps[-1][1], name):
            steps.append((time, price))
    return steps


def _turn(name: str, old: Entry | None, new: Entry | None) -> tuple[str, str]:
    was, now = _rate(old, name), _rate(new, name)
    mark = "" if was is None or now is None or was == now else (UP if now > was else DOWN)[0]
    return said(old, name), said(new, name) + mark


def _rate(price: Entry | None, name: str) -> Decimal | None:
    return price.rate(name) if price else None
