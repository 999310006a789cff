"""What the tests say when the backends that they were asked to use cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS_BACKENDS = "tests/integration/test_backends.py"


def asked(**environ: str) -> subprocess.CompletedProcess[str]:
    told = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "TESTCONTAINERS_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", NEEDS_BACKENDS]
    return subprocess.run(command, cwd=ROOT, env={**told, **environ}, capture_output=True, text=True, check=False)


def test_without_a_container_engine_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = asked(RATECARD_TEST_BACKENDS="docker", DOCKER_HOST=f"unix://{tmp_path / 'nobody'}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    said = done.stdout + done.stderr
    assert "needs a container engine" in said
    assert "set DOCKER_HOST" in said
    assert "Traceback" not in said


def test_backends_that_there_are_not_are_refused() -> None:
    done = asked(RATECARD_TEST_BACKENDS="clay")
    assert done.returncode != 0
    assert "it takes embedded, docker, external" in done.stdout + done.stderr
