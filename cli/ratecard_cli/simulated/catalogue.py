"""Which models the simulated providers have, and at what prices: `models.toml`, before and after the change."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

State = Literal["before", "after"]
Rates = dict[str, str]

_FILE: Final = Path(__file__).with_name("models.toml")


class Changes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs after the change."""

    standard: Rates = {}
    long: Rates = {}
    batch: Rates = {}


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented model. Rates are as a page prints them, in dollars per million tokens, by component."""

    id: str
    name: str
    created: date
    context_window: int | None = None
    max_output_tokens: int | None = None
    shutdown_date: date | None = None
    capabilities: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    only: State | None = None
    standard: Rates = {}
    long: Rates = {}
    batch: Rates = {}
    after: Changes = Changes()

    @property
    def created_at(self) -> datetime:
        return datetime.combine(self.created, time(), UTC)

    def at(self, state: State) -> Model:
        """Return the model as it is in `state`."""
        changed = {name: getattr(self.after, name) for name in Changes.__struct_fields__ if getattr(self.after, name)}
        return replace(self, **changed) if state == "after" else self


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider's models. Prompts of more than `long_context` tokens cost the `long` rates."""

    long_context: int
    models: tuple[Model, ...]

    def at(self, state: State) -> Catalogue:
        """Return what the provider offers in `state`."""
        return replace(self, models=tuple(model.at(state) for model in self.models if model.only in (None, state)))


def catalogues() -> dict[str, Catalogue]:
    """Return every provider's catalogue by its id, with both states in it."""
    raw: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return msgspec.convert(raw, dict[str, Catalogue])
