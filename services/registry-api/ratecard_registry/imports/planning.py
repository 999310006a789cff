"""Which rows of the history an imported list becomes. Pure: entries, stored models and what is recorded in, rows out.

An imported row is of the past alone: it ends where the first row that Ratecard has of its key begins, or with
yesterday. Which model an entry means is matched fail-closed; what may mean two things is left aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec

from ratecard_registry.imports.entries import Entry, LeftAside
from ratecard_registry.past import FIRST_DAY, LAST_DAY
from ratecard_registry.resolving import Documented, resolve_spelling
from ratecard_registry.stored import Key, Price, midnight
from ratecard_registry.suspicion import Beside, Kind, suspicions
from ratecard_registry.views import ModelView
from ratecard_shared.prices import GLOBAL, STANDARD, USD, PriceRow

Place = tuple[str, str]
_BASE: Final[Key] = (STANDARD, 0, USD, GLOBAL)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The first price that Ratecard has of a key, and since when."""

    begins: datetime
    rates: dict[str, Decimal]


class PastPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A row to be added to the history of a model."""

    place: Place
    entry: Entry
    effective_date: datetime
    end_date: datetime


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a list: rows to add, how many entries are of a time that is recorded, what is doubtful."""

    rows: tuple[PastPrice, ...]
    known: int
    doubts: tuple[str, ...]
    left_aside: tuple[LeftAside, ...]


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """Entries with the model that each means, and those that mean none for sure."""

    entries: tuple[tuple[Place, Entry], ...]
    left_aside: tuple[LeftAside, ...]


def meant(
    entries: Sequence[Entry], models: Sequence[ModelView], vendors: Mapping[str, str], documented: Documented
) -> Meant:
    """Return which stored model each entry means. `vendors` are Ratecard's providers by the list's names for them."""
    of_provider: dict[str, list[ModelView]] = defaultdict(list)
    for model in models:
        of_provider[model.provider].append(model)
    asked = dict.fromkeys((entry.vendor, entry.id) for entry in entries)
    found: dict[tuple[str, str], Place | str] = {}
    for vendor, name in asked:
        provider = vendors.get(vendor)
        stored = of_provider.get(provider, []) if provider else []
        found[vendor, name] = _model(name, stored, documented) if stored else "no provider of this name has models here"
    sorted_out = _one_each(found)
    taken = tuple((place, one) for one in entries if not isinstance(place := sorted_out[one.vendor, one.id], str))
    aside = tuple(
        LeftAside(vendor=vendor, id=name, reason=why)
        for (vendor, name), why in sorted_out.items()
        if isinstance(why, str)
    )
    return Meant(entries=taken, left_aside=aside)


def _model(name: str, stored: Sequence[ModelView], documented: Documented) -> Place | str:
    exact = next((model for model in stored if model.id == name), None)
    if exact is not None:
        return (exact.provider, exact.id)
    claims = resolve_spelling(name, stored, documented).claims
    if len(claims) == 1:
        return (claims[0].provider, claims[0].id)
    return f"it may mean {len(claims)} models" if claims else "it means no stored model"


def _one_each(found: Mapping[tuple[str, str], Place | str]) -> dict[tuple[str, str], Place | str]:
    """Let no two names of a list mean one model, unless one of them is its id."""
    by_place: dict[Place, list[tuple[str, str]]] = defaultdict(list)
    for said, place in found.items():
        if not isinstance(place, str):
            by_place[place].append(said)
    result = dict(found)
    for place, names in by_place.items():
        others = [said for said in names if said[1] != place[1]]
        if len(names) > 1:
            for said in others:
                result[said] = f"{place[1]} is meant by {len(names)} names of the list"
    return result


def plan(
    entries: Sequence[tuple[Place, Entry]], recorded: Mapping[Place, Mapping[Key, Recorded]], now: datetime
) -> Plan:
    """Return what becomes of the entries, given the first rows that Ratecard has."""
    today = midnight(now.date())
    of_key: dict[tuple[Place, Key], list[Entry]] = defaultdict(list)
    for place, entry in entries:
        of_key[place, (entry.tier, entry.above_tokens, USD, GLOBAL)].append(entry)
    rows: list[PastPrice] = []
    doubts: list[str] = []
    aside: list[LeftAside] = []
    known = 0
    for (place, key), said in of_key.items():
        if _overlap(said):
            aside.append(LeftAside(vendor=said[0].vendor, id=said[0].id, reason="its times overlap"))
            continue
        first = recorded.get(place, {})
        doubts += _doubts(place, said, first.get(key) or first.get(_BASE))
        until = first[key].begins if key in first and first[key].begins <= now else today
        added = [*_cut(place, said, until)]
        known += len(said) - len(added)
        rows += added
    return Plan(rows=tuple(rows), known=known, doubts=tuple(doubts), left_aside=tuple(aside))


def _overlap(entries: list[Entry]) -> bool:
    times = sorted((_begin(one), midnight(one.ends) if one.ends else LAST_DAY) for one in entries)
    return any(following < end for (_, end), (following, _) in pairwise(times))


def _cut(place: Place, entries: list[Entry], until: datetime) -> Iterator[PastPrice]:
    for entry in entries:
        end = min(midnight(entry.ends), until) if entry.ends else until
        if _begin(entry) < end:
            yield PastPrice(place=place, entry=entry, effective_date=_begin(entry), end_date=end)


def _begin(entry: Entry) -> datetime:
    return max(midnight(entry.begins), FIRST_DAY) if entry.begins else FIRST_DAY


def _doubts(place: Place, entries: list[Entry], beside: Recorded | None) -> Iterator[str]:
    if beside is None:
        return
    old = Price(
        tier=STANDARD, above_tokens=0, currency=USD, region=GLOBAL, rates=beside.rates, effective_date=beside.begins
    )
    for entry in entries:
        row = PriceRow(name=entry.id, tier=entry.tier, above_tokens=entry.above_tokens, rates=entry.rates)
        for one in suspicions(row, Beside(old=old)):
            if one.kind is Kind.UNIT:
                yield f"{'/'.join(place)} ({entry.tier}): {one.reason}"
