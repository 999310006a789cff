"""Made-up events for the registry's tests: a provider whose models and prices are as a test wants them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ratecard_shared.events import (
    Capability,
    EnrichedModel,
    ModelEnriched,
    PageRead,
    ProviderEnriched,
    SideReport,
    Usability,
)
from ratecard_shared.prices import Evidence, PriceRow

START: Final = datetime(2031, 3, 1, 2, tzinfo=UTC)
PAGE: Final = "https://prices.example/acme"
_IDS: Final = itertools.count()


def day(number: int) -> datetime:
    """Return when the sync of that day starts."""
    return START + timedelta(days=number)


def evidence(text: str, *, url: str = PAGE, sha256: str = "") -> Evidence:
    return Evidence(url=url, fetched_at=START, sha256=sha256 or f"sha of {text}", strategy="table", text=text)


def price(amount: str = "1.25", output: str | None = "10", **fields: Any) -> PriceRow:
    """Make a row whose evidence holds its figures: another price stands in other words."""
    rates = {"input": Decimal(amount)} | ({"output": Decimal(output)} if output else {})
    known: dict[str, Any] = {"name": "Swift", "rates": rates, **fields}
    return PriceRow(**{"evidence": evidence(f"{known.get('tier', '')} {known['rates']}"), **known})


def model(model_id: str = "swift-1", prices: Iterable[PriceRow] | None = (), **fields: Any) -> EnrichedModel:
    known: dict[str, Any] = {
        "id": model_id,
        "display_name": model_id.title(),
        "classification": ("chat",),
        "usability": Usability.AVAILABLE,
        "context_window": 128_000,
        "capabilities": (Capability(type="chat"),),
        "prices": None if prices is None else tuple(prices),
    }
    return EnrichedModel(**known | fields)


def enriched(said: EnrichedModel, *, on: int = 0, provider: str = "acme", generation: int = 1) -> ModelEnriched:
    """Say the model in the sync of day `on`."""
    return ModelEnriched(
        event_id=f"e{next(_IDS)}",
        sync_id=f"sync-{on}",
        occurred_at=day(on),
        provider=provider,
        started_at=day(on),
        generation=generation,
        model=said,
    )


def closing(
    *ids: str,
    on: int = 0,
    provider: str = "acme",
    generation: int = 1,
    discovery: str = "complete",
    pricing: str = "complete",
    **fields: Any,
) -> ProviderEnriched:
    """Close the sync of day `on`, whose page was read well."""
    page = PageRead(url=PAGE, fetched_at=day(on), sha256="sha", strategy="table", rows=len(ids))
    known: dict[str, Any] = {
        "event_id": f"c{next(_IDS)}",
        "sync_id": f"sync-{on}",
        "occurred_at": day(on),
        "provider": provider,
        "started_at": day(on),
        "generation": generation,
        "discovery": SideReport(outcome=discovery, count=len(ids)),
        "pricing": SideReport(outcome=pricing, count=len(ids)),
        "model_ids": ids,
        "pages": (page,),
    }
    return ProviderEnriched(**known | fields)
