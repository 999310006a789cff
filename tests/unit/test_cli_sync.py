"""`ratecard sync` follows a sync to its end, and says how each provider fared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_api import FakeApi, Ratecard

from ratecard_cli import progress


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOOK_SECONDS", 0)


def a_sync(state: str, *providers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"syncId": "s1", "state": state, "providers": list(providers), **more}


def a_result(*, success: bool) -> dict[str, Any]:
    return {
        "success": success,
        "modelsDiscovered": 3,
        "modelsUpdated": 1,
        "modelsDeprecated": 0,
        "pricingUpdated": 2,
        "pricingHeld": 4,
        "errors": [],
    }


DONE = {"provider": "acme", "state": "completed", "outcome": "joined", "modelsDiscovered": 3}


WAITING = {"provider": "acme", "state": "running"}


def test_a_sync_is_watched_to_its_end(api: FakeApi, ratecard: Ratecard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATECARD_ADMIN_KEY", "k")
    api.answer("POST /api/admin/sync/trigger", {"syncId": "s1"}, status=202)
    ended = a_sync("completed", DONE, result=a_result(success=True))
    api.answer("GET /api/admin/sync/s1", a_sync("requested"), a_sync("running", WAITING), ended)
    code, out, err = ratecard("sync", "--providers", "acme, other")
    assert (code, err) == (0, "")
    assert api.bodies[0]["providers"] == ["acme", "other"]
    assert set(api.keys) == {"Bearer k"}
    assert out.count("acme") == 1
    assert "3 models, 1 updated, 0 deprecated, 2 prices changed, 4 held in quarantine." in out


def test_a_provider_that_failed_is_told_with_why_and_a_code(api: FakeApi, ratecard: Ratecard) -> None:
    errors = [
        {"provider": "acme", "stage": "pricing", "error": "page one: gone; page two: gone"},
        {"provider": "acme", "stage": "pricing", "error": "page one: gone"},
    ]
    failed = {**DONE, "outcome": "failed", "errors": errors}
    api.answer("POST /api/admin/sync/trigger", {"syncId": "s1"}, status=202)
    api.answer("GET /api/admin/sync/s1", a_sync("completed", failed, result=a_result(success=False)))
    code, out, err = ratecard("sync")
    assert code == 1
    assert out.count("page one") == 1
    assert "did not end well for acme" in err


def test_a_refused_sync_says_why(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("POST /api/admin/sync/trigger", {"syncId": "s1"}, status=202)
    api.answer("GET /api/admin/sync/s1", a_sync("refused", error="no provider file for acme"))
    code, out, err = ratecard("sync", "--json")
    assert code == 1
    assert json.loads(out)["state"] == "refused"
    assert "no provider file for acme" in err


def test_a_sync_that_nobody_picks_up_is_given_up(
    api: FakeApi, ratecard: Ratecard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_LOOKS_UNTIL_PICKED_UP", 3)
    api.answer("POST /api/admin/sync/trigger", {"syncId": "s1"}, status=202)
    api.answer("GET /api/admin/sync/s1", a_sync("requested"))
    code, _, err = ratecard("sync")
    assert (code, err.count("\n")) == (1, 1)
    assert "is the scheduler running?" in err


def test_a_sync_need_not_be_waited_for(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("POST /api/admin/sync/trigger", {"syncId": "s1"}, status=202)
    code, out, _ = ratecard("sync", "--no-wait")
    assert (code, out) == (0, "The sync s1 was asked for.\n")
    assert len(api.asked) == 1
