"""LiteLLM's model map, which tokencost reads too: dollars per token, by `provider/id` and by every id that is unique.

What LiteLLM's calculators do with a row decides what is said: a component that it would price wrongly is no reason to
leave a row out, a row that it would price wrongly as a whole is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ratecard_registry.exports.document import Carried, Document, but_standard
from ratecard_registry.exports.money import divided, number, per_token
from ratecard_registry.exports.naming import Names, Spellings
from ratecard_registry.exports.offers import (
    CannotCarryError,
    LeftOut,
    Offer,
    Rates,
    cache_write,
    priced_by_tokens,
    whole_in_all_bands,
)
from ratecard_registry.views import ModelView
from ratecard_shared.prices import STANDARD

Row = dict[str, Any]

_FREE_WHATEVER_THE_MAP_SAYS: Final = {"huggingface"}
"""LiteLLM asks Hugging Face itself about a model and takes it for free."""
_WITHOUT_BANDS: Final = {"dashscope", "perplexity"}
"""LiteLLM's calculators for these read no price above a number of tokens."""

_BANDED: Final[dict[str, Callable[[Rates], Decimal | None]]] = {
    "input_cost_per_token": lambda rates: rates.get("input"),
    "output_cost_per_token": lambda rates: rates.get("output"),
    "cache_read_input_token_cost": lambda rates: rates.get("cached_input"),
    "cache_creation_input_token_cost": cache_write,
    "cache_creation_input_token_cost_above_1hr": lambda rates: rates.get("cache_write_1h"),
}
_UNBANDED: Final = {
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "image_input": "input_cost_per_image_token",
    "image_output": "output_cost_per_image_token",
    "video_input": "input_cost_per_video_token",
    "video_output": "output_cost_per_video_token",
}
_SUFFIXES: Final = {"flex": "_flex", "priority": "_priority", "batch": "_batches"}
_BATCH_KEYS: Final = ("input_cost_per_token", "output_cost_per_token")
_SUPPORTS: Final = {
    "vision": "supports_vision",
    "tools": "supports_function_calling",
    "reasoning": "supports_reasoning",
    "audio_input": "supports_audio_input",
    "audio_output": "supports_audio_output",
    "structured_outputs": "supports_response_schema",
}


def document(models: Sequence[ModelView], names: Names) -> Document:
    """Return the map."""
    carried = Carried()
    rows = carried.each(models, lambda offer: row(offer, names.of(offer.model.provider, "litellm")))
    return carried.document(_keyed(rows, models, names, carried))


def row(offer: Offer, provider: str) -> Row:
    """Return the model's row. Raises CannotCarryError."""
    if provider in _FREE_WHATEVER_THE_MAP_SAYS:
        raise CannotCarryError(LeftOut.CLIENT)
    mode, prices = _prices(offer)
    if offer.standard.above and provider in _WITHOUT_BANDS:
        raise CannotCarryError(LeftOut.BAND)
    return {"litellm_provider": provider, "mode": mode, **{key: number(x) for key, x in prices.items()}} | _facts(offer)


def _prices(offer: Offer) -> tuple[str, dict[str, Decimal]]:
    base = offer.standard.base
    if "input" not in base and "output" not in base:
        return _by_other_units(base)
    if "output" not in base and "image_output" in base:
        if offer.standard.above:
            raise CannotCarryError(LeftOut.BAND)
        return "image_generation", _token_prices(offer)
    priced_by_tokens(offer)
    return "embedding" if offer.embeds else "chat", _token_prices(offer)


def _by_other_units(base: Rates) -> tuple[str, dict[str, Decimal]]:
    if "image" in base:
        return "image_generation", dict.fromkeys(("input_cost_per_image", "output_cost_per_image"), base["image"])
    if "characters" in base:
        return "audio_speech", {"input_cost_per_character": per_token(base["characters"])}
    if "audio_minute" in base and (second := divided(base["audio_minute"], 60)) is not None:
        return "audio_transcription", {"input_cost_per_second": second}
    raise CannotCarryError(LeftOut.UNIT)


