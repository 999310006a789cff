"""Which alerts are sent: no trouble stays untold, none is told twice without need, its end is told to who knew."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ratecard_scheduler.alerting import Pace, Trouble, due, key_of, message, raised
from ratecard_shared.events import AlertRaised

START = datetime(2026, 3, 1, tzinfo=UTC)
PACE = Pace(repeat=timedelta(hours=6), interval=timedelta(minutes=1))
SEVERITIES = st.sampled_from(["info", "warning", "critical"])


def alert(
    severity: str = "warning",
    *,
    recovered: bool = False,
    kind: str = "scraping.blocked",
    summary: str = "acme.example keeps us out",
    details: dict[str, str] | None = None,
) -> AlertRaised:
    return AlertRaised(
        event_id="a",
        sync_id="",
        occurred_at=START,
        kind=kind,
        severity=severity,
        summary=summary,
        action="Ask less often.",
        provider="acme",
        details=details or {},
        recovered=recovered,
    )


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


class Teller:
    """What an administrator sees: takes alerts, and looks every few seconds whether something is due."""

    def __init__(self) -> None:
        self.known: dict[str, Trouble] = {}
        self.messages: list[tuple[datetime, tuple[Trouble, ...]]] = []

    def take(self, said: AlertRaised, now: datetime) -> None:
        trouble = raised(self.known.get(key_of(said)), said, now, PACE)
        if trouble:
            self.known[trouble.key] = trouble

    def look(self, now: datetime) -> None:
        pending = [one for one in self.known.values() if one.pending_since]
        last = max((when for when, _ in self.messages), default=None)
        told = due(pending, last, now, PACE)
        if told:
            self.messages.append((now, told))
        for one in told:
            self.known[one.key] = msgspec.structs.replace(one, pending_since=None, times=0, sent_at=now)


@given(
    st.lists(st.tuples(SEVERITIES, st.booleans(), st.sampled_from(["a", "b", "c"]), st.integers(0, 30)), max_size=30)
)
def test_every_open_trouble_is_told_and_every_told_one_is_told_over(
    steps: list[tuple[str, bool, str, int]],
) -> None:
    teller, minutes = Teller(), 0
    for severity, recovered, kind, wait in steps:
        minutes += wait
        teller.take(alert(severity, recovered=recovered, kind=kind), at(minutes))
        teller.look(at(minutes))
    for more in range(1, 4):
        teller.look(at(minutes + 2 * more))
    for trouble in teller.known.values():
        told = [one for _, group in teller.messages for one in group if one.key == trouble.key]
        assert trouble.pending_since is None
        assert not trouble.open or told
        assert not told or told[-1].open == trouble.open


@given(st.lists(st.integers(0, 59), min_size=2, max_size=40))
def test_a_trouble_that_lasts_is_told_once_in_its_time(minutes: list[int]) -> None:
    teller = Teller()
    for minute in sorted(minutes):
        teller.take(alert(), at(minute))
        teller.look(at(minute + 0.2))
    teller.look(at(70))
    assert len(teller.messages) == 1
    teller.take(alert(), at(7 * 60))
    teller.look(at(7 * 60 + 1))
    assert [len(told) for _, told in teller.messages] == [1, 1]
    assert "times since 2026-03-01" in message(teller.messages[1][1])[1] or len(minutes) == 1


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["info", "warning"])), max_size=60))
def test_messages_keep_their_distance(said: list[tuple[str, str]]) -> None:
    teller = Teller()
    for number, (kind, severity) in enumerate(said):
        teller.take(alert(severity, kind=kind), at(number / 12))
        teller.look(at(number / 12))
    times = [when for when, _ in teller.messages]
    assert all(later - earlier >= PACE.interval for earlier, later in itertools.pairwise(times))


def test_what_is_critical_is_told_at_once_and_so_is_what_becomes_so() -> None:
    teller = Teller()
    teller.take(alert(), at(0))
    teller.look(at(0.1))
    teller.take(alert("critical"), at(0.2))
    teller.look(at(0.2))
    assert [told[0].severity for _, told in teller.messages] == ["warning", "critical"]


def test_news_is_told_again_when_it_says_something_new() -> None:
    teller = Teller()
    for hour, piece in enumerate(["'a'", "'a'", "'b'", "'b'", "'c'"]):
        teller.take(alert("info", kind="scraping.refused", summary=f"newly refused: {piece}"), at(hour * 24 * 60))
        teller.look(at(hour * 24 * 60 + 1))
    assert [told[0].summary[-2] for _, told in teller.messages] == ["a", "b", "c"]


def test_each_own_price_that_the_list_no_longer_bears_out_is_told() -> None:
    teller = Teller()
    for number in ("1", "2"):
        teller.take(alert(kind="own_price.list_differs", details={"own_price": number}), at(0))
    teller.look(at(1))
    assert len(teller.messages[0][1]) == 2


def test_what_nobody_was_told_of_ends_in_silence() -> None:
    teller = Teller()
    teller.take(alert(), at(0))
    teller.take(alert(recovered=True), at(0.01))
    teller.look(at(10))
    assert teller.messages == []
    assert raised(None, alert(recovered=True), at(0), PACE) is None


def test_one_message_tells_many_the_worst_first() -> None:
    teller = Teller()
    teller.take(alert("info", kind="provider.no-key"), at(0))
    teller.take(alert("critical", kind="sync.failing"), at(0))
    teller.look(at(1))
    title, body = message(teller.messages[0][1])
    assert title == "Ratecard: 2 alerts, 1 critical"
    assert body.index("[critical] sync.failing (acme)") < body.index("[info] provider.no-key (acme)")
    teller.take(alert(recovered=True, kind="sync.failing"), at(2))
    teller.look(at(3))
    assert message(teller.messages[1][1])[0] == "Ratecard: recovered: sync.failing (acme)"
