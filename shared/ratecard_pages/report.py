"""A reading as the JSON that `ratecard scrape` prints: rates as decimal strings, no band as null."""

from __future__ import annotations

from typing import Any

from ratecard_pages.reading import PageReading
from ratecard_providers.spec import Provider
from ratecard_shared.prices import GLOBAL, PriceRow


def report(reading: PageReading, provider: Provider, url: str, sha256: str) -> dict[str, Any]:
    """The object that `ratecard scrape PROVIDER --json` prints."""
    return {
        "provider": provider.id,
        "source": {"url": url, "sha256": sha256, "strategy": reading.strategy},
        "prices": [_price(row) for row in reading.prices],
        "refused": [{"text": refusal.text, "reason": refusal.reason} for refusal in reading.refused],
        "rules": [
            {"text": rule.text, "factor": None if rule.factor is None else f"{rule.factor:f}"} for rule in reading.rules
        ],
    }


def _price(row: PriceRow) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "name": row.name,
        "tier": row.tier,
        "aboveTokens": row.above_tokens or None,
        "currency": row.currency,
        "rates": {component: f"{amount.normalize():f}" for component, amount in row.rates.items()},
        "evidence": row.evidence.text if row.evidence else "",
    }
    if row.region != GLOBAL:
        printed["region"] = row.region
    if row.free:
        printed["free"] = True
    if row.effective_from is not None:
        printed["effectiveFrom"] = row.effective_from.isoformat()
    if row.effective_until is not None:
        printed["effectiveUntil"] = row.effective_until.isoformat()
    return printed
