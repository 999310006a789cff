"""Run a command that must not outlive whoever asked for it. Run by path, so it imports nothing of ours.

On Linux the kernel sends the signal when the parent dies, and this program becomes the command. Elsewhere it stays
beside the command and looks for its parent.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5


def main(arguments: Sequence[str]) -> int:
    """Run the command after `--`; returns only where the kernel has no parent-death signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--user")
    parser.add_argument("--watch", action="store_true", help="watch the parent even where the kernel could")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args(arguments)
    if asked.user:
        _become(asked.user)
    if asked.watch or sys.platform != "linux":
        return _watch(asked.command, asked.parent, asked.signal)
    # After the change of user, which clears the signal; it survives exec.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, asked.signal)
    if os.getppid() != asked.parent:
        return 1
    return os.execvp(asked.command[0], asked.command)  # noqa: S606 - becoming the command is the point


def _become(name: str) -> None:
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _watch(command: Sequence[str], parent: int, death: int) -> int:
    with subprocess.Popen(command) as child:  # noqa: S603 - the command is ours
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: child.send_signal(received))
        while child.poll() is None and os.getppid() == parent:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LOOK_SECONDS)
        while child.poll() is None:
            child.send_signal(death)
            time.sleep(_LOOK_SECONDS)
        return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
