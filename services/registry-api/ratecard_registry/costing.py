"""Prices the lines of a request: which models they mean, the prices of their times in one query, then line by line.

A line that cannot be priced says why and keeps no other from being priced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from ratecard_registry import cost_views
from ratecard_registry.catalogue import Catalogue
from ratecard_registry.cost import CannotPriceError, Cost, Usage, total
from ratecard_registry.cost_views import CostAnswer, CostLine, LineError, Style, UsageLine
from ratecard_registry.dated import DatedPrice, Place, is_forecast
from ratecard_registry.hot_prices import RECENT, HotPrices
from ratecard_registry.naming import Asked, Meant, by_id, by_other_name, spellings
from ratecard_registry.problems import encode
from ratecard_registry.tariffs import KnownNames, Named, Tariffs
from ratecard_registry.usage_counts import UsageError
from ratecard_registry.usage_styles import convert
from ratecard_shared.prices import STANDARD

_AT_ONCE: Final = 100
"""Up to how many lines are priced without leaving the event loop."""

_KEPT: Final = RECENT - timedelta(days=1)
"""The memory of prices gives all it has of younger times, however long it takes; of older ones perhaps a part."""

_MOST_SHOWN: Final = 1000

_Used = dict[int, tuple[DatedPrice, bool]]
"""The price rows that costs were taken from, and whether one of these was of a time when the list's was in doubt."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A line that could not be read, and what it is called if that could be."""

    error: LineError
    ref: str | None = None
    model: str | None = None


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a request; one that could not be read stands in its place."""

    usages: Sequence[UsageLine | Unread]
    style: Style = "ratecard"
    known_at: datetime | None = None
    own: bool = True


class Costs:
    """Answers what usages cost."""

    def __init__(self, *, catalogue: Catalogue, past: HotPrices) -> None:
        """Wire it."""
        self._catalogue = catalogue
        self._past = past
        self._known = KnownNames(catalogue.known_versions)
        self._shown = ShownRows()

    async def of(self, lines: Lines) -> CostAnswer:
        """Return the cost of every line, or why it has none."""
        now = self._past.moment(None, None)
        usual = lines.known_at or now
        names = await self._named(lines, usual, now)
        pricing = _Pricing(lines=lines, names=names, now=now, usual=usual, shown=self._shown)
        if len(lines.usages) <= _AT_ONCE:
            return pricing.answer()
        return await asyncio.to_thread(pricing.answer)

    async def _named(self, lines: Lines, usual: datetime, now: datetime) -> Mapping[Asked, Named]:
        """Return what the lines' names mean and cost; names that are asked for again and again come from memory."""
        read = [line for line in lines.usages if isinstance(line, UsageLine)]
        asked = {(line.model, line.provider) for line in read}
        times = [line.when or usual for line in read] or [usual]
        kept = self._known.at(now) if lines.own and not lines.known_at and min(times) >= now - _KEPT else {}
        if asked <= kept.keys():
            return kept
        meant = await self._meant(asked)
        places = sorted({one.places[0] for one in meant.values() if len(one.places) == 1})
        rows = await self._past.prices(places, min(times), max(times), known_at=lines.known_at) if places else {}
        if not lines.own:
            rows = {place: [row for row in found if row.own is None] for place, found in rows.items()}
        tariffs: dict[tuple[Place, ...], Tariffs] = {(place,): Tariffs(rows.get(place, ())) for place in places}
        found = {one: Named(places=what.places, tariffs=tariffs.get(what.places)) for one, what in meant.items()}
        kept.update({one: named for one, named in found.items() if named.tariffs})
        return found

    async def _meant(self, asked: set[Asked]) -> dict[Asked, Meant]:
        ids = await self._catalogue.id_sets()
        found = {one: by_id(one, ids) for one in asked}
        unknown = [one for one, meant in found.items() if not meant.places]
        if not unknown:
            return found
        known = await self._past.other_names(spellings(unknown))
        return found | {one: by_other_name(one, known) for one in unknown}


