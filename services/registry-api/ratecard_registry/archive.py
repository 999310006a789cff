"""What models used to cost: histories are read from PostgreSQL each time, for they are asked for in many ways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import asyncpg
import msgspec

from ratecard_registry import views
from ratecard_registry.catalogue import Place
from ratecard_registry.cursors import Cursors
from ratecard_registry.dated import DatedPrice, in_force, is_forecast
from ratecard_registry.dated_views import dated_view, source_of
from ratecard_registry.hot_prices import HotPrices
from ratecard_registry.past import Past, Period
from ratecard_registry.rows import own_from
from ratecard_registry.versions import QUERIES
from ratecard_registry.views import EvidenceView, ModelView, OwnMark, RateView, Source, View
from ratecard_shared.database import queries
from ratecard_shared.prices import Evidence, Instant

_Began = tuple[datetime, int]
"""Where a page of a history ended: when its last price began, and the id of its row."""
_Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class HistoryEntry(View, frozen=True, kw_only=True):
    """A price that was charged from `effectiveDate` to `endDate`, and known since `recordedAt`.

    `recordedAs` is the name that the model had then: a page's, before an API named it. Costs name their price by `id`.
    `source` is list, imported or own; own prices (their `id` is negative) are charged instead of the others.
    """

    id: int
    provider: str
    model_id: str
    recorded_as: str
    kind: str
    input_cost_per_million: Decimal | None
    output_cost_per_million: Decimal | None
    tier: str
    context_limit: int
    currency: str
    region: str
    free: bool
    rates: dict[str, RateView]
    effective_date: datetime
    end_date: datetime | None
    recorded_at: datetime
    sync_id: str
    revision: int
    evidence: EvidenceView | None
    source: Source = "list"
    own: OwnMark | None = None


class History(View, frozen=True, kw_only=True):
    """A page of a model's prices, the oldest first. Send `nextCursor` as `cursor` for the next one."""

    data: tuple[HistoryEntry, ...]
    total: int
    next_cursor: str | None = None


class Archive:
    """Reads the past. `pool` is called when PostgreSQL is needed."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        prices: HotPrices,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it. `prices` are asked for what was in force at a time."""
        self._pool = pool
        self._prices = prices
        self._past = Past(pool=pool, now=now)
        self._sql = queries(QUERIES)

    async def living_name(self, name: str, ids: Mapping[str, Collection[str]]) -> str:
        """Return the name under which a page's model lives on since an API named it; else the name as it is.

        Only the providers of `ids` are asked about.
        """
        if "\0" in name or any(name in names for names in ids.values()):
            return name
        rows = [row async for row in self._sql.merged(self._pool(), id=name) if row["provider"] in ids]
        return f"{rows[0]['provider']}/{rows[0]['merged_into']}" if len(rows) == 1 else name

    async def history(self, place: Place, period: Period, *, limit: int, cursor: str | None = None) -> History:
        """Return the prices that began in the period, both ends included, after the cursor. Raises Problem."""
        cursors = Cursors[_Began]((place, period), tuple[Instant, _Id])
        after = cursors.read(cursor) if cursor else None
        total, rows = await self._past.history(place, period, after=after, most=limit + 1)
        entries = tuple(_entry(row) for row in rows[:limit])
        more = cursors.write((entries[-1].effective_date, entries[-1].id)) if len(rows) > limit else None
        return History(data=entries, total=total, next_cursor=more)

    async def as_of(
        self, models: Sequence[ModelView], at: datetime | None, *, known_at: datetime | None = None
    ) -> tuple[ModelView, ...]:
        """Return the models with the prices that were in force at that time, or are announced to be.

        With `known_at` they are as Ratecard believed them then; without `at` those of that same time.
        """
        when, now = self._past.moment(at, known_at), self._past.moment(None, None)
        forecast = is_forecast(when, now)
        places = [(model.provider, model.id) for model in models]
        found = await self._prices.prices(places, when, when, known_at=known_at)
        return tuple(
            msgspec.structs.replace(model, **_shown(in_force(found.get(place, ()), when), when), forecast=forecast)
            for place, model in zip(places, models, strict=True)
        )


def _shown(rows: Sequence[DatedPrice], when: datetime) -> dict[str, Any]:
    listed = (row.instead_of or row for row in rows)
    stale_since = next((row.stale_since for row in listed if row.doubted(when)), None)
    shown = (dated_view(row, stale=stale_since is not None) for row in rows)
    return views.shown_prices(views.shown_rows(shown, stale_since=stale_since))


def _entry(row: Any) -> HistoryEntry:
    price = {name: row[name] for name in HistoryEntry.__struct_fields__ if name not in _BY_HAND}
    evidence = msgspec.convert(row["evidence"], Evidence | None)
    rates = msgspec.convert(row["rates"], dict[str, Decimal])
    own = own_from(row) if row["number"] else None
    return HistoryEntry(
        **price,
        rates=views.rates_view(rates),
        evidence=views.evidence_view(evidence),
        source="own" if own else source_of(row["kind"]),
        own=views.own_mark(own) if own else None,
    )


_BY_HAND: Final = {"rates", "evidence", "source", "own"}
