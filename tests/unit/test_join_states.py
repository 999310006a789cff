"""Whatever happens on the way of one sync's two lists, the join that comes of it in the end is the same.

Chunks are delivered in any order and again, lost, fetched anew; the deadline passes; a process dies between what it did
and its commit. The desk keeps what the enricher's tables keep, and asks the same pure code.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from join_sides import ACME, listed, priced, row
from msgspec.structs import replace

from ratecard_enricher.join import Joined, join
from ratecard_shared.chunks import Assembly, alone, split
from ratecard_shared.events import ModelsDiscovered, PricingScraped, SideOutcome

IDS: Final = [f"acme-{number}" for number in range(12)]
CHUNK_BYTES: Final = 1_500

Part = ModelsDiscovered | PricingScraped


class Desk:
    """What is committed of one (sync, provider): each side's chunks, the event ids taken, and the newest generation."""

    def __init__(self) -> None:
        self.sides: dict[type, Assembly[Any]] = {ModelsDiscovered: Assembly(), PricingScraped: Assembly()}
        self.taken: frozenset[str] = frozenset()
        self.said: tuple[Joined, ...] = ()
        self.closed = False

    def copy(self) -> Desk:
        other = Desk()
        other.sides, other.taken = dict(self.sides), self.taken
        other.said, other.closed = self.said, self.closed
        return other

    def take(self, part: Part) -> None:
        if part.event_id in self.taken:
            return
        self.taken |= {part.event_id}
        before = self.sides[type(part)]
        self.sides[type(part)] = before.add(part)
        came_whole = before.whole is None and self.sides[type(part)].whole is not None
        if came_whole and (self.closed or all(side.whole for side in self.sides.values())):
            self.close()

    def close(self) -> None:
        discovered, scraped = (self.sides[kind].whole for kind in (ModelsDiscovered, PricingScraped))
        self.said = (*self.said, join(ACME, discovered=discovered, scraped=scraped))
        self.closed = True


class OneSync(RuleBasedStateMachine):
    """A sync of one provider, between two services that fetch and one that joins."""

    under_way: Bundle[Part] = Bundle("under_way")

    @initialize(
        target=under_way,
        ids=st.lists(st.sampled_from(IDS), unique=True, max_size=12),
        names=st.lists(st.sampled_from(IDS), unique=True, max_size=12),
        outcome=st.sampled_from(SideOutcome),
    )
    def fetch(self, ids: list[str], names: list[str], outcome: SideOutcome) -> Any:
        """Both services have their list; discovery's may have failed."""
        self.desk = Desk()
        self.fetches = 0
        rows = [row(name, f"{place}.5") for place, name in enumerate(names)]
        self.wholes: tuple[Part, Part] = (listed(*ids, outcome=outcome), priced(*rows))
        return multiple(*self._attempts())

    def _attempts(self) -> list[Part]:
        self.fetches += 1
        again = [
            replace(whole, event_id=f"{whole.event_id}{self.fetches}", chunk=alone(str(self.fetches)))
            for whole in self.wholes
        ]
        return [part for whole in again for part in split(whole, limit=CHUNK_BYTES)]

    @rule(target=under_way)
    def fetch_again(self) -> Any:
        """A service died before it had committed: it says the same list as another attempt."""
        return multiple(*self._attempts())

    @rule(part=under_way)
    def deliver(self, part: Part) -> None:
        """A record arrives; it may have arrived before, and others before it."""
        self.desk.take(part)

    @rule(part=under_way)
    def die_before_the_commit(self, part: Part) -> None:
        """What was done of it is gone; it comes again, or never."""
        self.desk.copy().take(part)

    @rule(part=consumes(under_way))
    def lose(self, part: Part) -> None:
        """A chunk is set aside as a dead letter: it does not come any more."""

    @rule()
    def expire(self) -> None:
        """The deadline passes with what there is; later sides are late."""
        if not self.desk.closed:
            self.desk.close()

    @invariant()
    def a_closed_join_says_what_its_sides_say(self) -> None:
        """The newest generation is the join of all that is whole, as if it had come at once."""
        if self.desk.closed:
            whole = {type(side): side for side in self.wholes if self.desk.sides[type(side)].whole}
            due = join(ACME, discovered=whole.get(ModelsDiscovered), scraped=whole.get(PricingScraped))  # type: ignore[arg-type]
            assert self.desk.said[-1] == due
            assert len(self.desk.said) <= 1 + len(whole)

    def teardown(self) -> None:
        """One attempt comes through in the end, backwards: then both sides are told, by the newest generation."""
        for part in reversed(self._attempts()):
            self.desk.take(part)
        discovered, scraped = self.wholes
        assert self.desk.said[-1] == join(ACME, discovered=discovered, scraped=scraped)  # type: ignore[arg-type]


OneSync.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestOneSync = OneSync.TestCase
