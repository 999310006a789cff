"""models.dev's catalogue, which opencode reads: providers with their models, in dollars per million tokens.

It needs limits and both prices of every model. The day a model was released is not known: it has the day Ratecard
first saw it. Whether weights are open is not known either, and said as false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ratecard_registry.exports.abilities import can, given, taken
from ratecard_registry.exports.document import Carried, Document
from ratecard_registry.exports.money import number
from ratecard_registry.exports.naming import Names
from ratecard_registry.exports.offers import (
    CannotCarryError,
    LeftOut,
    Offer,
    Rates,
    cache_write,
    chat_priced_by_tokens,
)
from ratecard_registry.views import ModelView
from ratecard_shared.events import Usability

_STATUS: Final = {Usability.PREVIEW: "beta", Usability.DEPRECATED: "deprecated"}
_NAMES: Final = {
    "input": "input",
    "output": "output",
    "cached_input": "cache_read",
    "audio_input": "input_audio",
    "audio_output": "output_audio",
}
_OLD_BAND: Final = 200_000
"""The one band that clients knew before they knew `tiers`."""


def document(models: Sequence[ModelView], names: Names) -> Document:
    """Return the catalogue."""
    carried = Carried()
    found: dict[str, dict[str, Any]] = {}
    for model, said in carried.each(models, entry):
        provider = found.setdefault(names.of(model.provider, "models_dev"), _provider(model.provider, names))
        if provider["models"].setdefault(model.id, said) is not said:
            carried.left_out[LeftOut.NAME] += 1
    return carried.document(found)


def entry(offer: Offer) -> dict[str, Any]:
    """Return the model's entry. Raises CannotCarryError."""
    chat_priced_by_tokens(offer)
    model = offer.model
    if model.context_window is None or model.max_output_tokens is None:
        raise CannotCarryError(LeftOut.LIMIT)
    takes = taken(model)
    said = {
        "id": model.id,
        "name": model.display_name,
        "attachment": len(takes) > 1,
        "reasoning": can(model, "reasoning"),
        "tool_call": can(model, "tools"),
        "release_date": model.discovered_at.date(),
        "last_updated": model.updated_at.date(),
        "modalities": {"input": takes, "output": given(model)},
        "open_weights": False,
        "status": _STATUS.get(model.usability),
        "cost": _cost(offer),
        "limit": {"context": model.context_window, "output": model.max_output_tokens},
    }
    return {key: value for key, value in said.items() if value is not None}


def _cost(offer: Offer) -> dict[str, Any]:
    card = offer.standard
    cost: dict[str, Any] = dict(_rates(card.base))
    if card.above:
        tier = [{**_rates(card.bands[n]), "tier": {"type": "context", "size": n}} for n in card.above]
        cost["tiers"] = tier
    if card.above == (_OLD_BAND,):
        cost["context_over_200k"] = _rates(card.bands[_OLD_BAND])
    return cost


def _rates(rates: Rates) -> Mapping[str, Any]:
    found: dict[str, Decimal] = {key: rates[name] for name, key in _NAMES.items() if name in rates}
    if (written := cache_write(rates)) is not None:
        found["cache_write"] = written
    return {key: number(rate) for key, rate in found.items()}


def _provider(provider: str, names: Names) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": names.of(provider, "models_dev"),
        "name": names.title(provider),
        "env": names.key_variables(provider),
        "npm": names.sdk(provider),
        "api": names.api(provider),
        "doc": next(iter(names.pricing_pages(provider)), ""),
        "models": {},
    }
    return {key: value for key, value in said.items() if value is not None}
