"""A registry of one provider in memory, by the pure core alone: what would be in force after syncs of these prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from registry_events import closing, day, enriched

from ratecard_enricher.join import join
from ratecard_providers.spec import Provider
from ratecard_registry import changes
from ratecard_registry.moves import Place
from ratecard_registry.neighbours import Neighbours, Past
from ratecard_registry.quarantined import Entry
from ratecard_registry.reading import sort_out
from ratecard_registry.screening import decided, screen
from ratecard_registry.stored import StoredModel
from ratecard_shared.events import Chunk, EnrichedModel, PageRead, PricingScraped, SideOutcome
from ratecard_shared.prices import PriceRow

InForce = dict[Place, Mapping[str, Decimal]]


class Believed:
    """What is believed of a provider's prices. Each list of rows that is read is one sync, a day after the last."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.models: dict[str, StoredModel] = {}
        self.entries: dict[str, list[Entry]] = {}
        self._on = 0
        self._ids = 0

    def in_force(self) -> InForce:
        return {(model_id, price.key): price.rates for model_id, model in self.models.items() for price in model.prices}

    def read(self, rows: Iterable[PriceRow]) -> None:
        """Take in a page's rows, joined as the enricher joins them when there is no list of models."""
        models = _joined(self.provider, tuple(rows))
        neighbours = Neighbours(Past(self.in_force()))
        readings = {model.id: sort_out(model.prices or (), day(self._on)) for model in models}
        for model_id, reading in readings.items():
            neighbours.note(model_id, reading)
        for model in models:
            self._enrich(model, neighbours)
        self._close(tuple(readings), neighbours)
        self._on += 1

    def _enrich(self, model: EnrichedModel, neighbours: Neighbours) -> None:
        event = enriched(model, on=self._on, provider=self.provider.id)
        stored, known = self.models.get(model.id), self.entries.get(model.id, [])
        now = day(self._on)
        screened = screen(stored, event, sort_out(model.prices or (), now), known, neighbours=neighbours)
        decision = changes.enrich(stored, event, now, screened)
        assert decision is not None
        self.models[model.id] = decision.after
        changed = {entry.slot: entry for entry in known} | {entry.slot: entry for entry in screened.entries}
        self.entries[model.id] = [entry for entry in changed.values() if entry.open]

    def _close(self, ids: tuple[str, ...], neighbours: Neighbours) -> None:
        admitted: dict[str, list[Entry]] = defaultdict(list)
        kept: dict[str, list[Entry]] = defaultdict(list)
        whole = neighbours.whole(ids)
        every = [entry for entries in self.entries.values() for entry in entries]
        now_decided = {(entry.model_id, entry.slot): entry for entry in decided(every, neighbours, whole)}
        for model_id, entries in self.entries.items():
            for entry in (now_decided.get((model_id, entry.slot), entry) for entry in entries):
                (admitted[model_id] if not entry.suspicions or entry.is_due else kept[model_id]).append(entry)
        self.entries = kept
        for model_id, entries in admitted.items():
            self.models[model_id] = changes.admit(self.models[model_id], entries, day(self._on)).after
        end = closing(*ids, on=self._on, provider=self.provider.id)
        for model_id, model in self.models.items():
            judged = changes.judge(model, end, day(self._on))
            self.models[model_id] = judged.after if judged else model


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
