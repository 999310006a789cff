"""Which currencies a provider's prices are expected in: those of its file, or of the stored configuration instead."""

from __future__ import annotations

from typing import Any

import msgspec

from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider


def currencies(provider: Provider | None, scraping_config: Any = None) -> frozenset[str]:
    """Return the currencies; none where nothing says so. A stored configuration that cannot be read says nothing."""
    pricing = provider.pricing if provider else None
    if scraping_config is not None:
        try:
            pricing = msgspec.convert(scraping_config, Pricing)
        except msgspec.ValidationError:
            return frozenset()
    if pricing is None:
        return frozenset()
    lists = (provider.models, *provider.models.also) if provider and provider.models else ()
    of_api = (one.prices.currency for one in lists if one.prices)
    return frozenset({pricing.currency, *(page.currency for page in pricing.pages if page.currency), *of_api})
