"""What `make load` and `make soak` measure by: percentiles, lateness, and growth of memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from latencies import latencies
from replicas import Replica
from soak_memory import Memory
from vegeta import Request, Result, answers

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ONE = Request(kind="one", url="http://127.0.0.1/one")


def test_percentiles_are_times_that_were_measured() -> None:
    found = latencies("one", [number / 1000 for number in range(200, 0, -1)], errors=3)
    assert (found.count, found.errors, found.p50, found.p95, found.p99, found.most) == (200, 3, 100, 190, 198, 200)


def test_of_one_request_everything_is_its_time() -> None:
    found = latencies("one", [0.5], errors=0)
    assert (found.p50, found.p99, found.most) == (500, 500, 500)


def result(seq: int, *, sent_after: float, took: float, code: int = 200) -> Result:
    timestamp = BEGAN + timedelta(seconds=sent_after)
    return Result(seq=seq, code=code, timestamp=timestamp, latency=int(took * 1e9), method="GET", url=ONE.url)


def test_a_request_that_is_sent_late_has_waited_since_it_was_due() -> None:
    sent = [result(0, sent_after=0, took=0.25), result(1, sent_after=1, took=0.25), result(2, sent_after=1, took=0.25)]
    found = answers(sent, [ONE], rate=2)
    assert [round(answer.seconds, 3) for answer in found] == [0.25, 0.75, 0.25]
    assert [round(answer.due - BEGAN.timestamp(), 3) for answer in found] == [0, 0.5, 1]


def test_whatever_is_not_200_is_an_error() -> None:
    assert [bool(answer.error) for answer in answers([result(0, sent_after=0, took=1, code=503)], [ONE], rate=1)] == [
        True
    ]


@pytest.mark.parametrize(
    ("number", "seen", "is_told"),
    [
        (0, [100, 100, 150, 200], True),
        (0, [100, 100, 150, 119], False),
        (0, [100, 300, 300, 300], False),  # it grew while it began
        (1, [100, 100, 150, 200], False),  # it may have been killed in between
    ],
)
def test_memory_that_grows_is_told_of_whom_was_never_killed(number: int, seen: list[float], is_told: bool) -> None:  # noqa: FBT001
    environment: dict[str, Any] = {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/a"}
    memory = Memory([Replica("registry", number, environment)])
    memory.seen[f"registry-{number}"] = [megabytes for megabytes in seen for _ in range(10)]
    assert bool(memory.grown()) == is_told
