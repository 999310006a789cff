"""On a terminal results are tables in colour that fit it; in a pipe, which may close early, they are plain."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi, answering
from terminal_screen import on_a_terminal, screen

COMMAND = [sys.executable, "-m", "ratecard_cli"]
ESCAPE = "\x1b"
ROW: dict[str, Any] = {
    "inputCostPerMillion": 1.9,
    "outputCostPerMillion": 11.8,
    "tier": "standard",
    "contextLimit": 0,
    "currency": "USD",
    "region": "global",
    "rates": {"cachedInput": {"amount": 0.19, "unit": "million tokens"}},
    "effectiveDate": "2031-03-01T00:00:00Z",
}
MODEL: dict[str, Any] = {
    "provider": "acme",
    "id": "swift-1",
    "displayName": "Swift 1",
    "usability": "available",
    "contextWindow": 200_000,
    "priceState": "priced",
    "pricing": [{**ROW, "state": "priced"}],
}
BEFORE = {**ROW, "id": 1, "inputCostPerMillion": 2.2, "free": False, "endDate": "2031-03-01T00:00:00Z"}
PAST = [{**BEFORE, "effectiveDate": "2001-01-01T00:00:00Z"}, {**ROW, "id": 2, "free": False, "endDate": None}]
PAST[1]["effectiveDate"] = PAST[0]["endDate"] = "2011-01-01T00:00:00Z"
CHARGE = {"component": "input", "quantity": 1000, "amount": 1.90, "unit": "million tokens", "cost": 0.0019}
CHANGE = {
    "type": "pricing.changed",
    "cursor": "1-1",
    "eventId": "e",
    "syncId": "s",
    "occurredAt": "2031-03-01T12:00:00Z",
    "provider": "acme",
    "modelId": "swift-1",
    "revision": 1,
    "kind": "changed",
    **{name: ROW[name] for name in ("tier", "contextLimit", "currency", "region", "effectiveDate")},
    "old": {"inputCostPerMillion": 2, "outputCostPerMillion": 8, "rates": {}, "free": False},
    "new": {"inputCostPerMillion": 1, "outputCostPerMillion": 9, "rates": {}, "free": False},
    "source": "list",
}
STAGES = dict.fromkeys(("discovery", "pricing", "enrichment", "storage"), "done")
SYNC = {"provider": "acme", "state": "completed", "outcome": "joined", "stages": STAGES, "endedAt": None}
LOOK_UPS = [
    ("models",),
    ("price", "swift-1"),
    ("price", "swift-1", "--history"),
    ("changes",),
    ("compare", "swift-1", "swift-1"),
    ("cost", "swift-1", "--input", "1000"),
    ("status",),
]
each_look_up = pytest.mark.parametrize("arguments", LOOK_UPS, ids=" ".join)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeApi]:
    monkeypatch.chdir(tmp_path)
    with answering() as found:
        monkeypatch.setenv("RATECARD_API_URL", found.url)
        found.answer("GET /api/models", {"data": [MODEL], "total": 1, "nextCursor": None})
        found.answer("GET /api/models/swift-1", MODEL)
        found.answer("GET /api/models/swift-1/pricing-history", {"data": PAST, "total": 2, "nextCursor": None})
        found.answer("GET /api/changes", {"data": [CHANGE], "nextCursor": "1-1", "more": False})
        line = {"provider": "acme", "modelId": "swift-1", "cost": 0.0019, "currency": "USD", "components": [CHARGE]}
        found.answer("POST /api/cost", {"lines": [{**line, "error": None, "forecast": False, "stale": False}]})
        found.answer("GET /health", {"status": "healthy", "services": {"redis": {"status": "up"}}})
        found.answer("GET /api/admin/syncs", {"data": [{"providers": [SYNC]}]})
        yield found


@each_look_up
@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_is_in_colour_and_fits(api: FakeApi, arguments: tuple[str, ...], columns: int) -> None:
    written = on_a_terminal([*COMMAND, *arguments], columns)
    assert ESCAPE in written
    if arguments != ("changes",):
        plain = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", written)
        assert max(map(len, plain.split("\r\n"))) <= columns
    assert api.asked


@each_look_up
def test_in_a_pipe_it_is_plain(api: FakeApi, arguments: tuple[str, ...]) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout
    assert not set(done.stdout + done.stderr) & {ESCAPE, "▲", "▼", "█", "─", "\r"}
    assert api.asked


@each_look_up
def test_a_pipe_that_is_closed_early_is_no_fault(api: FakeApi, arguments: tuple[str, ...]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run([*COMMAND, *arguments], stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert api.asked


def test_up_and_down_have_a_mark_and_a_colour_on_a_terminal(api: FakeApi) -> None:
    written = on_a_terminal([*COMMAND, "changes"], 200)
    assert "2 -> 1\x1b[32m ▼\x1b[0m, output 8 -> 9\x1b[31m ▲\x1b[0m" in written
    assert api.asked


def test_no_colour_is_shown_to_who_wants_none(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    shown = subprocess.run([*COMMAND, "models"], capture_output=True, text=True, check=True).stdout
    assert ESCAPE not in shown
    assert api.asked


def test_the_course_of_a_price_stands_below_it(api: FakeApi) -> None:
    lines = screen(on_a_terminal([*COMMAND, "price", "swift-1"], 80), 80)
    (course,) = (line for line in lines if "▁" in line)
    assert re.fullmatch(r" *standard +input +█+▁+ +2\.2 +1\.9 ▼ +2011-01-01", course), course
    assert "US dollars" in "".join(lines)
    assert "currency" not in "".join(lines)
    assert api.asked


def test_a_sign_that_the_encoding_has_not_ends_nothing(api: FakeApi) -> None:
    api.answer("GET /api/models/swift-1", {**MODEL, "displayName": "Schnell 速"})
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "price", "swift-1"], capture_output=True, check=True, env=environment)
    assert b"Schnell ?" in done.stdout
