"""Child processes that end with us: each in its own group, on a leash, with its output in a log file.

Start them from the main thread: Linux ends a leashed child when the thread that started it ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ratecard_cli.laptop.errors import ProcessError

_LEASH: Final = Path(__file__).with_name("leash.py")
_LOOK_SECONDS: Final = 0.02
_TAIL_LINES: Final = 15


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A process: what to run and how to stop it. `user` is the one to become, for programs that refuse root.

    `on_parent_death` is the signal it gets when we are killed; `keep_open` are file descriptors it inherits.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    user: str | None = None
    stop_with: signal.Signals = signal.SIGTERM
    on_parent_death: signal.Signals = signal.SIGKILL
    keep_open: tuple[int, ...] = ()
    ready: Callable[[], bool] = lambda: True


def leashed(command: Sequence[str | Path], *, on_parent_death: signal.Signals, user: str | None = None) -> list[str]:
    """Return the command line that runs `command` so that it ends when this process does."""
    become = ["--user", user] if user else []
    leash = [sys.executable, "-I", "-S", str(_LEASH), "--parent", str(os.getpid())]
    return [*leash, "--signal", str(int(on_parent_death)), *become, "--", *map(str, command)]


class Process:
    """A running `Spec`; it can be stopped, killed and started again."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs; negative is the signal that ended it."""
        return self._started().poll()

    def start(self, *, within_seconds: float = 30) -> None:
        """Launch it and wait until it is ready. Raises ProcessError as `await_ready` does."""
        self.launch()
        self.await_ready(within_seconds=within_seconds)

    def launch(self) -> None:
        """Start it without waiting. The log of the run before is kept beside the new one."""
        self.spec.log.parent.mkdir(parents=True, exist_ok=True)
        if self.spec.log.exists():
            self.spec.log.replace(self.spec.log.with_suffix(".log.previous"))
        with self.spec.log.open("wb") as log:
            self._running = subprocess.Popen(  # noqa: S603 - the command is ours
                leashed(self.spec.command, on_parent_death=self.spec.on_parent_death, user=self.spec.user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if self.spec.environment is None else dict(self.spec.environment),
                cwd=self.spec.folder,
                pass_fds=self.spec.keep_open,
                start_new_session=True,  # Ctrl-C reaches us alone: we stop the others in order
            )

    def await_ready(self, *, within_seconds: float = 30) -> None:
        """Wait until it is ready. Raises ProcessError with the end of its log if it stops or is not in time."""
        deadline = time.monotonic() + within_seconds
        while not self.spec.ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.spec.name} was not ready within {within_seconds:g} s. {self.last_words()}")
            time.sleep(_LOOK_SECONDS)

    def stop(self, *, within_seconds: float = 15) -> None:
        """Ask it to stop, then kill what is left of its group. Does nothing if it never started."""
        if self._running is None:
            return
        self._signal(self.spec.stop_with)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(within_seconds)
        self.kill()

    def kill(self) -> None:
        """End its whole group at once, as a crash would."""
        if self._running is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def ask_to_stop(self) -> None:
        """Send the stop signal without waiting, so that several stop at the same time."""
        if self._running is not None:
            self._signal(self.spec.stop_with)

    def check(self) -> None:
        """Raise ProcessError if it has stopped by itself."""
        if self.exit_code is not None:
            raise ProcessError(f"{self.spec.name} stopped with {_said(self.exit_code)}. {self.last_words()}")

    def last_words(self) -> str:
        """Return the last lines of its log, under the log's path."""
        with self.spec.log.open(encoding="utf-8", errors="replace") as log:
            lines = deque(log, maxlen=_TAIL_LINES)
        return f"The end of {self.spec.log}:\n" + "".join(f"    {line.rstrip()}\n" for line in lines)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None:
            raise ProcessError(f"{self.spec.name} has not been started")
        return self._running

    def _signal(self, number: signal.Signals) -> None:
        running = self._started()
        if running.poll() is None:
            running.send_signal(number)


@contextlib.contextmanager
def running(specs: Iterable[Spec], *, within_seconds: float = 30) -> Iterator[list[Process]]:
    """Run all of `specs` while the block lasts, all of them ready; if one does not start, the others are stopped."""
    processes = [Process(spec) for spec in specs]
    try:
        for process in processes:
            process.launch()
        for process in processes:
            process.await_ready(within_seconds=within_seconds)
        yield processes
    finally:
        stop_all(processes)


def stop_all(processes: Sequence[Process]) -> None:
    """Stop all of them at the same time."""
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.stop()


@contextlib.contextmanager
def terminate_like_ctrl_c() -> Iterator[None]:
    """Make SIGTERM raise KeyboardInterrupt, so that a plain `kill` runs the same clean-up as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _said(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
