"""A shell that sources what `ratecard completion` prints completes commands, options and their values."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from ratecard_cli.__main__ import COMMANDS, run

BASH: Final = shutil.which("bash") or "bash"
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def script(capsys: Capsys, tmp_path: Path) -> Path:
    assert run(["completion", "bash"]) == 0
    path = tmp_path / "ratecard.bash"
    path.write_text(capsys.readouterr().out)
    return path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mod", {"models"}),
        ("ch", {"changes"}),
        ("", set(COMMANDS)),
        ("changes --fo", {"--follow"}),
        ("changes --kind ch", {"changed"}),
        ("price gpt --hi", {"--history"}),
        ("completion ", {"bash", "zsh", "fish"}),
        ("models --usability pre", {"preview"}),
    ],
)
def test_bash_completes(script: Path, typed: str, offered: set[str]) -> None:
    words = ["ratecard", *typed.split(" ")]
    program = (
        f"source {shlex.quote(str(script))}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
        "complete -p ratecard >&2; _ratecard; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run([BASH, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered
    assert "-F _ratecard" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_told_every_command(shell: str, capsys: Capsys, tmp_path: Path) -> None:
    assert run(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in said] == []
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(said)
        subprocess.run([shell, "-n", str(path)], check=True)


def test_another_shell_is_wrong_use(capsys: Capsys) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err
