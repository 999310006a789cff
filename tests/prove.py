"""Takes each mechanism of delivery out in turn, in a copy of the source, and expects its tests to fail.

    .venv/bin/python tests/prove.py [WORD ...]

It prints a table with why each failed, and ends with 1 if one did not see that its mechanism was gone. Words choose
mechanisms by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests" / folder) for folder in ("bench", "external")]

from pipeline_stage import backends, where  # noqa: E402  # found by the line above
from prove_mechanisms import MECHANISMS, Mechanism  # noqa: E402  # as above

_COPIED: Final = ("cli", "deploy", "docs", "services", "shared", "tests", "pyproject.toml")
_RED: Final = 1
"""What pytest ends with when tests failed: anything else is no proof."""


def main(words: Sequence[str]) -> int:
    """Return the exit code."""
    chosen = [one for one in MECHANISMS if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory() as folder, backends() as found:
        copy = Path(folder)
        for name in _COPIED:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
        environment = {**os.environ, **found.environment, "RATECARD_TEST_BACKENDS": "external", **_paths(copy)}
        print(f"on {where()}", flush=True)
        unseen = [test for one in chosen for test in _unseen(one, copy, environment)]
    print(f"{len(unseen)} of the tests did not see that their mechanism was gone" if unseen else "each was seen")
    return 1 if unseen else 0


def _unseen(mechanism: Mechanism, copy: Path, environment: dict[str, str]) -> list[str]:
    """Run its tests without the mechanism, and return those that did not fail."""
    path = copy / mechanism.path
    source = path.read_text(encoding="utf-8")
    path.write_text(mechanism.taken_out_of(source), encoding="utf-8")
    try:
        return [test for test in mechanism.tests if not _fails(mechanism, test, copy, environment)]
    finally:
        path.write_text(source, encoding="utf-8")


def _fails(mechanism: Mechanism, test: str, copy: Path, environment: dict[str, str]) -> bool:
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    verdict = "red" if ran.returncode == _RED else f"GREEN ({ran.returncode})"
    print(f"{verdict:10} {mechanism.name} ({time.monotonic() - began:.0f} s)\n           {test}", flush=True)
    for line in ran.stdout.splitlines():
        if line.startswith("FAILED"):
            print(f"           {line.partition(' - ')[2]}", flush=True)
    return ran.returncode == _RED


def _paths(copy: Path) -> dict[str, str]:
    """Return the environment in which our packages are those of the copy."""
    rooms = [copy / "cli", copy / "shared", *sorted((copy / "services").iterdir())]
    return {"PYTHONPATH": os.pathsep.join(map(str, rooms)), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "250"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
