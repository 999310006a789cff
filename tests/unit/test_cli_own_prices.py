"""`ratecard own-price` and `ratecard import` send what was asked for, exactly, and show what the API answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi, Ratecard

OWN = {
    "number": 3,
    "kind": "negotiated",
    "state": "in_force",
    "provider": "acme",
    "modelId": "team/swift-1",
    "tier": "standard",
    "contextLimit": 0,
    "currency": "USD",
    "inputCostPerMillion": 1.5,
    "outputCostPerMillion": None,
    "rates": {"cachedInput": {"amount": 0.15, "unit": "million tokens"}},
    "effectiveDate": "2031-03-01T00:00:00Z",
    "endDate": None,
    "note": "the contract",
}


@pytest.fixture
def api(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.setenv("RATECARD_ADMIN_KEY", "a-key")
    return api


def test_an_own_price_is_added_as_it_was_said(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("POST /api/admin/own-prices", OWN, status=201)
    rates = ("--rate", "input=1.5", "--rate", "cachedInput=0.15")
    code, out, _ = ratecard(
        "own-price", "add", "acme/team/swift-1", *rates, "--since", "2031-03-01", "--evidence", "contract 4711"
    )
    assert code == 0
    assert "acme/team/swift-1" in out
    (body,) = api.bodies
    assert (body["provider"], body["model"], body["rates"]) == (
        "acme",
        "team/swift-1",
        {"input": 1.5, "cachedInput": 0.15},
    )
    assert (body["effectiveFrom"], body["evidence"]["text"], body["force"]) == ("2031-03-01", "contract 4711", False)
    assert api.keys == ["Bearer a-key"]


def test_own_prices_are_listed_ended_and_withdrawn(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/admin/own-prices", {"data": [OWN], "total": 1})
    api.answer("POST /api/admin/own-prices/3/end", OWN)
    api.answer("POST /api/admin/own-prices/3/withdraw", OWN)
    assert "the contract" in ratecard("own-price")[1]
    assert ratecard("own-price", "end", "3", "--at", "2031-06-01", "--reason", "over")[0] == 0
    assert ratecard("own-price", "withdraw", "3", "--reason", "wrong")[0] == 0
    assert api.bodies == [None, {"at": "2031-06-01", "reason": "over"}, {"reason": "wrong"}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("own-price", "add"), "PROVIDER/MODEL"),
        (("own-price", "end", "acme/swift"), "has a number"),
        (("own-price", "add", "acme/swift", "--rate", "input"), "input=1.5"),
        (("import", "absent.json", "--format", "llm-prices"), "cannot be read"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_sent(
    api: FakeApi, ratecard: Ratecard, arguments: tuple[str, ...], says: str
) -> None:
    code, _, err = ratecard(*arguments)
    assert (code, api.asked) == (2, [])
    assert says in err


def test_a_file_is_imported_and_what_is_left_aside_is_told(api: FakeApi, ratecard: Ratecard, tmp_path: Path) -> None:
    row = {"provider": "acme", "modelId": "swift-1"}
    aside = [{"vendor": "acme", "id": "x", "reason": "it means no stored model"}]
    report: dict[str, Any] = {
        "dryRun": True,
        "added": 2,
        "known": 1,
        "rows": [row, row],
        "leftAside": aside,
        "doubts": [],
    }
    api.answer("POST /api/admin/import", report)
    (tmp_path / "list.json").write_text('{"prices": []}')
    code, out, err = ratecard("import", "list.json", "--format", "llm-prices", "--dry-run")
    assert code == 0
    assert "2 prices of 1 models would be imported; 1 are of a time already recorded." in out
    assert "left aside 1: it means no stored model" in err
    assert api.queries == [{"format": "llm-prices", "source": "list.json", "dryRun": "true", "force": "false"}]
    assert api.bodies == [{"prices": []}]
