"""`ratecard cost` and `ratecard status` show what the API answers, and end with a code that says how it is."""

from __future__ import annotations

from typing import Any

import pytest
from fake_api import FakeApi, Ratecard


def test_a_cost_is_shown_by_component(api: FakeApi, ratecard: Ratecard) -> None:
    charge = {"component": "input", "quantity": 1000, "amount": 1.25, "unit": "million tokens", "cost": 0.00125}
    line = {"provider": "acme", "modelId": "swift-1", "cost": 0.00125, "currency": "USD", "components": [charge]}
    api.answer("POST /api/cost", {"lines": [{**line, "error": None, "forecast": False, "stale": False}]})
    code, out, _ = ratecard("cost", "swift-1", "--input", "1000", "--tier", "batch", "--at", "2031-03-01T12:00:00Z")
    assert code == 0
    assert out.splitlines()[-2].split() == ["input", "1000", "1.25", "million", "tokens", "0.00125"]
    assert out.splitlines()[-1] == "0.00125 USD"
    usage = {"model": "swift-1", "usage": {"input": 1000}, "tier": "batch", "when": "2031-03-01T12:00:00Z"}
    assert api.bodies == [{"usages": [usage]}]


@pytest.mark.parametrize(("mark", "said"), [("forecast", "time is to come"), ("stale", "the last good price")])
def test_a_cost_that_is_in_doubt_says_so(api: FakeApi, ratecard: Ratecard, mark: str, said: str) -> None:
    line = {"provider": "acme", "modelId": "swift-1", "cost": 1, "currency": "USD", "components": [], "error": None}
    for marked in (False, True):
        api.answer("POST /api/cost", {"lines": [{**line, "forecast": False, "stale": False, mark: marked}]})
        code, _, err = ratecard("cost", "swift-1", "--input", "1")
        assert (code, said in err) == (0, marked)


def test_a_whole_cost_is_shown(api: FakeApi, ratecard: Ratecard) -> None:
    line = {"provider": "acme", "modelId": "swift-1", "cost": 2, "currency": "USD", "components": [], "error": None}
    api.answer("POST /api/cost", {"lines": [{**line, "forecast": False, "stale": False}]})
    code, out, _ = ratecard("cost", "swift-1", "--input", "1")
    assert (code, out.splitlines()[-1]) == (0, "2 USD")


def test_a_cost_that_is_not_known_is_no_zero(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("POST /api/cost", {"lines": [{"cost": None, "error": {"detail": "Its price is not known."}}]})
    code, out, err = ratecard("cost", "swift-1", "--output", "5")
    assert (code, out, err) == (4, "", "ratecard: Its price is not known.\n")


@pytest.mark.parametrize("arguments", [(), ("--input", "-5"), ("--input", "0")])
def test_a_cost_of_nothing_is_wrong_use(api: FakeApi, ratecard: Ratecard, arguments: tuple[str, ...]) -> None:
    assert ratecard("cost", "swift-1", *arguments)[0] == 2
    assert api.asked == []


def a_sync(outcome: str | None, *providers: str) -> dict[str, Any]:
    done = "done" if outcome else "running"
    stages = {"discovery": "done", "pricing": done, "enrichment": done, "storage": done}
    ended = "2031-03-01T12:00:00Z" if outcome else None
    one = {"state": "completed" if outcome else "running", "outcome": outcome, "stages": stages, "endedAt": ended}
    return {"providers": [{"provider": name, **one} for name in providers]}


@pytest.mark.parametrize(("redis", "expected"), [("up", 0), ("down", 1)])
def test_status_shows_the_newest_sync_of_each_provider(
    api: FakeApi, ratecard: Ratecard, redis: str, expected: int
) -> None:
    services = {"postgresql": {"status": "up"}, "redis": {"status": redis}}
    api.answer("GET /health", {"status": "healthy", "services": services})
    api.answer("GET /api/admin/syncs", {"data": [a_sync(None, "zenith"), a_sync("joined", "acme", "zenith")]})
    code, out, err = ratecard("status")
    assert (code, "redis cannot be reached" in err) == (expected, bool(expected))
    assert f"healthy: postgresql up, redis {redis}" in out
    acme, zenith = (line.split() for line in out.splitlines()[-2:])
    assert acme == ["acme", "joined", "done", "done", "done", "done", "2031-03-01", "12:00"]
    assert zenith == ["zenith", "running", "done", "running", "running", "running", "-"]
