"""`ratecard models`, `price` and `sync` show what the API answers, and say in one line what it does not."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_api import FakeApi, Ratecard

from ratecard_cli import running
from ratecard_cli.price import moment
from ratecard_cli.running import Running


def a_price(tier: str = "standard", cost: str | None = "2.50", above: int = 0, **more: Any) -> dict[str, Any]:
    amount = None if cost is None else float(cost)
    return {
        "inputCostPerMillion": amount,
        "outputCostPerMillion": None if amount is None else amount * 4,
        "tier": tier,
        "contextLimit": above,
        "currency": "USD",
        "region": "global",
        "rates": {"cachedInput": {"amount": 0.25, "unit": "million tokens"}},
        "effectiveDate": "2026-03-01T00:00:00Z",
        "state": "priced",
        "evidence": {"url": "https://acme.example/pricing", "text": "$2.50"},
        **more,
    }


def a_model(name: str = "acme-large", *prices: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "provider": "acme",
        "id": name,
        "displayName": name.title(),
        "usability": "available",
        "contextWindow": 200_000,
        "priceState": "priced" if prices else "unknown",
        "pricing": list(prices),
        "inputCostPerMillion": "TBD",
        **more,
    }


def test_models_come_from_all_pages_with_their_standard_price(api: FakeApi, ratecard: Ratecard) -> None:
    first = a_model("acme-large", a_price(), a_price("standard", above=200_000), a_price("batch"))
    second = a_model("acme-mystery", usability="preview")
    api.answer(
        "GET /api/models",
        {"data": [first], "total": 2, "nextCursor": "more"},
        {"data": [second], "total": 2, "nextCursor": None},
    )
    code, out, _ = ratecard("models", "--provider", "acme")
    assert code == 0
    assert re.search(r"^acme +acme-large +200,000 +2\.5 +10 +standard >200k, batch$", out, re.MULTILINE)
    assert re.search(r"^acme +acme-mystery +200,000 +TBD +TBD +preview$", out, re.MULTILINE)
    assert [query.get("cursor") for query in api.queries] == [None, "more"]
    assert {query["provider"] for query in api.queries} == {"acme"}


def test_a_free_price_is_free_also_when_it_is_stale(api: FakeApi, ratecard: Ratecard) -> None:
    free = a_price(cost="0", rates={}, state="stale")
    api.answer("GET /api/models", {"data": [a_model("gift", free, priceState="stale")], "total": 1, "nextCursor": None})
    _, out, _ = ratecard("models")
    assert re.search(r"^acme +gift +200,000 +free +free +stale$", out, re.MULTILINE)


def test_models_as_json_keep_every_digit(api: FakeApi, ratecard: Ratecard) -> None:
    body = b'{"data": [{"id": "m", "costs": [0.30000000000000001, 1.10]}], "total": 1, "nextCursor": null}'
    api.answer("GET /api/models", body)
    code, out, _ = ratecard("models", "--json")
    assert code == 0
    assert "0.30000000000000001" in out
    assert "1.10" in out
    assert json.loads(out)["total"] == 1


def test_no_models_is_no_empty_table(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/models", {"data": [], "total": 0, "nextCursor": None})
    code, out, _ = ratecard("models", "--all")
    assert (code, out.count("\n")) == (0, 1)
    assert api.queries[0]["includeDeprecated"] == "true"


def test_price_shows_every_tier_and_where_it_was_read(api: FakeApi, ratecard: Ratecard) -> None:
    rows = (a_price(), a_price("batch", "1.25"), a_price("free", "0", state="free"), a_price("scan", None))
    api.answer("GET /api/models/acme/large:v1", a_model("acme/large:v1", *rows))
    code, out, _ = ratecard("price", "acme/large:v1", "--provider", "acme", "--at", "2026-03-02")
    assert code == 0
    assert api.queries == [{"provider": "acme", "at": "2026-03-02T23:59:59.999999Z"}]
    assert re.search(r"^standard +any +any +USD +2\.5 +10 +cachedInput 0\.25 +2026-03-01$", out, re.MULTILINE)
    assert re.search(r"^free .* free +free ", out, re.MULTILINE)
    assert re.search(r"^scan .* - +- ", out, re.MULTILINE)
    assert "read from https://acme.example/pricing" in out


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        ("2026-03-01", "2026-03-01T23:59:59.999999Z"),
        ("2026-03-02", "2026-03-02T09:30:00Z"),
        ("2026-03-03", "2026-03-03T23:59:59.999999Z"),
        ("2026-03-02T01:00:00Z", "2026-03-02T01:00:00Z"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_day_means_its_end_and_today_means_now(at: str, asked: str) -> None:
    assert moment(at, datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) == asked


@pytest.mark.parametrize("name", ["..", ".", "../../health", "acme/../../x", "a?b=c#d", "a%2e", "a b/ü:v1", "\udce9"])
def test_a_models_id_leads_to_no_other_place(api: FakeApi, ratecard: Ratecard, name: str) -> None:
    code, _, err = ratecard("price", name)
    assert (code, err.count("\n")) == (4, 1)
    said = name.replace("\udce9", "?")
    assert api.asked == [f"GET /api/models/{said}", "GET /api/resolve"]


@pytest.mark.parametrize("name", ["", " ", "/"])
def test_an_empty_id_is_wrong_use(api: FakeApi, ratecard: Ratecard, name: str) -> None:
    code, _, err = ratecard("price", name)
    assert (code, err.count("\n")) == (2, 1)
    assert "the model's id is empty" in err
    assert not api.asked


def test_what_is_no_model_is_not_shown_as_one(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/models/m/pricing-history", {"history": []})
    code, _, err = ratecard("price", "m/pricing-history")
    assert code == 4
    assert "there is no model 'm/pricing-history'" in err


def test_a_provider_that_nobody_knows_is_told_with_those_there_are(api: FakeApi, ratecard: Ratecard) -> None:
    nothing = {"data": [], "total": 0, "nextCursor": None}
    api.answer("GET /api/models", nothing, {"data": [a_model()], "total": 1, "nextCursor": None})
    code, out, err = ratecard("models", "--provider", "nope")
    assert (code, out) == (4, "")
    assert "there are no models of 'nope': there are some of acme" in err


def test_a_known_provider_may_have_no_such_models(api: FakeApi, ratecard: Ratecard) -> None:
    nothing = {"data": [], "total": 0, "nextCursor": None}
    api.answer("GET /api/models", nothing, {"data": [a_model()], "total": 1, "nextCursor": None})
    assert ratecard("models", "--provider", "acme", "--usability", "preview")[0] == 0


@pytest.mark.parametrize("providers", [",", "", " , "])
def test_naming_no_provider_is_not_naming_all(api: FakeApi, ratecard: Ratecard, providers: str) -> None:
    code, _, err = ratecard("sync", "--providers", providers)
    assert (code, err.count("\n")) == (2, 1)
    assert not api.asked


@pytest.mark.parametrize("forecast", [False, True])
def test_a_price_of_a_time_to_come_says_so(api: FakeApi, ratecard: Ratecard, *, forecast: bool) -> None:
    api.answer("GET /api/models/m", a_model("m", a_price(), forecast=forecast))
    _, _, err = ratecard("price", "m", "--at", "2099-01-01")
    assert ("time is to come" in err) == forecast


def test_an_unknown_price_is_said_to_be_unknown(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/models/m", a_model("m"))
    code, out, _ = ratecard("price", "m")
    assert code == 0
    assert "is not known (TBD)" in out


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ((404, {"detail": "There is no model 'm'."}), 4, "there is no model 'm'"),
        ((400, {"detail": "`at` takes 2030-01-31."}), 2, "takes 2030-01-31"),
        ((409, {"detail": "Two.", "candidates": [{"provider": "a"}, {"provider": "b"}]}), 2, "Providers: a, b."),
        ((401, {"detail": "Give the key."}), 1, "set RATECARD_API_KEY"),
        ((503, {"detail": "PostgreSQL cannot be reached."}), 3, "PostgreSQL cannot be reached."),
        ((502, b"<html>"), 3, "answered HTTP 502"),
        ((500, b"<html>"), 1, "answered HTTP 500"),
    ],
)
def test_what_the_api_refuses_is_one_line_and_a_code(
    api: FakeApi, ratecard: Ratecard, answer: tuple[int, Any], code: int, said: str
) -> None:
    api.answers["GET /api/models/m"] = [answer]
    found, out, err = ratecard("price", "m")
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err


def test_an_api_that_is_not_there_is_said_with_its_address(
    api: FakeApi, ratecard: Ratecard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATECARD_API_URL", "http://127.0.0.1:1")
    code, _, err = ratecard("models")
    assert (code, err.count("\n")) == (3, 1)
    assert "http://127.0.0.1:1" in err
    assert not api.asked


def test_an_address_that_is_none_is_wrong_use(
    api: FakeApi, ratecard: Ratecard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATECARD_API_URL", "nowhere")
    code, _, err = ratecard("models")
    assert (code, err.count("\n")) == (2, 1), err
    assert "RATECARD_API_URL" in err
    assert not api.asked


def test_a_stack_that_runs_here_is_asked_with_its_key(
    api: FakeApi, ratecard: Ratecard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RATECARD_API_URL")
    api.answer("GET /api/models", {"data": [], "total": 0, "nextCursor": None})
    with running.announced(Running(pid=os.getpid(), api=api.url, admin_key="the-key")):
        assert ratecard("models")[0] == 0
    assert api.keys == ["Bearer the-key"]


def test_models_stand_side_by_side_and_what_is_not_known_is_no_zero(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/models/acme-large", a_model("acme-large", a_price()))
    api.answer("GET /api/models/acme-mystery", a_model("acme-mystery", a_price(rates={}, currency="CNY")))
    api.answer("GET /api/models/acme-unknown", a_model("acme-unknown"))
    code, out, _ = ratecard("compare", "acme-large", "acme-mystery", "acme-unknown")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["acme/acme-large", "acme/acme-mystery", "acme/acme-unknown"],
        ["context", "200,000", "200,000", "200,000"],
        ["input", "2.5", "2.5", "CNY", "TBD"],
        ["output", "10", "10", "CNY", "TBD"],
        ["cachedInput", "0.25", "-", "TBD"],
        ["state", "priced", "priced", "unknown"],
    ]
    assert ratecard("compare", "acme-large")[0] == 2
    assert ratecard("compare", "acme-large", "nobody")[0] == 4
