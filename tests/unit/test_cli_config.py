"""`ratecard config` sends what it is told with the revision that was seen, and shows what a trial would read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi, Ratecard

from ratecard_cli.__main__ import run

PATH = "/api/admin/scraping-config"
CONFIG = {"pages": [{"url": "https://prices.example/", "strategies": ["columns"]}]}
SHOWN = {"provider": "acme", "source": "stored", "version": 2, "revision": 5, "config": CONFIG}


@pytest.fixture
def ratecard(capsys: pytest.CaptureFixture[str]) -> Ratecard:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["config", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    return str(path)


def a_trial(**more: Any) -> dict[str, Any]:
    page = {"url": "https://prices.example/", "strategy": "columns", "rows": 2, "error": None}
    difference = {"kind": "changed", "modelId": "swift-1", "tier": "standard", "contextLimit": 0}
    rates = {"inForce": {"input": 1}, "read": {"input": 1.25}}
    return {"passes": True, "errors": [], "pages": [page], "differences": [{**difference, **rates}], **more}


def test_what_get_prints_can_be_put_again_with_the_revision_it_names(
    api: FakeApi, ratecard: Ratecard, tmp_path: Path
) -> None:
    api.answer(f"GET {PATH}/acme", SHOWN)
    api.answer(f"PUT {PATH}/acme", {**SHOWN, "revision": 6})
    code, out, err = ratecard("get", "acme")
    assert (code, json.loads(out), "revision 5" in err) == (0, CONFIG, True)
    (tmp_path / "it.json").write_text(out, encoding="utf-8")
    code, _, err = ratecard("put", "acme", "it.json", "--revision", "5", "--note", "why not", "--force")
    assert (code, "revision 6" in err) == (0, True)
    assert (api.bodies[-1], api.seen[-1]) == (CONFIG, '"5"')
    assert api.queries[-1] == {"note": "why not", "force": "true"}


def test_a_put_without_a_revision_or_a_file_is_wrong_use(api: FakeApi, ratecard: Ratecard, file: str) -> None:
    for arguments in (("put", "acme", file), ("put", "acme", "--revision", "1"), ("put",), ("activate", "acme")):
        code, _, err = ratecard(*arguments)
        assert (code, err.startswith("ratecard: ")) == (2, True)
    code, _, err = ratecard("put", "acme", "nothing.json", "--revision", "1")
    assert (code, "cannot be read" in err) == (2, True)
    assert api.asked == []


def test_what_the_api_refuses_is_said(api: FakeApi, ratecard: Ratecard, file: str) -> None:
    api.answer(f"PUT {PATH}/acme", {"detail": "It does not read the newest page well."}, status=422)
    code, _, err = ratecard("put", "acme", file, "--revision", "1")
    assert (code, err) == (1, "ratecard: It does not read the newest page well.\n")


def test_a_dry_run_shows_differences_and_fails_where_it_would_not_be_taken(
    api: FakeApi, ratecard: Ratecard, file: str, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("<p>Prices</p>", encoding="utf-8")
    api.answer(f"POST {PATH}/acme/dry-run", a_trial(), a_trial(passes=False, errors=["no price"]))
    code, out, _ = ratecard("dry-run", "acme", file, "--page", "page.html", "--url", "https://prices.example/")
    assert code == 0
    assert api.bodies[-1] == {"config": CONFIG, "page": "<p>Prices</p>", "url": "https://prices.example/"}
    assert "https://prices.example/: 2 prices by columns" in out
    assert ["changed", "swift-1", "standard", "-", "input", "1", "input", "1.25"] in [
        line.split() for line in out.splitlines()
    ]
    code, _, err = ratecard("dry-run", "acme")
    assert (code, "it would not be taken: no price" in err, api.bodies[-1]) == (1, True, {})


def test_lists_and_the_other_changes(api: FakeApi, ratecard: Ratecard) -> None:
    line = {"provider": "acme", "source": "file", "version": None, "revision": 0, "pages": ["https://prices.example/"]}
    version = {"version": 1, "active": True, "createdAt": "2031-03-01", "createdBy": "ops", "note": ""}
    api.answer(f"GET {PATH}", {"data": [line]})
    api.answer(f"GET {PATH}/acme/versions", {"data": [version]})
    api.answer(f"POST {PATH}/acme/versions/1/activate", SHOWN)
    api.answer(f"POST {PATH}/acme/deactivate", {**SHOWN, "source": "file", "version": None})
    assert "acme      file    -        0         https://prices.example/" in ratecard()[1]
    assert "yes     2031-03-01  ops" in ratecard("versions", "acme")[1]
    assert ratecard("activate", "acme", "1", "--revision", "4")[0] == 0
    assert api.seen[-1] == '"4"'
    assert "source file, revision 5" in ratecard("deactivate", "acme")[2]
    assert api.seen[-1] is None
