"""A price row that is held back: what the page says, what stays in force, why, and what became of it. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from ratecard_registry.stored import Key, Price
from ratecard_registry.suspicion import SEVERITY, Kind, Suspicion, releasable
from ratecard_shared.events import PriceSaid
from ratecard_shared.prices import PriceRow

LATER_SYNCS_THAT_RELEASE: Final = 2
_MOST_SYNCS_KEPT: Final = 20

Slot = tuple[Key, date | None]
"""What tells the rows of one model apart: their key, and the day from which an announced one holds."""


class State(StrEnum):
    """What became of a held row. `withdrawn`: the page says something else now; `released`: it went on saying this."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One held row. While it is `open`, it keeps this value of its slot out of force: held, or rejected and still said.

    `undecided`: whether it is a neighbour's row that moved will be known when its whole list is read; until then it may
    have no suspicion at all. `seen_in` are the latest syncs that said it, `id` is 0 until it is stored.
    """

    id: int = 0
    provider: str
    model_id: str
    row: PriceRow
    old: PriceSaid | None = None
    suspicions: tuple[Suspicion, ...]
    undecided: bool = False
    seen_in: tuple[str, ...]
    first_seen_at: datetime
    state: State = State.HELD
    open: bool = True

    @property
    def slot(self) -> Slot:
        """Which row of its model it is."""
        return (self.row.key, self.row.effective_from)

    @property
    def kind(self) -> str:
        """The gravest of its suspicions."""
        return self.suspicions[0].kind.value if self.suspicions else "undecided"

    @property
    def reason(self) -> str:
        """All its suspicions, in words."""
        return "; ".join(one.reason for one in self.suspicions)

    @property
    def is_due(self) -> bool:
        """Tell whether it has been said often enough to be released by itself."""
        if self.undecided or self.state is not State.HELD or not self.suspicions or not releasable(self.suspicions):
            return False
        return len(self.seen_in) > LATER_SYNCS_THAT_RELEASE

    def says(self, row: PriceRow) -> bool:
        """Tell whether the row says what this one does."""
        return (self.row.rates, self.row.free) == (row.rates, row.free)

    def seen_again(self, sync_id: str, found: Iterable[Suspicion], *, undecided: bool) -> Entry:
        """Return it as it is after another sync said the same. A suspicion of its own does not go away."""
        kept = () if self.undecided else tuple(one for one in self.suspicions if one.kind is not Kind.PAGE_IN_DOUBT)
        kinds = {one.kind for one in kept}
        together = (*kept, *(one for one in found if one.kind not in kinds))
        seen_in = self.seen_in if sync_id in self.seen_in else (*self.seen_in[1 - _MOST_SYNCS_KEPT :], sync_id)
        return msgspec.structs.replace(self, suspicions=by_gravity(together), seen_in=seen_in, undecided=undecided)

    def ended(self, state: State) -> Entry:
        """Return it closed. What was decided by an administrator stays so."""
        return msgspec.structs.replace(self, open=False, state=state if self.state is State.HELD else self.state)


def by_gravity(found: Iterable[Suspicion]) -> tuple[Suspicion, ...]:
    """Return the suspicions, the gravest first."""
    return tuple(sorted(found, key=lambda one: (SEVERITY[one.kind], one.reason)))


def since(entry: Entry, in_force: Price | None, now: datetime) -> datetime:
    """Return since when its price is charged: since it was first seen, unless another has begun after that."""
    later = in_force is not None and in_force.effective_date > entry.first_seen_at
    return now if later else entry.first_seen_at
