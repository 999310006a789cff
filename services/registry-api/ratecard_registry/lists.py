"""The lists that were asked for last, in order: when models change, they alone are filtered and placed anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ratecard_registry.listing import Part, Placed, Wanted, in_order, placed
from ratecard_registry.views import ModelView

_MOST: Final = 8
"""So many lists of 10,000 models take 30 MB."""

Models = tuple[ModelView, ...]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's part of a list, and the models that it was made of: each with its place, None if it is unwanted."""

    models: Models = ()
    places: dict[str, tuple[ModelView, Placed | None]] = {}
    part: Part = ()


class Lists:
    """Puts models in order, and remembers how."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[Wanted, dict[str, Kept]] = OrderedDict()

    def parts(self, wanted: Wanted, models: Mapping[str, Models]) -> Sequence[Part]:
        """Return each provider's part of the list. Models that are the same object as before are not looked at."""
        before = self._kept.pop(wanted, {})
        now = {provider: _kept(before.get(provider, Kept()), wanted, some) for provider, some in models.items()}
        self._kept[wanted] = now
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return [kept.part for kept in now.values()]


def _kept(before: Kept, wanted: Wanted, models: Models) -> Kept:
    if before.models is models:
        return before
    places = {model.id: known for model in models if (known := before.places.get(model.id)) and known[0] is model}
    new = [model for model in models if model.id not in places]
    found = {one[1].id: one for one in placed(wanted.by_prices(wanted.by_facts(new)), wanted)}
    places |= {model.id: (model, found.get(model.id)) for model in new}
    return Kept(models=models, places=places, part=in_order(place for _, place in places.values() if place))
