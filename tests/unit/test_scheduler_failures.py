"""How often a provider failed in a row, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratecard_scheduler.failures import FAILING, Ended, Patience, Streak, after, alert
from ratecard_shared.events import ProviderOutcome, SyncError

START = datetime(2026, 3, 1, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = Patience(tries=3, first_wait=5 * MINUTE)
OUTCOMES = st.sampled_from(["joined", "partial", "failed"])


def ended(outcome: str, number: int, *, was_retry: bool = False) -> Ended:
    said = ProviderOutcome(
        provider="acme", outcome=outcome, errors=(SyncError(provider="acme", stage="pricing", error="status 500"),)
    )
    return Ended(
        outcome=said, sync_id=f"sync-{number:03}", started_at=START + number * timedelta(hours=1), was_retry=was_retry
    )


def told(outcomes: list[str]) -> Streak | None:
    streak = None
    for number, outcome in enumerate(outcomes):
        streak = after(streak, ended(outcome, number), START, PATIENCE) or streak
    return streak


@given(st.lists(OUTCOMES, min_size=1, max_size=12))
def test_failures_in_a_row_are_counted_up_to_the_last_good_sync(outcomes: list[str]) -> None:
    streak = told(outcomes)
    since_good = next((n for n, outcome in enumerate(reversed(outcomes)) if outcome == "joined"), len(outcomes))
    assert streak is not None
    assert streak.failed == since_good
    assert (streak.retry_at is None) == (since_good == 0)


@given(st.lists(OUTCOMES, max_size=8), st.sampled_from(["partial", "failed"]), st.integers(1, 10))
def test_property_18_a_sync_that_fails_is_tried_again_and_alerted(before: list[str], outcome: str, tries: int) -> None:
    known = told(before)
    last = ended(outcome, len(before))
    streak = after(known, last, START, Patience(tries=tries, first_wait=MINUTE))
    assert streak is not None
    assert streak.retry_at is not None
    assert streak.retry_at > START
    said = alert(streak, last, START)
    assert (said.provider, said.recovered) == ("acme", False)
    assert said.severity in {"warning", "critical"}


@given(st.lists(OUTCOMES, min_size=2, max_size=12), st.data())
def test_repeats_and_older_syncs_change_nothing(outcomes: list[str], data: st.DataObject) -> None:
    streak = told(outcomes)
    older = data.draw(st.integers(0, len(outcomes) - 2))
    assert after(streak, ended(data.draw(OUTCOMES), older), START, PATIENCE) is None
    last = len(outcomes) - 1
    assert after(streak, ended(outcomes[last], last), START, PATIENCE) is None


@given(st.integers(0, 5), st.integers(1, 60))
def test_each_try_waits_twice_as_long_until_there_are_no_more(tries: int, minutes: int) -> None:
    patience = Patience(tries=tries, first_wait=minutes * MINUTE)
    streak = after(None, ended("failed", 0), START, patience)
    waits = []
    for number in range(1, 10):
        assert streak is not None
        if streak.retry_at is None:
            break
        waits.append(streak.retry_at - START)
        asked = Streak(
            provider="acme",
            sync_id=streak.sync_id,
            started_at=streak.started_at,
            failed=streak.failed,
            retried=streak.retried + 1,
        )
        streak = after(asked, ended("partial", number, was_retry=True), START, patience)
    assert waits == [minutes * MINUTE * 2**n for n in range(tries)]


def test_a_sync_that_was_no_retry_gets_all_tries_anew() -> None:
    spent = Streak(provider="acme", sync_id="sync-000", started_at=START, failed=4, retried=3)
    streak = after(spent, ended("failed", 1), START, PATIENCE)
    assert streak is not None
    assert (streak.failed, streak.retried, streak.retry_at) == (5, 0, START + 5 * MINUTE)


def test_a_late_side_that_mends_a_sync_ends_the_row() -> None:
    streak = told(["failed", "partial"])
    mended = after(streak, ended("joined", 1), START, PATIENCE)
    assert mended is not None
    assert (mended.failed, mended.retry_at) == (0, None)


@given(st.integers(1, 9))
def test_the_third_failure_in_a_row_is_critical(times: int) -> None:
    streak = told(["failed"] * times)
    assert streak is not None
    said = alert(streak, ended("failed", times - 1), START)
    assert (said.severity == "critical") == (said.kind == FAILING) == (times >= 3)
    assert "status 500" in said.summary
    assert "tried again at 2026-03-01 02:05 UTC" in said.action
