"""A registry with a quarantine on one connection, and the models that its syncs say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import asyncpg
from registry_events import PAGE, closing, day, enriched, model, price

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider
from ratecard_registry.handlers import Registry
from ratecard_registry.quarantine import Quarantine
from ratecard_shared.codec import decode
from ratecard_shared.events import AlertRaised, EnrichedModel, PricingChanged
from ratecard_shared.prices import PriceRow

ACME = Provider(id="acme", name="Acme", pricing=Pricing(pages=(Page(url=PAGE, strategies=("columns",)),)))


class Yard:
    """A registry with a quarantine, on one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.now = day(0)
        self.registry = Registry(
            pool=lambda: None,
            tell_caches=_nothing,
            now=lambda: self.now,
            quarantine=Quarantine({"acme": ACME}),
        )

    async def sync(self, on: int, *models: EnrichedModel, **closed: Any) -> None:
        """Say the models in the sync of day `on`, and close it."""
        await self.apply(on, *(enriched(one, on=on) for one in models))
        await self.apply(on, closing(*(one.id for one in models), on=on, **closed))

    async def apply(self, on: int, *events: Any) -> None:
        self.now = max(self.now, day(on))
        async with self.connection.transaction():
            await self.registry.apply(self.connection, events)

    async def prices(self) -> dict[str, Decimal]:
        """Return the input prices in force, by model and, where it is not standard, tier."""
        rows = await self.connection.fetch("SELECT model_id, tier, rates FROM model_pricing ORDER BY model_id, tier")
        return {
            row["model_id"] + ("" if row["tier"] == "standard" else f" {row['tier']}"): Decimal(row["rates"]["input"])
            for row in rows
        }

    async def entries(self) -> list[tuple[str, str, str]]:
        rows = await self.connection.fetch("SELECT model_id, kind, state FROM quarantine ORDER BY id")
        return [tuple(row) for row in rows]

    async def alerts(self) -> list[AlertRaised]:
        rows = await self.connection.fetch("SELECT body FROM outbox WHERE topic = 'alert.raised' ORDER BY id")
        return [decode(row["body"], AlertRaised) for row in rows]

    async def said(self) -> list[PricingChanged]:
        rows = await self.connection.fetch("SELECT body FROM outbox WHERE topic = 'pricing.changed' ORDER BY id")
        return [decode(row["body"], PricingChanged) for row in rows]

    async def missed(self) -> int:
        return int(await self.connection.fetchval("SELECT count(*) FROM model_pricing WHERE missed_in <> '{}'"))


async def _nothing() -> None:
    return None


def costs(
    model_id: str, amount: str | None, output: str | None = None, *more: PriceRow, **fields: Any
) -> EnrichedModel:
    own = () if amount is None else (price(amount, output, name=model_id),)
    return model(model_id, (*own, *more), **fields)
