"""`ratecard keys` asks the API as it is told, prints a new key alone, and says in one line what it cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi, answering

from ratecard_cli.__main__ import run

KEY: dict[str, Any] = {
    "id": "7",
    "name": "billing",
    "prefix": "rc_Ab3dEf7h",
    "scopes": ["read"],
    "state": "active",
    "createdAt": "2031-03-01T02:00:00Z",
    "createdBy": "administrator",
    "expiresAt": None,
    "lastUsedAt": None,
    "revokedAt": None,
}
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeApi]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECARD_ADMIN_KEY", "admin's")
    monkeypatch.delenv("RATECARD_API_KEY", raising=False)
    with answering() as found:
        monkeypatch.setenv("RATECARD_API_URL", found.url)
        yield found


def test_a_new_key_is_alone_on_stdout(api: FakeApi, capsys: Capsys) -> None:
    api.answer("POST /api/admin/keys", {**KEY, "key": "rc_Ab3dEf7hsecret"}, status=201)
    assert run(["keys", "create", "billing", "--scopes", "read, admin", "--expires", "2031-12-31"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "rc_Ab3dEf7hsecret\n"
    assert "Key 7 (billing; read). It is shown this once" in shown.err
    assert api.bodies == [{"name": "billing", "scopes": ["read", "admin"], "expiresAt": "2031-12-31T23:59:59Z"}]
    assert api.keys == ["Bearer admin's"]


def test_what_is_not_said_is_left_to_the_api(api: FakeApi, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATECARD_API_KEY", "rc_mine")
    api.answer("POST /api/admin/keys", {**KEY, "key": "rc_Ab3dEf7hsecret"}, status=201)
    assert run(["keys", "create", "billing", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "rc_Ab3dEf7hsecret"
    assert (api.bodies, api.keys) == ([{"name": "billing"}], ["Bearer rc_mine"])


def test_keys_are_listed(api: FakeApi, capsys: Capsys) -> None:
    api.answer("GET /api/admin/keys", {"data": [KEY, {**KEY, "id": "6", "state": "revoked"}]}, {"data": []})
    assert run(["keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["id", "name", "begins"]
    assert [line.split()[0] for line in lines[1:]] == ["7", "6"]
    assert "revoked" in lines[2]
    assert run(["keys", "list"]) == 0
    assert "ratecard keys create NAME" in capsys.readouterr().out


def test_a_key_is_revoked(api: FakeApi, capsys: Capsys) -> None:
    api.answer("POST /api/admin/keys/7/revoke", {**KEY, "state": "revoked"})
    assert run(["keys", "revoke", "7"]) == 0
    assert capsys.readouterr().out.startswith("Key 7 (billing) is revoked")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create"], 2, "needs a name"),
        (["revoke"], 2, "which key?"),
        (["revoke", "../models"], 4, "There is no"),
        (["list", "billing"], 2, "lists all"),
        (["revoke", "7", "--scopes", "read"], 2, "--scopes and --expires"),
        (["revoke", "9"], 4, "There is no"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    api: FakeApi, capsys: Capsys, arguments: list[str], code: int, said: str
) -> None:
    assert run(["keys", *arguments]) == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert said in shown.err
    assert not [path for path in api.asked if path.startswith("GET /api/models")]
