"""llm-prices' lists: `historical-v1.json`, and the files it is made from, one vendor's models with their price history.

`from_date` is the first day, `to_date` the first day on which the price no longer held. Prices above 200,000 tokens are
an entry of their own, `model-200k`, beside `model`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ratecard_registry.imports.entries import (
    CannotTakeError,
    Entry,
    LeftAside,
    ListError,
    PriceList,
    amount,
    day,
    text_of,
)
from ratecard_shared.prices import STANDARD

_BAND: Final = re.compile(r"(.+)-(\d{1,6})k")
_RATES: Final = {"input": "input", "output": "output", "input_cached": "cached_input"}


def read(document: Any) -> PriceList:
    """Return what the document says. Raises ListError."""
    faults: list[str] = []
    entries: list[Entry] = []
    left_aside: list[LeftAside] = []
    said = list(_entries(document))
    ids = {(one.get("vendor"), one.get("id")) for one in said}
    for place, one in enumerate(said):
        try:
            entries.append(_entry(one, ids))
        except CannotTakeError as error:
            left_aside.append(LeftAside(vendor=str(one.get("vendor")), id=str(one.get("id")), reason=str(error)))
        except (ValueError, ArithmeticError) as error:
            faults.append(f"entry {place} ({str(one.get('id'))[:60]}): {error}")
    if faults:
        raise ListError(faults)
    return PriceList(entries=tuple(entries), left_aside=tuple(left_aside))


def _entries(document: Any) -> Iterator[Mapping[str, Any]]:
    match document:
        case {"prices": list(prices)}:
            found = prices
        case {"vendor": vendor, "models": list(models)}:
            found = [
                {"vendor": vendor, "id": model.get("id"), **price}
                for model in models
                if isinstance(model, dict)
                for price in model.get("price_history") or ()
            ]
        case _:
            raise ListError(["it has neither `prices` nor `vendor` with `models`"])
    if not all(isinstance(one, dict) for one in found):
        raise ListError(["an entry is no object"])
    yield from found


def _entry(said: Mapping[str, Any], ids: set[tuple[Any, Any]]) -> Entry:
    vendor, name = said.get("vendor"), said.get("id")
    if not (isinstance(vendor, str) and isinstance(name, str) and vendor and name):
        raise ValueError("`vendor` and `id` are needed")
    band = _BAND.fullmatch(name)
    above = int(band[2]) * 1000 if band and (vendor, band[1]) in ids else 0
    begins, ends = day(said.get("from_date")), day(said.get("to_date"))
    if begins and ends and ends <= begins:
        raise ValueError(f"it ends at {ends}, before it begins")
    rates = {ours: amount(said[theirs]) for theirs, ours in _RATES.items() if said.get(theirs) is not None}
    if "input" not in rates and "output" not in rates:
        raise ValueError("it has neither input nor output")
    return Entry(
        vendor=vendor,
        id=band[1] if band and above else name,
        tier=STANDARD,
        above_tokens=above,
        rates=rates,
        begins=begins,
        ends=ends,
        text=text_of(said),
    )
