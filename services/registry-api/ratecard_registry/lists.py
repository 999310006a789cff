"""The lists that were asked for last, in order: when a provider's models change, only its part is put in order anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from ratecard_registry.listing import Part, Wanted, ordered
from ratecard_registry.views import ModelView

_MOST: Final = 16
"""So many lists of 10,000 models take 30 MB."""

Models = tuple[ModelView, ...]


class Lists:
    """Puts models in order, and remembers how."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[Wanted, dict[str, tuple[Models, Part]]] = OrderedDict()

    def parts(self, wanted: Wanted, models: Mapping[str, Models]) -> Sequence[Part]:
        """Return each provider's part of the list. Models that are the same object as before are not looked at."""
        kept, now = self._kept.pop(wanted, {}), dict[str, tuple[Models, Part]]()
        for provider, all_of_it in models.items():
            of, part = kept.get(provider, (None, None))
            if part is None or of is not all_of_it:
                part = ordered(wanted.by_prices(wanted.by_facts(all_of_it)), wanted)
            now[provider] = (all_of_it, part)
        self._kept[wanted] = now
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return [part for _, part in now.values()]
