"""Which models a request is about: filters, pages and names. Pure.

An exact bare id wins; a provider decides between several; `provider/id` is tried last.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from ratecard_registry.problems import Problem
from ratecard_registry.views import ModelView

Place = tuple[str, str]
DEFAULT_LIMIT: Final = 50
MOST: Final = 500


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What the models of a list have in common. Left out are those deprecated by now, or by `at`, unless asked for."""

    classification: str | None = None
    usability: str | None = None
    min_context_window: int | None = None
    include_deprecated: bool = False
    at: datetime | None = None

    def takes(self, model: ModelView) -> bool:
        """Tell whether the model belongs to the list."""
        if self.usability is None and not self.include_deprecated and self._gone(model):
            return False
        return (
            self.usability in {None, model.usability}
            and (self.classification is None or self.classification.lower() in model.classification)
            and (self.min_context_window is None or (model.context_window or 0) >= self.min_context_window)
        )

    def _gone(self, model: ModelView) -> bool:
        since = model.deprecated_at
        return model.usability == "deprecated" and not (self.at and since and self.at < since)


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of models. Send `nextCursor` as `cursor` for the next one; it is null on the last."""

    data: tuple[ModelView, ...]
    total: int
    next_cursor: str | None


def page(models: Iterable[ModelView], *, limit: int, cursor: str | None) -> Page:
    """Return the models after the cursor, ordered by provider and id."""
    ordered = sorted(models, key=lambda model: (model.provider, model.id))
    after = read_cursor(cursor) if cursor else None
    rest = [model for model in ordered if after is None or (model.provider, model.id) > after]
    shown = tuple(rest[:limit])
    more = len(rest) > limit
    return Page(data=shown, total=len(ordered), next_cursor=_cursor(shown[-1]) if more else None)


def _cursor(last: ModelView) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((last.provider, last.id))).decode().rstrip("=")


def read_cursor(text: str) -> Place:
    """Return where the page before ended. Raises Problem."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        place: Place = msgspec.json.decode(raw, type=Place)
    except (binascii.Error, ValueError) as error:
        raise Problem(400, "`cursor` is not a `nextCursor` that a page gave: leave it out to start over.") from error
    return place


def resolve(name: str, provider: str | None, ids: Mapping[str, Collection[str]]) -> Place:
    """Return the model that is meant. Raises Problem: 404, or 409 with the candidates."""
    if provider is not None:
        return _of_provider(name, provider, ids)
    found = [(who, name) for who, names in ids.items() if name in names]
    if len(found) > 1:
        candidates = [{"provider": who, "id": name, "href": f"/api/models/{name}?provider={who}"} for who, _ in found]
        raise Problem(409, f"{len(found)} providers have a model {name!r}: add ?provider=.", candidates=candidates)
    if found:
        return found[0]
    who, _, rest = name.partition("/")
    if rest in ids.get(who, ()):
        return (who, rest)
    raise Problem(404, f"There is no model {name!r}. GET /api/models lists them.")


def _of_provider(name: str, provider: str, ids: Mapping[str, Collection[str]]) -> Place:
    names = ids.get(provider, ())
    bare = name.removeprefix(f"{provider}/")
    for candidate in (name, bare):
        if candidate in names:
            return (provider, candidate)
    raise Problem(404, f"{provider!r} has no model {name!r}. GET /api/models?provider={provider} lists them.")
