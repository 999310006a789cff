"""OpenRouter's list of models: prices as text, in dollars per token. Deprecated models are no longer listed.

The day a model was made is not known: `created` is when Ratecard first saw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from ratecard_registry.exports.abilities import can, given, taken
from ratecard_registry.exports.document import Carried, Document
from ratecard_registry.exports.money import per_token, plain
from ratecard_registry.exports.naming import Names
from ratecard_registry.exports.offers import (
    CannotCarryError,
    LeftOut,
    Offer,
    Rates,
    cache_write,
    chat_priced_by_tokens,
    whole_in_all_bands,
)
from ratecard_registry.views import ModelView
from ratecard_shared.events import Usability

_NAMES: Final = {
    "input": "prompt",
    "output": "completion",
    "cached_input": "input_cache_read",
    "cache_write_1h": "input_cache_write_1h",
    "audio_input": "audio",
    "audio_cached_input": "input_audio_cache",
}
_BASE_ONLY: Final = {"audio_output": "audio_output", "image_input": "image_token"}
_PARAMETERS: Final = {"tools": "tools", "reasoning": "reasoning", "structured_outputs": "structured_outputs"}


def document(models: Sequence[ModelView], names: Names) -> Document:
    """Return the whole list, as JSON."""
    carried = Carried()
    found: dict[str, Any] = {}
    for _, said in carried.each(models, lambda offer: entry(offer, names)):
        if found.setdefault(said["id"], said) is not said:
            carried.left_out[LeftOut.NAME] += 1
    return carried.document(list(found.values()))


def entry(offer: Offer, names: Names) -> dict[str, Any]:
    """Return the model's entry. Raises CannotCarryError."""
    model = offer.model
    if model.usability is Usability.DEPRECATED:
        raise CannotCarryError(LeftOut.DEPRECATED)
    chat_priced_by_tokens(offer)
    slug = f"{names.of(model.provider, 'openrouter')}/{model.id}"
    takes, gives = taken(model), given(model)
    said = {
        "id": slug,
        "canonical_slug": slug,
        "name": model.display_name,
        "created": int(model.discovered_at.timestamp()),
        "context_length": model.context_window,
        "architecture": {
            "input_modalities": takes,
            "output_modalities": gives,
            "modality": f"{'+'.join(takes)}->{'+'.join(gives)}",
        },
        "pricing": _pricing(offer),
        "top_provider": {
            "is_moderated": False,
            "context_length": model.context_window,
            "max_completion_tokens": model.max_output_tokens,
        },
        "per_request_limits": None,
        "supported_parameters": [word for what, word in _PARAMETERS.items() if can(model, what)],
        "default_parameters": None,
        "supported_voices": None,
        "links": {"details": f"/api/models/{quote(model.id)}?provider={quote(model.provider)}"},
    }
    return said if model.shutdown_date is None else {**said, "expiration_date": model.shutdown_date}


def _pricing(offer: Offer) -> dict[str, Any]:
    card = offer.standard
    if any(rates.get(name) != card.base.get(name) for rates in card.bands.values() for name in _BASE_ONLY):
        raise CannotCarryError(LeftOut.BAND)
    whole_in_all_bands([_rates(card.bands[start]) for start in (0, *card.above)])
    said: dict[str, Any] = _rates(card.base)
    said |= {key: _said(card.base[name]) for name, key in _BASE_ONLY.items() if name in card.base}
    if card.above:
        said["overrides"] = [{"min_prompt_tokens": start, **_rates(card.bands[start])} for start in card.above]
    return said


def _rates(rates: Rates) -> dict[str, str]:
    found = {key: rates[name] for name, key in _NAMES.items() if name in rates}
    if (written := cache_write(rates)) is not None:
        found["input_cache_write"] = written
    return {key: _said(rate) for key, rate in found.items()}


def _said(rate: Decimal) -> str:
    return plain(per_token(rate))
