"""The command, run in a folder of its own against an API that says what the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_api import FakeApi, Ratecard, answering

from ratecard_cli.__main__ import run


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeApi]:
    """An API without a key."""
    for variable in ("RATECARD_ADMIN_KEY", "RATECARD_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    with answering() as found:
        monkeypatch.setenv("RATECARD_API_URL", found.url)
        yield found


@pytest.fixture
def ratecard(capsys: pytest.CaptureFixture[str]) -> Ratecard:
    """Run the command, and return its exit code, and what it wrote."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call
