"""Programs on a terminal, and what stands on it when they have ended."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence


def on_a_terminal(program: Sequence[str], columns: int) -> str:
    """Return all that a program that goes well writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, env={**environment, "TERM": "xterm"}) as process:
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
