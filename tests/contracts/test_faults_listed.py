"""docs/architecture/faults.md lists what can come in; each row names a test that there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "architecture" / "faults.md"
_ROW: Final = re.compile(
    r"^\| (?P<number>\w+) \| (?P<comes>.+?) \| (?P<happens>.+?) \| `(?P<test>tests/.+)` \|$", re.MULTILINE
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, what happens, and the test of it."""

    number: str
    comes: str
    happens: str
    test: str


def rows(page: str) -> list[Row]:
    """Return the rows of a page. Raises ValueError for a line of a table that is no row."""
    lines = [line for line in page.splitlines() if line.startswith("|") and not re.match(r"\|( no\.|---)", line)]
    found = [_ROW.fullmatch(line) for line in lines]
    if wrong := [line for line, row in zip(lines, found, strict=True) if row is None]:
        raise ValueError(f"no row with a number, two texts and a test: {wrong}")
    return [Row(**row.groupdict()) for row in found if row]


LISTED: Final = rows(PAGE.read_text("utf-8"))


def test_at_least_fifty_are_listed_with_numbers_of_their_own() -> None:
    assert len(LISTED) >= 50
    assert len({row.number for row in LISTED}) == len(LISTED)
    assert len({row.comes for row in LISTED}) == len(LISTED)


@pytest.mark.slow
def test_each_names_a_test_that_is_collected() -> None:
    tests = sorted({row.test for row in LISTED})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *tests]
    everywhere = {**os.environ, "RATECARD_TEST_BACKENDS": "external"}  # some are collected there alone
    done = subprocess.run(command, cwd=ROOT, env=everywhere, capture_output=True, text=True, check=False)
    missing = re.findall(r"^ERROR: not found: (.*)$", done.stdout + done.stderr, re.MULTILINE)
    assert missing == []
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(
    "line", ["| E1 | it | goes |", "| E1 | it | goes | tests/a.py |", "| E1 | it | `tests/a.py::b` |"]
)
def test_a_line_that_names_no_test_is_seen(line: str) -> None:
    with pytest.raises(ValueError, match="no row"):
        rows(f"| no. | what |\n|---|---|\n{line}\n")
