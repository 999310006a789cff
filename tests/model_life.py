"""One model through syncs, by the pure core alone, and what pages may say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from registry_desk import Ledger
from registry_events import PAGE, closing, day, enriched, evidence, model

from ratecard_registry import changes
from ratecard_registry.changes import Decision
from ratecard_registry.stored import StoredModel
from ratecard_shared.events import PageRead, PriceChangeKind
from ratecard_shared.prices import PriceRow

Kind = PriceChangeKind


TODAY = day(0).date()


amounts = st.decimals(min_value=0, max_value=1000, places=4)


@st.composite
def rows(draw: st.DrawFn) -> tuple[PriceRow, ...]:
    """A page's rows of one model: a few tiers and bands, some announced, some with a last day."""
    keys = draw(st.lists(st.tuples(st.sampled_from(["standard", "batch"]), st.sampled_from([0, 200_000])), max_size=3))
    made = []
    for tier, above in keys:
        begins = draw(st.none() | st.integers(-3, 12))
        lasts = draw(st.none() | st.integers(0, 9))
        rates = {"input": draw(amounts), "output": draw(amounts)}
        shown = evidence(f"{rates}", sha256=draw(st.sampled_from(["first", "second", "third"])))
        first = None if begins is None else TODAY + timedelta(days=begins)
        made.append(
            PriceRow(
                name="Swift",
                tier=tier,
                above_tokens=above,
                rates=rates,
                effective_from=first,
                effective_until=None if lasts is None else (first or TODAY) + timedelta(days=lasts),
                evidence=shown,
            )
        )
    return tuple(made)


readings = st.none() | rows()


class Life(Ledger):
    """One model through syncs, with everything that was said and every row of its history."""

    def __init__(self) -> None:
        super().__init__()
        self.model: StoredModel | None = None

    def sync(
        self,
        on: int,
        prices: Sequence[PriceRow] | None,
        *,
        well_read: bool = True,
        complete: bool = True,
        **fields: Any,
    ) -> None:
        torn = () if complete else (PAGE,)
        event = msgspec.structs.replace(enriched(model(prices=prices, **fields), on=on), torn_pages=torn)
        self.take(changes.enrich(self.model, changes.without_torn_rows(self.model, event), day(on)))
        error = None if well_read else "not readable"
        pages = (PageRead(url=PAGE, fetched_at=day(on), error=error, complete=complete),)
        if self.model:
            self.take(changes.judge(self.model, closing("swift-1", on=on, pages=pages), day(on)))

    def dawn(self, on: int) -> None:
        if self.model:
            self.take(changes.keep_time(self.model, day(on)))

    def take(self, decision: Decision | None) -> None:
        if decision is not None:
            self.model = decision.after
            self.record(decision, decision.after.updated_at)

    @property
    def rates(self) -> dict[Any, Any]:
        return {price.key: price.rates for price in self.model.prices} if self.model else {}
