"""What a provider file may say. Unknown keys are refused, so a typing error is found when the file is read."""

from __future__ import annotations

import msgspec

from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.pricing import Pricing


class Expectations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a good answer of this provider never falls below: fewer, and the answer is refused."""

    fewest_models: int = 1
    fewest_prices: int = 1
    models: tuple[str, ...] = ()


class Alias(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model id whose name on a page cannot be derived. `source` is the page that says so."""

    id: str
    name: str
    source: str


class KnownAs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What other tools call the provider; nothing means as Ratecard does. `sdk` is the npm package that talks to it."""

    litellm: str = ""
    genai_prices: str = ""
    models_dev: str = ""
    openrouter: str = ""
    sdk: str = "@ai-sdk/openai-compatible"


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider file. `id` is how Ratecard names the provider everywhere; `name` is for people."""

    id: str
    name: str
    known_as: KnownAs = KnownAs()
    models: ListEndpoint | None = None
    pricing: Pricing | None = None
    aliases: tuple[Alias, ...] = ()
    expect: Expectations = Expectations()
    classification: dict[str, tuple[str, ...]] = {}
    """Words in a model's id, and the classification tags they stand for, beside the general ones."""

    @property
    def documented_names(self) -> dict[str, tuple[str, ...]]:
        """Per model id the names that a page documents for it."""
        names: dict[str, tuple[str, ...]] = {}
        for alias in self.aliases:
            names[alias.id] = (*names.get(alias.id, ()), alias.name)
        return names
