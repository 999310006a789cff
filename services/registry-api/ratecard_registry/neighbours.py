"""A provider's prices in force before a sync, beside what the sync read: whose figures may be whose. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ratecard_registry.moves import Place, Rates, Read, Rows
from ratecard_registry.reading import Reading
from ratecard_registry.siblings import Siblings
from ratecard_registry.stored import Key


class Past:
    """The prices that were in force before a sync: the same for all its models, so they are sorted once."""

    def __init__(self, before: Mapping[Place, Rates]) -> None:
        """Take them."""
        self.before = before
        self.by_model: dict[str, dict[Key, Rates]] = defaultdict(dict)
        for (model_id, key), rates in before.items():
            self.by_model[model_id][key] = rates
        self._siblings: Siblings | None = None

    def siblings(self, provider: str) -> Siblings:
        """Return them by the family of their models."""
        if self._siblings is None:
            self._siblings = Siblings(self.before, provider=provider)
        return self._siblings


class Neighbours:
    """What a sync's prices are compared with. `read` is what it read of models that are not as before.

    What it read of models that are as before need not be kept: the list of models at the sync's end tells them.
    `as_before` are those of the models noted here that are.
    """

    def __init__(self, past: Past, read: Read | None = None) -> None:
        """Take what is known when the first model of the sync comes, or the next ones."""
        self._past = past
        self.read: dict[str, Rows | None] = dict(read or {})
        self.as_before: set[str] = set()

    @property
    def before(self) -> Mapping[Place, Rates]:
        """The prices that were in force before the sync."""
        return self._past.before

    def siblings(self, provider: str) -> Siblings:
        """Return the prices that were in force before by the family of their models."""
        return self._past.siblings(provider)

    def note(self, model_id: str, reading: Reading | None) -> None:
        """Take in what was read of a model, None if it could not be told."""
        if not self.before:  # then nothing can have moved
            return
        rows = None if reading is None else {key: row.rates for key, row in reading.in_force.items()}
        if rows is not None and rows == self.rows_before(model_id):
            self.read.pop(model_id, None)
            self.as_before.add(model_id)
        else:
            self.read[model_id] = rows
            self.as_before.discard(model_id)

    def rows_before(self, model_id: str) -> Rows:
        """Return the prices of one model that were in force before."""
        return self._past.by_model.get(model_id, {})

    def whole(self, model_ids: Iterable[str]) -> Read:
        """Return all that the sync read, now that it is known of which models it spoke."""
        spoken = frozenset(model_ids)
        gone: dict[str, Rows | None] = {owner: {} for owner in self._past.by_model if owner not in spoken}
        return gone | {one: self.read[one] if one in self.read else self.rows_before(one) for one in sorted(spoken)}
