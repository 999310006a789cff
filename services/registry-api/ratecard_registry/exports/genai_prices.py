"""genai-prices' data: a list of providers with their models, in dollars per million tokens.

It calculates with what a whole request used, so a price of a part (cached, audio) stands beside the price of the whole,
and of a part of two kinds (cached audio) beside both: without these it refuses to calculate. Such models are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from ratecard_registry.exports.document import Carried, Document, but_standard
from ratecard_registry.exports.money import number, times
from ratecard_registry.exports.naming import Names, Spellings
from ratecard_registry.exports.offers import (
    CannotCarryError,
    Card,
    LeftOut,
    Offer,
    Rates,
    cache_write,
    priced_by_tokens,
    whole_in_all_bands,
)
from ratecard_registry.exports.usage_paths import extractors
from ratecard_registry.views import ModelView
from ratecard_shared.events import Usability

TOKENS: Final = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cached_input": "cache_read_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
    "audio_cached_input": "cache_audio_read_mtok",
    "image_input": "input_image_mtok",
    "image_output": "output_image_mtok",
    "image_cached_input": "cache_image_read_mtok",
    "video_input": "input_video_mtok",
    "video_output": "output_video_mtok",
    "video_cached_input": "cache_video_read_mtok",
}
_NOT_TOKENS: Final = {"input_mchars", "audio_hours", "input_document_kpages"}
_PARTS_OF: Final[dict[str, tuple[str, ...]]] = {
    "cache_read_mtok": ("input_mtok",),
    "cache_write_mtok": ("input_mtok",),
    "cache_write_1h_mtok": ("cache_write_mtok",),
    "input_audio_mtok": ("input_mtok",),
    "input_image_mtok": ("input_mtok",),
    "input_video_mtok": ("input_mtok",),
    "output_audio_mtok": ("output_mtok",),
    "output_image_mtok": ("output_mtok",),
    "output_video_mtok": ("output_mtok",),
    "cache_audio_read_mtok": ("cache_read_mtok", "input_audio_mtok"),
    "cache_image_read_mtok": ("cache_read_mtok", "input_image_mtok"),
    "cache_video_read_mtok": ("cache_read_mtok", "input_video_mtok"),
}
_OF_BOTH: Final = {tuple(sorted(wholes)): part for part, wholes in _PARTS_OF.items() if len(wholes) == 2}  # noqa: PLR2004
_CACHES: Final = {"cache_read_mtok", "cache_write_mtok"}
_KINDS: Final = {"input_audio_mtok", "input_image_mtok", "input_video_mtok"}
_WHEN: Final[dict[str, list[dict[str, str]]]] = {
    "batch": [{"processing": "batch"}],
    "fast": [{"speed": "fast"}, {"service_tier": "fast"}],
}
"""How a request says that it is of a tier; of others it says `service_tier`."""


def document(models: Sequence[ModelView], names: Names) -> Document:
    """Return the list."""
    carried = Carried()
    spellings = Spellings(models)
    found: dict[str, list[tuple[ModelView, dict[str, Any]]]] = defaultdict(list)
    for model, said in carried.each(models, lambda offer: entry(offer, spellings)):
        found[model.provider].append((model, said))
    providers = [_provider(provider, entries, names, spellings) for provider, entries in sorted(found.items())]
    return carried.document(providers)


def entry(offer: Offer, spellings: Spellings) -> dict[str, Any]:
    """Return the model's entry. Raises CannotCarryError."""
    model = offer.model
    prices = _card(offer.standard)
    if "input" in offer.standard.base or "output" in offer.standard.base or not prices:
        priced_by_tokens(offer)
    _check(prices.keys())
    said = {
        "id": model.id,
        "name": model.display_name,
        "match": _equal_to(spellings.of(model)),
        "context_window": model.context_window,
        "deprecated": True if model.usability is Usability.DEPRECATED else None,
        "prices": prices,
        "price_variants": _variants(offer, prices),
    }
    return {key: value for key, value in said.items() if value is not None and value != []}


def _variants(offer: Offer, standard: Mapping[str, Any]) -> list[dict[str, Any]]:
    variants = []
    for tier in but_standard(offer.tiers):
        prices = _card(offer.tiers[tier])
        _check(prices.keys() | standard.keys())
        variants += [{"when": when, "prices": prices} for when in _WHEN.get(tier, [{"service_tier": tier}])]
    return variants


def _card(card: Card) -> dict[str, Any]:
    by_band = {start: _prices(card.bands[start]) for start in sorted(card.bands)}
    whole_in_all_bands([prices.keys() - _NOT_TOKENS for prices in by_band.values()])
    base = by_band.pop(0)
    if any(prices.keys() - base.keys() for prices in by_band.values()):
        raise CannotCarryError(LeftOut.BAND)
    return {key: _price(key, rate, by_band) for key, rate in base.items()}


def _price(key: str, base: Decimal, by_band: Mapping[int, Mapping[str, Decimal]]) -> Any:
    tiers = [{"start": start, "price": number(prices[key])} for start, prices in by_band.items() if key in prices]
    return {"base": number(base), "tiers": tiers} if tiers else number(base)


def _prices(rates: Rates) -> dict[str, Decimal]:
    found = {key: rates[name] for name, key in TOKENS.items() if name in rates}
    if (written := cache_write(rates)) is not None:
        found["cache_write_mtok"] = written
    if "characters" in rates:
        found["input_mchars"] = rates["characters"]
    if "audio_minute" in rates:
        found["audio_hours"] = times(rates["audio_minute"], 60)
    if "pages" in rates:
        found["input_document_kpages"] = rates["pages"]
    return found


def _check(keys: Any) -> None:
    lonely = any(whole not in keys for key in keys for whole in _PARTS_OF.get(key, ()))
    both = [pair for pair in combinations(sorted(keys), 2) if set(pair) & _CACHES and set(pair) & _KINDS]
    if lonely or any(_OF_BOTH.get(pair) not in keys for pair in both):
        raise CannotCarryError(LeftOut.UNIT)


def _provider(
    provider: str, entries: Sequence[tuple[ModelView, dict[str, Any]]], names: Names, spellings: Spellings
) -> dict[str, Any]:
    own = names.of(provider, "genai_prices")
    alone = sorted({name for model, _ in entries for name in spellings.without_provider(model)})
    said = {
        "id": own,
        "name": names.title(provider),
        "api_pattern": names.address_pattern(provider),
        "pricing_urls": names.pricing_pages(provider),
        "provider_match": _equal_to([provider]) if own != provider else None,
        "model_match": _equal_to(alone) if alone else None,
        "extractors": extractors(own),
        "models": [said for _, said in entries],
    }
    return {key: value for key, value in said.items() if value is not None}


def _equal_to(names: Sequence[str]) -> dict[str, Any]:
    return {"equals": names[0]} if len(names) == 1 else {"or": [{"equals": name} for name in names]}
