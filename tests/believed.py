"""A registry of one provider in memory, by the pure core alone: what would be in force after syncs of these prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from registry_desk import Desk
from registry_events import closing, day, enriched

from ratecard_enricher.join import join
from ratecard_providers.spec import Provider
from ratecard_registry.moves import Place
from ratecard_shared.events import Chunk, EnrichedModel, PageRead, PricingScraped, SideOutcome
from ratecard_shared.prices import PriceRow

InForce = dict[Place, Mapping[str, Decimal]]


class Believed:
    """What is believed of a provider's prices. Each list of rows that is read is one sync, a day after the last."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.desk = Desk()
        self._on = 0

    def in_force(self) -> InForce:
        held = self.desk.models.items()
        return {(model_id, price.key): price.rates for model_id, model in held for price in model.prices}

    def read(self, rows: Iterable[PriceRow]) -> None:
        """Take in a page's rows, joined as the enricher joins them when there is no list of models."""
        models, name = _joined(self.provider, tuple(rows)), self.provider.id
        for one in models:
            self.desk.take(enriched(one, on=self._on, provider=name), day(self._on))
        end = closing(*(one.id for one in models), on=self._on, provider=name, discovery="disabled")
        self.desk.take(end, day(self._on))
        self._on += 1


def _joined(provider: Provider, rows: tuple[PriceRow, ...]) -> tuple[EnrichedModel, ...]:
    urls = sorted({row.evidence.url for row in rows if row.evidence})
    scraped = PricingScraped(
        event_id="p",
        sync_id="s",
        occurred_at=day(0),
        provider=provider.id,
        outcome=SideOutcome.COMPLETE,
        chunk=Chunk(attempt_id="1", index=0, total=1, digest=""),
        prices=rows,
        pages=tuple(PageRead(url=url, fetched_at=day(0), rows=len(rows)) for url in urls),
    )
    return join(provider, discovered=None, scraped=scraped).models


def wrong(
    believed: Believed, truth: InForce
) -> dict[Place, tuple[Mapping[str, Decimal] | None, Mapping[str, Decimal]]]:
    """Return the prices in force that are not the true ones, each beside what is true."""
    return {
        place: (truth.get(place), rates) for place, rates in believed.in_force().items() if truth.get(place) != rates
    }
