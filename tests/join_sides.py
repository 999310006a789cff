"""The two sides of a join, made up: lists of a provider named acme."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ratecard_providers.spec import Provider
from ratecard_shared.events import Chunk, DiscoveredModel, ModelsDiscovered, PageRead, PricingScraped, SideOutcome
from ratecard_shared.prices import Evidence, PriceRow

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL: Final = "https://acme.test/pricing"
ACME: Final = Provider(id="acme", name="Acme")
_CHUNK: Final = Chunk(attempt_id="1", index=0, total=1, digest="")


def row(name: str, price: str, *, tier: str = "standard", source: str = URL) -> PriceRow:
    """One price row, input only."""
    evidence = Evidence(url=source, fetched_at=NOW, sha256="0" * 64, strategy="table", text=f"{name} ${price}")
    return PriceRow(name=name, tier=tier, rates={"input": Decimal(price)}, evidence=evidence)


def listed(*models: DiscoveredModel | str, outcome: SideOutcome = SideOutcome.COMPLETE) -> ModelsDiscovered:
    """The discovery side."""
    said = tuple(DiscoveredModel(id=model) if isinstance(model, str) else model for model in models)
    return ModelsDiscovered(
        event_id="d",
        sync_id="s",
        occurred_at=NOW,
        provider="acme",
        outcome=outcome,
        chunk=_CHUNK,
        error="the key was refused: set ACME_API_KEY" if outcome is SideOutcome.FAILED else None,
        models=said,
    )


def priced(
    *rows: PriceRow, outcome: SideOutcome = SideOutcome.COMPLETE, broken_page: str | None = None
) -> PricingScraped:
    """The pricing side."""
    pages = [PageRead(url=URL, fetched_at=NOW, rows=len(rows))]
    if broken_page:
        pages.append(PageRead(url=broken_page, fetched_at=NOW, error="no table on it"))
    return PricingScraped(
        event_id="p",
        sync_id="s",
        occurred_at=NOW,
        provider="acme",
        outcome=outcome,
        chunk=_CHUNK,
        error="blocked" if outcome is SideOutcome.FAILED else None,
        prices=rows,
        pages=tuple(pages),
    )
