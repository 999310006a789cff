"""A provider's prices in force before a sync, beside what the sync read: whose figures may be whose. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ratecard_registry.moves import Place, Rates, Read, Rows
from ratecard_registry.reading import Reading
from ratecard_registry.stored import Key


class Neighbours:
    """`before` are the prices in force before the sync, `read` what it read so far of models that are not as before.

    What it read of models that are as before need not be kept: the list of models at the sync's end tells them.
    """

    def __init__(self, before: Mapping[Place, Rates], read: Read | None = None) -> None:
        """Take what is known when the first model of the sync comes, or the next ones."""
        self.before = before
        self.read: dict[str, Rows | None] = dict(read or {})
        self._by_model: dict[str, dict[Key, Rates]] = defaultdict(dict)
        for (model_id, key), rates in before.items():
            self._by_model[model_id][key] = rates

    def note(self, model_id: str, reading: Reading | None) -> None:
        """Take in what was read of a model, None if it could not be told."""
        rows = None if reading is None else {key: row.rates for key, row in reading.in_force.items()}
        if rows is not None and rows == self.rows_before(model_id):
            self.read.pop(model_id, None)
        else:
            self.read[model_id] = rows

    def rows_before(self, model_id: str) -> Rows:
        """Return the prices of one model that were in force before."""
        return self._by_model.get(model_id, {})

    def whole(self, model_ids: Iterable[str]) -> Read:
        """Return all that the sync read, now that it is known of which models it spoke."""
        spoken = frozenset(model_ids)
        gone: dict[str, Rows | None] = {owner: {} for owner in self._by_model if owner not in spoken}
        return gone | {one: self.read[one] if one in self.read else self.rows_before(one) for one in sorted(spoken)}
