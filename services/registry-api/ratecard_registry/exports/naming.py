"""What other tools call providers and models. Where a name could mean two models, it means none.

A tool's own name for a provider comes from the provider's file; a provider without a file keeps Ratecard's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from ratecard_providers.spec import KnownAs, Provider
from ratecard_registry.views import ModelView

Tool = Literal["litellm", "genai_prices", "models_dev", "openrouter"]
_NOWHERE: Final = "(?!)"
"""A pattern that no address matches."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The provider files, by Ratecard's id."""

    providers: Mapping[str, Provider]

    def of(self, provider: str, tool: Tool) -> str:
        """Return what the tool calls the provider."""
        return getattr(self._known_as(provider), tool) or provider

    def title(self, provider: str) -> str:
        """Return the provider's name for people."""
        known = self.providers.get(provider)
        return known.name if known else provider

    def sdk(self, provider: str) -> str:
        """Return the npm package that talks to the provider."""
        return self._known_as(provider).sdk

    def key_variables(self, provider: str) -> list[str]:
        """Return the environment variables that hold the provider's key."""
        known = self.providers.get(provider)
        variable = known.models.key_variable if known and known.models else None
        return [variable] if variable else []

    def api(self, provider: str) -> str | None:
        """Return the base address of the provider's API."""
        known = self.providers.get(provider)
        return known.models.url.partition("?")[0].removesuffix("/models") if known and known.models else None

    def address_pattern(self, provider: str) -> str:
        """Return a regular expression for the addresses of the provider's API."""
        api = self.api(provider)
        origin = re.match(r"https?://[^/]+", api) if api else None
        return re.escape(origin[0]) if origin else _NOWHERE

    def pricing_pages(self, provider: str) -> list[str]:
        """Return where the provider's prices are read."""
        known = self.providers.get(provider)
        return [page.url for page in known.pricing.pages] if known and known.pricing else []

    def _known_as(self, provider: str) -> KnownAs:
        known = self.providers.get(provider)
        return known.known_as if known else KnownAs()


class Spellings:
    """How the models of a catalogue may be called: by their ids and aliases, where those mean one model."""

    def __init__(self, models: Iterable[ModelView]) -> None:
        """Look at every model there is, priced or not."""
        said = [(model.provider, name) for model in models for name in {model.id.lower(), *_lower(model.aliases)}]
        self._here = Counter(said)
        self._anywhere = Counter(name for _, name in said)

    def of(self, model: ModelView) -> list[str]:
        """Return the model's id, then those of its aliases that mean no other model of its provider."""
        return [model.id, *(alias for alias in model.aliases if self._here[model.provider, alias.lower()] == 1)]

    def without_provider(self, model: ModelView) -> list[str]:
        """Return those of its spellings that mean no other model of any provider."""
        return [name for name in self.of(model) if self._anywhere[name.lower()] == 1]


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
