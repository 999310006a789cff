"""A model's price rows: the page's first, the API's where the page is silent, none where a source contradicts itself.

Nothing here chooses between two prices of one page: both are dropped and said to be so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from ratecard_shared.prices import PriceRow

Key = tuple[tuple[str, int, str, str], date | None]
"""What tells the rows of one model apart, and the day from which one holds."""


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order of their keys, each key once, and what was wrong with the others."""

    rows: tuple[PriceRow, ...]
    faults: tuple[str, ...] = ()


def without_contradictions(rows: Iterable[PriceRow], source: str) -> Sorted:
    """Return one row per key: a repeated row once, of rows that disagree none."""
    by_key: dict[Key, list[PriceRow]] = defaultdict(list)
    for row in rows:
        by_key[_key(row)].append(row)
    if not by_key:
        return Sorted(rows=())
    kept = tuple(_first(same) for _, same in sorted(by_key.items(), key=_order) if _agree(same))
    faults = tuple(
        f"{source} states different prices for {min(row.name for row in same)} ({_said(key)}): none of them is taken"
        for key, same in sorted(by_key.items(), key=_order)
        if not _agree(same)
    )
    return Sorted(rows=kept, faults=faults)


def completed(page: Iterable[PriceRow], api: Sequence[PriceRow], model_id: str) -> Sorted:
    """Return the page's rows, and the API's for keys that the page lacks. Where both speak the page wins."""
    said = {_key(row): row for row in page}
    if not api:
        return Sorted(rows=tuple(row for _, row in sorted(said.items(), key=_order)))
    stated = {_key(row): row for row in api}
    faults = tuple(
        f"the page and the API disagree about {component} of {model_id} ({_said(key)}): "
        f"{said[key].rates[component]} on the page, which is taken, {rate} in the API"
        for key, row in sorted(stated.items(), key=_order)
        if key in said
        for component, rate in sorted(row.rates.items())
        if said[key].rates.get(component, rate) != rate
    )
    together = {**stated, **said}
    return Sorted(rows=tuple(row for _, row in sorted(together.items(), key=_order)), faults=faults)


def beside(taken: Iterable[PriceRow], api: Iterable[PriceRow]) -> tuple[PriceRow, ...]:
    """Return the API's rows for keys whose price was taken from a page, as figures only."""
    rows = {_key(row): row for row in taken}
    second = (row for row in api if _key(row) in rows and rows[_key(row)] != row)
    return tuple(msgspec.structs.replace(row, evidence=None) for row in second)


def _key(row: PriceRow) -> Key:
    return (row.key, row.effective_from)


def _order(item: tuple[Key, object]) -> tuple[tuple[str, int, str, str], str]:
    key, begins = item[0]
    return (key, begins.isoformat() if begins else "")


def _agree(rows: list[PriceRow]) -> bool:
    said = {(tuple(sorted(row.rates.items())), row.free, row.effective_until) for row in rows}
    return len(said) == 1


def _first(rows: list[PriceRow]) -> PriceRow:
    """Return the same row whatever the order in which equal ones came."""
    return min(rows, key=lambda row: (row.name, row.evidence.url if row.evidence else "", msgspec.json.encode(row)))


def _said(key: Key) -> str:
    (tier, above, currency, region), begins = key
    parts = (tier, f"above {above} tokens" if above else "", currency, region, f"from {begins}" if begins else "")
    return ", ".join(part for part in parts if part)
