"""Child processes start, are watched, and never outlive us."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from process_life import is_alive, until

from ratecard_cli.laptop.errors import ProcessError
from ratecard_cli.laptop.leash import __file__ as leash
from ratecard_cli.laptop.processes import Process, Spec, running, terminate_like_ctrl_c

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP
WITH_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, 'up', flush=True); child.wait()"
)

Make = Callable[[str], Spec]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(program: str) -> Spec:
        log = tmp_path / "logs" / "child.log"
        return Spec(
            name="the child",
            command=[sys.executable, "-c", program],
            log=log,
            ready=lambda: log.read_text().endswith("up\n"),
        )

    return made


@pytest.fixture
def started(make: Make) -> Iterator[Callable[[str], Process]]:
    processes: list[Process] = []

    def start(program: str) -> Process:
        processes.append(Process(make(program)))
        processes[-1].start()
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


def test_it_runs_until_it_is_stopped(make: Make) -> None:
    with running([make(SLEEP)]) as (process,):
        process.check()
        assert process.exit_code is None
    assert process.exit_code == -signal.SIGTERM


def test_it_can_be_killed_and_started_again(started: Callable[[str], Process]) -> None:
    process = started(SLEEP)
    first = process.pid
    process.kill()
    assert process.exit_code == -signal.SIGKILL
    process.start()
    assert process.exit_code is None
    assert process.pid != first


def test_an_early_exit_is_reported_with_its_last_lines(make: Make) -> None:
    spec = make("import sys; sys.exit('KAFKA_BOOTSTRAP_SERVERS is wrong')")
    with pytest.raises(ProcessError, match=r"(?s)the child stopped with exit code 1\..*child\.log:\n +KAFKA_BOOT"):
        Process(spec).start()


def test_one_that_stops_later_is_reported_when_looked_at(started: Callable[[str], Process]) -> None:
    process = started("print('up'); raise SystemExit(3)")
    until(lambda: process.exit_code is not None)
    with pytest.raises(ProcessError, match="exit code 3"):
        process.check()


def test_one_that_is_never_ready_is_stopped_and_reported(make: Make) -> None:
    process = Process(make("import time; time.sleep(60)"))
    with pytest.raises(ProcessError, match=r"not ready within 0\.1 s"), running([process.spec], within_seconds=0.1):
        pass


def test_those_that_started_are_stopped_when_another_does_not(make: Make, tmp_path: Path) -> None:
    marker = tmp_path / "stopped"
    touch = f"pathlib.Path({str(marker)!r}).touch()"
    polite = f"import signal, sys, pathlib; signal.signal(15, lambda *_: ({touch}, sys.exit()));"
    broken = Spec(name="broken", command=["false"], log=tmp_path / "broken.log", ready=lambda: False)
    with pytest.raises(ProcessError, match="broken stopped"), running([make(polite + SLEEP), broken]):
        pass
    assert marker.exists()


def test_one_that_does_not_listen_is_killed(started: Callable[[str], Process]) -> None:
    process = started(DEAF)
    process.stop(within_seconds=0.1)
    assert process.exit_code == -signal.SIGKILL


def test_its_own_children_end_with_it(started: Callable[[str], Process]) -> None:
    process = started(WITH_CHILD)
    grandchild = int(process.spec.log.read_text().split()[0])
    process.stop()
    until(lambda: not is_alive(grandchild))


@pytest.mark.parametrize("way", [[], ["--watch"]], ids=["kernel", "watching"])
def test_kill_9_of_the_parent_leaves_nothing_behind(way: list[str]) -> None:
    if not way and sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent has died")
    command = [sys.executable, "-c", "import os; print(os.getpid(), flush=True);" + SLEEP]
    leashed = f"[sys.executable, {leash!r}, *{way}, '--parent', str(os.getpid()), '--signal', '15', '--', *{command}]"
    program = [sys.executable, "-c", f"import os, subprocess, sys; subprocess.run({leashed})"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        until(lambda: not is_alive(child))


def test_sigterm_cleans_up_like_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), terminate_like_ctrl_c():
        signal.raise_signal(signal.SIGTERM)
