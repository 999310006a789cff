"""Answers in memory: of one state of the catalogue, within a number of bytes; and which may be there at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_registry.answer_headers import added
from ratecard_registry.front import network
from ratecard_registry.keeping import is_over
from ratecard_registry.memory import Answer, Memory
from ratecard_registry.rendering import matches
from ratecard_registry.versions import Basis

NOW = datetime(2031, 3, 1, tzinfo=UTC)
MOST = 10_000
BASIS = Basis(None, None, 0)


def answer(size: int) -> Answer:
    return Answer(status=200, headers=(), marks=(), etag=b'"a"', body=b"x" * size, route="/", kept=True)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000))))
def test_memory_stays_within_its_bytes_and_keeps_what_was_asked_for_last(puts: list[tuple[int, int]]) -> None:
    memory = Memory(MOST)
    for key, size in puts:
        memory.put(key, BASIS, answer(size))
        assert memory.size <= MOST
        found = memory.get(key)
        assert (found is not None and len(found[1].body) == size) or size + 1024 > MOST // 4


@pytest.mark.parametrize(
    ("query", "over"),
    [
        (b"", True),
        (b"provider=acme&limit=5", True),
        (b"at=2031-02-28", True),
        (b"at=2031-03-02", False),
        (b"at=2031-02-28&knownAt=2031-03-01T00:00:01Z", False),
        (b"knownAt=2031-01-01", True),
        (b"at=2031-02-28T23:00:00-02:00", False),
        (b"at=2031-01-01&at=2032-01-01", False),
        (b"at=soon", False),
    ],
)
def test_only_times_that_are_over_are_kept(query: bytes, *, over: bool) -> None:
    assert is_over(query, NOW) is over


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        (b'"a"', True),
        (b'W/"a"', True),
        (b'"b", "a"', True),
        (b"*", True),
        (b'"b"', False),
        (b'"b",W/"c"', False),
        (b"a", False),
        (b"", False),
    ],
)
def test_conditions_are_lists_of_tags_or_a_star(condition: bytes, *, same: bool) -> None:
    assert matches(condition, b'"a"') is same


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_address(host: str, counted: str) -> None:
    assert network(host) == counted


def test_a_route_s_own_headers_stay_and_what_it_varies_by_adds_up() -> None:
    own = ((b"cache-control", b"immutable"), (b"vary", b"Accept"))
    more = ((b"cache-control", b"no-store"), (b"vary", b"X-API-Key"), (b"etag", b'"a"'))
    assert added(own, more) == (*own, (b"vary", b"X-API-Key"), (b"etag", b'"a"'))
