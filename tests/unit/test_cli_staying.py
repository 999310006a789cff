"""A stack that is up stays up, and ends when it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ratecard_cli import staying
from ratecard_cli.laptop.errors import ProcessError
from ratecard_cli.laptop.processes import Process, Spec
from ratecard_cli.staying import stay, until_stopped

Make = Callable[[str], Process]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(staying, "_LOOK_SECONDS", 0.02)
    made: list[Process] = []

    def start(program: str) -> Process:
        log = tmp_path / "logs" / "child.log"
        process = Process(Spec(name="the child", command=[sys.executable, "-c", program], log=log))
        made.append(process)
        process.start()
        return process

    yield start
    for process in made:
        process.kill()


async def test_what_stops_is_started_again(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    child = make("import time; time.sleep(60)")
    before = child.pid
    child.kill()
    with suppress(TimeoutError):
        await asyncio.wait_for(stay([child]), 0.5)
    assert child.pid != before
    assert child.exit_code is None
    assert "the child has stopped and is started again" in capsys.readouterr().out


async def test_what_stops_again_and_again_is_given_up_with_its_last_words(make: Make) -> None:
    child = make("import sys; print('no luck'); sys.exit(3)")
    with pytest.raises(ProcessError, match=r"(?s)the child stopped with exit code 3.*no luck"):
        await asyncio.wait_for(stay([child]), 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_is_no_fault(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    cleaned: list[str] = []

    async def work() -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        try:
            await asyncio.sleep(30)
        finally:
            cleaned.append("yes")

    with until_stopped():
        asyncio.run(work())
    assert cleaned == ["yes"]
    assert capsys.readouterr().out == "Stopped.\n"


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
