"""What README.md, CONTRIBUTING.md and docs/operations tell people to type exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
OTHERS: Final = {"git", "cd", "cp", "curl", "docker", "helm", "kubectl", "export", "open"}
OTHERS_OF_POSTGRESQL: Final = {"createdb", "pg_dump", "pg_restore"}
"""Programs of other people; what they are told is not ours to check."""
MOST_LINES: Final = 100
MOST_TARGETS: Final = 12


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < MOST_LINES


def test_every_command_that_people_are_told_to_type_exists() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs/operations").glob("*.md"))]
    told = [line for page in pages for line in _commands(page.read_text(encoding="utf-8"))]
    assert sum("ratecard" in line for line in told) > len(pages)
    assert [line for line in told if not _exists(line)] == []


def test_every_make_target_has_a_word_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = _targets(makefile)
    assert len(targets) <= MOST_TARGETS
    assert [target for target in targets if not re.search(rf"^{target}:.*## \w", makefile, re.MULTILINE)] == []


def _commands(markdown: str) -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL):
        joined = block.replace("\\\n", " ")
        yield from (line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def _exists(line: str) -> bool:
    words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]
    program = words[0]
    if program == "make":
        return set(words[1:2]) <= set(_targets((ROOT / "Makefile").read_text(encoding="utf-8")))
    if Path(program).name == "ratecard":
        return _is_explained(words[1:])
    if program.startswith((".venv/bin/", ".tools/")):
        return (Path(sys.executable).parent / Path(program).name).exists() or program.startswith(".tools/")
    if program == "docker" and "ratecard" in words:  # in a container, with the command after its name
        return _is_explained(words[words.index("ratecard") + 1 :])
    return program in OTHERS | OTHERS_OF_POSTGRESQL or (ROOT / program).exists()


def _is_explained(words: list[str]) -> bool:
    """Tell whether `ratecard SUBCOMMAND --help` explains each option that was given."""
    subcommand = [word for word in words[:1] if not word.startswith("-")]
    asked = [sys.executable, "-m", "ratecard_cli", *subcommand, "--help"]
    helped = subprocess.run(asked, capture_output=True, text=True, check=False)
    options = [word.split("=")[0] for word in words if word.startswith("-")]
    return helped.returncode == 0 and all(option in helped.stdout for option in options)


def _targets(makefile: str) -> list[str]:
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    return phony[1].split()