class ShownRows:
    """Price rows as JSON, each made once: memory gives the same rows again until one of them changes."""

    def __init__(self) -> None:
        """Begin empty."""
        self._kept: dict[tuple[int, bool], tuple[DatedPrice, Any]] = {}

    def json_of(self, row: DatedPrice, *, stale: bool) -> Any:
        """Return what is shown of the row."""
        of, shown = self._kept.get((row.id, stale), (None, None))
        if of is row:
            return shown
        shown = msgspec.Raw(encode(cost_views.price_used(row, stale=stale)))
        if row.own is None:  # what an own price is charged instead of depends on the time
            if len(self._kept) >= _MOST_SHOWN:
                self._kept.clear()
            self._kept[row.id, stale] = (row, shown)
        return shown


class _Pricing(msgspec.Struct, frozen=True, kw_only=True):
    """The lines with all that is known of them."""

    lines: Lines
    names: Mapping[Asked, Named]
    now: datetime
    usual: datetime
    shown: ShownRows

    def answer(self) -> CostAnswer:
        """Price every line."""
        used: _Used = {}
        shown = tuple([self._line(index, line, used) for index, line in enumerate(self.lines.usages)])
        sums: dict[str, list[Decimal]] = {}
        for line in shown:
            if line.cost is not None:
                sums.setdefault(line.currency or "", []).append(line.cost)
        priced = sum(map(len, sums.values()))
        return CostAnswer(
            lines=shown,
            prices={str(row_id): self.shown.json_of(row, stale=stale) for row_id, (row, stale) in sorted(used.items())},
            totals={currency: total(costs) for currency, costs in sorted(sums.items())},
            priced=priced,
            failed=len(shown) - priced,
            known_at=self.lines.known_at,
        )

    def _line(self, index: int, line: UsageLine | Unread, used: _Used) -> CostLine:
        if isinstance(line, Unread):
            return CostLine(index=index, ref=line.ref, model=line.model, error=line.error)
        when = line.when or self.usual
        named = self.names[line.model, line.provider]
        places = named.places
        provider, model_id = places[0] if len(places) == 1 else (line.provider, None)
        try:
            cost = self._cost(line, when, named)
        except CannotPriceError as error:
            several = cost_views.candidates(places) if len(places) > 1 else ()
            why = LineError(code=error.code, detail=error.detail, candidates=several)
            return CostLine(
                index=index,
                ref=line.ref,
                model=line.model,
                provider=provider,
                model_id=model_id,
                when=when,
                error=why,
            )
        _, doubted = used.get(cost.row.id, (None, False))
        used[cost.row.id] = (cost.row, doubted or (cost.row.instead_of or cost.row).doubted(when))
        return CostLine(
            index=index,
            ref=line.ref,
            model=line.model,
            provider=provider,
            model_id=model_id,
            when=when,
            cost=cost.total,
            currency=cost.row.price.currency,
            price_id=cost.row.id,
            stale=cost.row.doubted(when),
            forecast=is_forecast(when, self.now),
            band=cost.band,
            components=cost.charges,
        )

    def _cost(self, line: UsageLine, when: datetime, named: Named) -> Cost:
        if named.tariffs is None:
            code, why = ("ambiguous_model", _AMBIGUOUS) if named.places else ("unknown_model", _UNKNOWN)
            raise CannotPriceError(code, why.format(line.model, len(named.places)))
        usage = self._usage(line, when)
        believed = min(self.usual, self.now)
        return named.tariffs.of(usage, believed).cost(usage.quantities)

    def _usage(self, line: UsageLine, when: datetime) -> Usage:
        try:
            said = convert(line.usage_style or self.lines.style, line.usage)
        except UsageError as error:
            raise CannotPriceError("invalid_usage", str(error)) from error
        return Usage(
            quantities=said.quantities,
            when=when,
            tier=_agreed("tier", line.tier, said.tier) or STANDARD,
            currency=line.currency,
            region=_agreed("region", line.region, said.region),
        )


def _agreed(what: str, asked: str | None, said: str | None) -> str | None:
    if asked and said and asked != said:
        raise CannotPriceError("invalid_usage", f"The line's {what} is {asked!r}, and its usage says {said!r}.")
    return asked or said


_UNKNOWN: Final = "There is no model {!r}. GET /api/resolve says what a spelling may mean."
_AMBIGUOUS: Final = "{!r} may mean {} models: add `provider`."
