"""A sync is shown on a terminal in lines and one bar below them, which leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

WATCH = """
from ratecard_cli.answers import ProviderSync, Sync
from ratecard_cli.progress import showing
from ratecard_cli.terminal import say

names = [f"provider-{number}" for number in range(COUNT)]
with showing() as board:
    for ended in range(COUNT + 1):
        found = [
            ProviderSync(
                provider=name,
                state="",
                outcome="joined" if place < ended else None,
                stages={"discovery": "done", "pricing": "running"},
            )
            for place, name in enumerate(names)
        ]
        board.update(Sync(sync_id="s", state="running", providers=tuple(found)))
        board._bar.refresh()
say("The end.")
"""


def on_a_terminal(program: str, columns: int) -> str:
    """Return all that a program writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, env={**environment, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        written = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def screen(written: str, columns: int) -> list[str]:
    """Return the lines that stand on a terminal of this width; it knows as much as a bar needs."""
    lines, row, column = [""], 0, 0
    for up, erase, _, character in re.findall(r"(\x1b\[1A)|(\x1b\[2K)|(\x1b\[[?\d;]*[a-zA-Z])|(.)", written, re.DOTALL):
        if up:
            row -= 1
        elif erase:
            lines[row] = ""
        elif character == "\r":
            column = 0
        elif character and (character == "\n" or column == columns):
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        if character.isprintable() and character:
            lines[row] = f"{lines[row]:<{column}}"[:column] + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("count", [4, 16])
def test_each_provider_has_its_line_and_the_bar_goes(columns: int, count: int) -> None:
    shown = screen(on_a_terminal(WATCH.replace("COUNT", str(count)), columns), columns)
    said = "done: 0 models, 0 updated, 0 deprecated, 0 prices changed"
    assert shown == [*(f"  {f'provider-{number}':<12} {said}" for number in range(count)), "The end."]


def test_the_bar_says_what_each_provider_waits_for() -> None:
    written = on_a_terminal(WATCH.replace("COUNT", "1"), 80)
    assert "provider-0 (pricing)" in written
