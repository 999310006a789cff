"""What memory holds of one provider's models at one version. Pure."""

from __future__ import annotations

from functools import cached_property

from ratecard_registry.versions import Changed
from ratecard_registry.views import ModelView


class Shelf:
    """A provider's ids and models as far as they were read, and of what was not read yet what was known last."""

    def __init__(self, version: int) -> None:
        """Begin empty."""
        self.version = version
        self.ids: tuple[str, ...] | None = None
        self.models: dict[str, ModelView] = {}
        self._last_ids: tuple[str, ...] | None = None
        self._last_models: dict[str, ModelView] = {}
        self._whole: tuple[ModelView, ...] | None = None

    def moved_on(self, version: int, changed: Changed) -> Shelf:
        """Return the shelf of a later version, with what that did not change."""
        later = Shelf(version)
        later._last_ids = self._last_ids if self.ids is None else self.ids
        later._last_models = self._last_models | self.models
        if changed is not None:
            later.models = {name: model for name, model in self.models.items() if name not in changed}
            if self.ids is not None and changed <= self.id_set:
                later.ids = self.ids
        return later

    def hold(self, ids: tuple[str, ...]) -> None:
        """Keep the ids of this version."""
        self.ids = ids
        self.__dict__.pop("id_set", None)

    def put(self, name: str, model: ModelView) -> None:
        """Keep a model of this version."""
        self.models[name] = model
        self._last_models.pop(name, None)

    @cached_property
    def id_set(self) -> frozenset[str]:
        """The newest ids, for looking names up. Ask for it when `newest_ids` are known."""
        return frozenset(self.newest_ids or ())

    @property
    def newest_ids(self) -> tuple[str, ...] | None:
        """The ids, or those that were known last; None if that is nothing."""
        return self._last_ids if self.ids is None else self.ids

    def newest(self, name: str) -> ModelView | None:
        """Return the newest that was ever read of a model."""
        return self.models.get(name) or self._last_models.get(name)

    def unread(self) -> list[str]:
        """Return the ids of models that are not read yet."""
        return [] if self._whole is not None else [name for name in self.newest_ids or () if name not in self.models]

    def whole(self) -> tuple[ModelView, ...]:
        """Return the newest of all models by id: the same object until one of them changes."""
        if self._whole is not None:
            return self._whole
        found = tuple(model for name in self.newest_ids or () if (model := self.newest(name)) is not None)
        if self.ids is not None and len(self.models) == len(self.ids):
            self._whole = found
        return found
