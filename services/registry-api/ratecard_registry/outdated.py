"""What a transaction makes outdated of that which readers keep: whole values by name, or some models of a provider."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

MODELS: Final = "models:"


class Outdated:
    """Collects it. A provider's models go by the name `models:PROVIDER`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._ids: dict[str, set[str] | None] = {}

    def all_of(self, name: str) -> None:
        """Add the whole value of a name."""
        self._ids[name] = None

    def models(self, provider: str, ids: Collection[str]) -> None:
        """Add some models of a provider."""
        before = self._ids.setdefault(f"{MODELS}{provider}", set())
        if before is not None:
            before.update(ids)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What to write, in the order in which names are locked. `ids` is None for all."""
        return [{"name": name, "ids": None if ids is None else sorted(ids)} for name, ids in sorted(self._ids.items())]
