"""Whatever happens on the way of a provider's syncs, what the registry holds in the end is the same, and told in whole.

Records come again, in another order within their sync, late or not at all; a side speaks after the deadline, and a
process dies before its commit. Beside the desk stands a calm one, which had every sync at once and in order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from registry_desk import Desk, Ledger, key_of
from registry_events import closing, day, enriched, evidence, model, price

from ratecard_registry.quarantined import State
from ratecard_shared.events import Enriched, ModelEnriched, PriceChangeKind, PriceSaid
from ratecard_shared.prices import PriceRow

IDS: Final = ("swift-1", "swift-1-mini", "other")
_CLEAN_SYNCS: Final = 16

Page = dict[str, tuple[PriceRow, ...]]


@st.composite
def a_row(draw: st.DrawFn, tier: str) -> PriceRow:
    amount = draw(st.sampled_from(["1", "1.5", "2", "2.5", "9", "1000"]))
    begins = draw(st.sampled_from([None, None, None, -2, 1, 3]))
    words = draw(st.sampled_from([None, None, "the same words"]))
    more: dict[str, Any] = {} if words is None else {"evidence": evidence(words)}
    first = None if begins is None else (day(0) + timedelta(days=begins + draw(st.integers(0, 4)))).date()
    return price(amount, None, tier=tier, effective_from=first, **more)


rows = st.tuples(st.none() | a_row("standard"), st.none() | a_row("batch")).map(
    lambda pair: tuple(row for row in pair if row is not None)
)
pages = st.dictionaries(st.sampled_from(IDS), rows, min_size=1)


def block(page: Page, *, on: int, generation: int, priced: bool, listed: bool) -> list[Enriched]:
    """Return what a closed join says: its models, then its closing."""
    said = [enriched(model(name, page[name] if priced else None), on=on, generation=generation) for name in page]
    sides = {"discovery": "complete" if listed else "failed", "pricing": "complete" if priced else "missing"}
    end = closing(*page, on=on, generation=generation, **sides, **({} if priced else {"pages": ()}))  # type: ignore[arg-type]
    return [*said, end]


class Syncs(RuleBasedStateMachine):
    """One provider's syncs, as its partition brings them to the registry."""

    @initialize()
    def begin(self) -> None:
        self.desk, self.calm = Desk(), Desk()
        self.now = day(0)
        self.on = 0
        self.log: list[list[Enriched]] = []
        self.under_way: list[Enriched] = []
        self.came: list[Enriched] = []
        self.past: list[Enriched] = []
        self.letters: list[Enriched] = []
        self.unheard: list[tuple[int, Page]] = []

    def _between(self) -> bool:
        return not self.under_way

    @rule(page=pages, listed=st.booleans(), priced=st.booleans(), order=st.randoms(use_true_random=False))
    def sync(self, page: Page, order: Any, *, listed: bool, priced: bool) -> None:
        """A join is closed, perhaps by its deadline."""
        self._say(block(page, on=self.on, generation=1, priced=priced, listed=listed), order)
        if not priced:
            self.unheard.append((self.on, page))
        self.on += 1

    @precondition(lambda self: self.unheard)
    @rule(data=st.data(), order=st.randoms(use_true_random=False))
    def speak_late(self, data: st.DataObject, order: Any) -> None:
        """The prices of an earlier sync come after its deadline, and newer syncs may have ended."""
        on, page = self.unheard.pop(data.draw(st.integers(0, len(self.unheard) - 1)))
        self._say(block(page, on=on, generation=2, priced=True, listed=True), order)

    def _say(self, said: list[Enriched], order: Any) -> None:
        *models, end = said
        order.shuffle(models)
        self.log.append([*models, end])

    @precondition(lambda self: self.log or self.under_way)
    @rule(lost=st.booleans(), dies=st.booleans())
    def deliver(self, *, lost: bool, dies: bool) -> None:
        """A record is applied, perhaps after a death before the commit, or is set aside as a dead letter."""
        if not self.under_way:
            self.under_way = self.log.pop(0)
            self.now = max(self.now, self.under_way[-1].occurred_at) + timedelta(hours=1)
        event = self.under_way.pop(0)
        if dies:
            self.desk.copy().take(event, self.now)
        if lost:
            self.letters.append(event)
        else:
            self.desk.take(event, self.now)
            self.came.append(event)
        if not self.under_way:
            self._compare()

    def _compare(self) -> None:
        """Let the calm desk have at once, and in order, what has come of the sync."""
        models = [event for event in self.came if isinstance(event, ModelEnriched)]
        ends = [event for event in self.came if not isinstance(event, ModelEnriched)]
        in_order: list[Enriched] = [*sorted(models, key=lambda event: event.model.id), *ends]
        for event in in_order:
            self.calm.take(event, self.now)
        self.past += self.came
        self.came = []

    @precondition(lambda self: self.past)
    @rule(data=st.data(), times=st.integers(1, 5))
    def repeat(self, data: st.DataObject, times: int) -> None:
        """Records come again from an offset on."""
        first = data.draw(st.integers(0, len(self.past) - 1))
        before = self.desk.copy()
        for event in self.past[first : first + times]:
            self.desk.take(event, self.now)
        assert (self.desk.models, self.desk.entries) == (before.models, before.entries)

    @precondition(lambda self: self.letters and self._between())
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """An administrator brings back a dead letter."""
        event = self.letters.pop(data.draw(st.integers(0, len(self.letters) - 1)))
        self._both("take", event)

    @precondition(lambda self: self._between())
    @rule(days=st.integers(0, 2))
    def wait(self, days: int) -> None:
        """The look at the clock brings days into force."""
        self.now += timedelta(days=days)
        self._both("keep_time")

    @precondition(lambda self: self._between() and self._held())
    @rule(data=st.data(), state=st.sampled_from([State.APPROVED, State.REJECTED]))
    def decide(self, data: st.DataObject, state: State) -> None:
        """An administrator decides on a held price."""
        self._both("decide", data.draw(st.sampled_from(self._held())), state)

    def _held(self) -> list[Any]:
        found = [(str(place), place) for place, entry in self.desk.entries.items() if entry.state is State.HELD]
        return [place for _, place in sorted(found)]

    def _both(self, what: str, *arguments: Any) -> None:
        for desk in (self.desk, self.calm):
            getattr(desk, what)(*arguments, self.now)

    @invariant()
    def what_is_told_is_what_is_held(self) -> None:
        for name, held in self.desk.models.items():
            ledger = self.desk.ledgers[name]
            assert [event.revision for event in ledger.said] == [*range(1, held.revision + 1)]
            assert told_in_sum(ledger) == {one.key: one.said for one in held.prices}
            assert no_two_at_once(ledger, now=self.now)

    @invariant()
    def the_order_within_a_sync_does_not_matter(self) -> None:
        if self._between():
            assert self.desk.models == self.calm.models
            assert self.desk.entries == self.calm.entries
            assert {name: ledger.history for name, ledger in self.desk.ledgers.items()} == {
                name: ledger.history for name, ledger in self.calm.ledgers.items()
            }

    def teardown(self) -> None:
        """Whatever was lost, a few whole syncs of one page bring all that it says into force, or hold it."""
        while self.log or self.under_way:
            self.deliver(lost=False, dies=False)
        page: Page = {"swift-1": (price("1.5", None), price("0.5", None, tier="batch")), "other": (price("2", None),)}
        for _ in range(_CLEAN_SYNCS):
            self.on = max(self.on, (self.now - day(0)).days + 1)
            for event in block(page, on=self.on, generation=1, priced=True, listed=True):
                self.now = max(self.now, day(self.on))
                self.desk.take(event, self.now)
            self.on += 1
        self.what_is_told_is_what_is_held()
        self._judge(page)

    def _judge(self, page: Page) -> None:
        waiting = {(name, slot[0]) for name, slot in self.desk.entries}
        assert not any(entry.undecided for entry in self.desk.entries.values())
        for name, held in self.desk.models.items():
            assert (held.facts.usability == "deprecated") == (name not in page)
            shown = {row.key: row.rates for row in page.get(name, ())}
            in_force = {one.key: one.rates for one in held.prices}
            assert all(in_force.get(key) == rates or (name, key) in waiting for key, rates in shown.items())
            settled = name in page and not any(owner == name for owner, _ in waiting)
            assert not settled or (in_force == shown and held.stale_since is None)


def told_in_sum(ledger: Ledger) -> dict[Any, PriceSaid]:
    """Return what a consumer has that takes every event in the order of revisions."""
    known: dict[Any, PriceSaid] = {}
    for event in sorted(ledger.prices_said, key=lambda event: event.revision):
        key = (event.tier, event.above_tokens, event.currency, event.region)
        assert event.old == known.get(key)
        if event.kind is not PriceChangeKind.SCHEDULED:
            known.pop(key, None)
            if event.new is not None:
                known[key] = event.new
    return known


def no_two_at_once(ledger: Ledger, *, now: datetime) -> bool:
    """Tell whether of each key the rows that are believed follow one another."""
    believed = [row for row in ledger.history if "superseded_at" not in row and row["kind"] != "scheduled"]
    by_key: dict[Any, list[tuple[datetime, datetime]]] = {}
    for row in believed:
        by_key.setdefault(key_of(row), []).append(
            (row["effective_date"], row.get("end_date", datetime.max.replace(tzinfo=now.tzinfo)))
        )
    return all(end <= begins for times in by_key.values() for (_, end), (begins, _) in pairwise(sorted(times)))


Syncs.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestSyncs = Syncs.TestCase