def _token_prices(offer: Offer) -> dict[str, Decimal]:
    base = offer.standard.base
    _refuse_what_is_priced_wrongly(offer)
    found = {key: base[name] for name, key in _UNBANDED.items() if name in base}
    tiers = but_standard(offer.tiers.keys() & _SUFFIXES.keys())
    thresholds = sorted({start for tier in (STANDARD, *tiers) for start in _above(offer, tier)})
    for tier in (STANDARD, *tiers):
        card = offer.tiers[tier]
        whole_in_all_bands([_banded(card.bands[start]) for start in (0, *_above(offer, tier))])
    for start in (0, *thresholds):
        found |= {f"{key}{_band(start)}": rate for key, rate in _banded(offer.standard.over(start)).items()}
        for tier in tiers:
            found |= _tier_prices(tier, start, _banded(offer.tiers[tier].over(start)))
    return {key: per_token(rate) for key, rate in found.items()}


def _above(offer: Offer, tier: str) -> tuple[int, ...]:
    # Its batch calculator knows no bands.
    return () if tier == "batch" else offer.tiers[tier].above


def _banded(rates: Rates) -> dict[str, Decimal]:
    return {key: rate for key, read in _BANDED.items() if (rate := read(rates)) is not None}


def _tier_prices(tier: str, start: int, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    if tier == "batch":
        return {f"{key}_batches": prices[key] for key in _BATCH_KEYS if start == 0 and key in prices}
    return {f"{key}{_band(start)}{_SUFFIXES[tier]}": rate for key, rate in prices.items() if "1hr" not in key}


def _band(start: int) -> str:
    if start == 0:
        return ""
    return f"_above_{start // 1000}k_tokens" if start % 1000 == 0 else f"_above_{start}_tokens"


def _refuse_what_is_priced_wrongly(offer: Offer) -> None:
    base = offer.standard.base
    batch = offer.tiers["batch"].base if "batch" in offer.tiers else {}
    # It takes a free batch for one without a price, and charges half of the standard price.
    if any(batch.get(name) == 0 and base.get(name) != 0 for name in ("input", "output")):
        raise CannotCarryError(LeftOut.TIER)
    # It charges text at the price of images where text is free.
    if base.get("output") == 0 and base.get("image_output"):
        raise CannotCarryError(LeftOut.UNIT)
    # It knows no bands for other than text.
    bands = offer.standard.bands.values()
    if any(rates.get(name) != base.get(name) for rates in bands for name in _UNBANDED):
        raise CannotCarryError(LeftOut.BAND)


def _facts(offer: Offer) -> Row:
    model = offer.model
    gone = model.shutdown_date or (model.deprecated_at.date() if model.deprecated_at else None)
    said: Row = {
        "max_tokens": model.max_output_tokens,
        "max_input_tokens": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "source": offer.source,
        "deprecation_date": gone,
    }
    said |= {_SUPPORTS[one.type]: one.supported for one in model.capabilities if one.type in _SUPPORTS}
    return {key: value for key, value in said.items() if value is not None}


def _keyed(
    rows: Iterable[tuple[ModelView, Row]], models: Sequence[ModelView], names: Names, carried: Carried
) -> dict[str, Row]:
    spellings = Spellings(models)
    prefixes = {names.of(model.provider, "litellm") for model in models}
    found: dict[str, Row] = {}
    kept = []
    for model, said in rows:
        key = f"{said['litellm_provider']}/{model.id}"
        if key in found:
            carried.left_out[LeftOut.NAME] += 1
        else:
            found[key] = said
            kept.append((model, said))
    for model, said in kept:
        for name in spellings.of(model):
            found.setdefault(f"{said['litellm_provider']}/{name}", said)
    for model, said in kept:
        for name in spellings.without_provider(model):
            # `openai/some-model` of a reseller is not OpenAI's.
            if "/" not in name or name.partition("/")[0] not in prefixes:
                found.setdefault(name, said)
    for key, said in list(found.items()):
        found.setdefault(key.lower(), said)  # tokencost asks in lower case
    return found
