"""One model, served by several at prices of their own: every one is a model, under the id with which it is asked for.

Who is named twice is left out: nobody can tell which of the two prices is charged.
"""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec.structs import replace

from ratecard_discovery.capabilities import read_capabilities
from ratecard_discovery.paths import found, raw_at, raw_items, value_of
from ratecard_discovery.stated import stated_prices
from ratecard_discovery.values import text_of, token_count
from ratecard_providers.endpoint import Offers
from ratecard_shared.events import Capability, DiscoveredModel
from ratecard_shared.prices import Evidence


def offered(model: DiscoveredModel, raw: bytes, spec: Offers, evidence: Evidence) -> list[DiscoveredModel]:
    """Return a model for each offer in the entry `raw` of `model`; none where it has no such list."""
    try:
        raws = raw_items(raw_at(raw, spec.at))
    except (msgspec.MsgspecError, KeyError):
        return []
    names = [text_of(found(value_of(offer), spec.name)) for offer in raws]
    counts = Counter(names)
    return [
        _offer(model, name, offer, spec, evidence)
        for name, offer in zip(names, raws, strict=True)
        if name and counts[name] == 1
    ]


def _offer(model: DiscoveredModel, name: str, raw: bytes, spec: Offers, evidence: Evidence) -> DiscoveredModel:
    item, model_id = value_of(raw), spec.id.replace("{name}", name).replace("{model}", model.id)
    prices = stated_prices(item, raw, spec.prices, name=model_id, evidence=evidence) if spec.prices else ()
    said = read_capabilities(item, spec.capabilities)
    own = {capability.type for capability in said}
    return replace(
        model,
        id=model_id,
        aliases=(),
        context_window=token_count(found(item, spec.context_window)) if spec.context_window else model.context_window,
        capabilities=_sorted([*(c for c in model.capabilities if c.type not in own), *said]),
        prices=prices,
    )


def _sorted(capabilities: list[Capability]) -> tuple[Capability, ...]:
    return tuple(sorted(capabilities, key=lambda capability: capability.type))
