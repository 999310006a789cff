"""One run at a time uses a state folder, and ports are free ones or the ones that were asked for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.errors import PortTakenError, StateError
from ratecard_cli.laptop.state import locked


def test_a_second_run_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(StateError, match=f"process {os.getpid()}"), locked(tmp_path):
        pass


def test_a_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "made"):
            assert (tmp_path / "made" / "lock").read_text() == str(os.getpid())


def test_a_run_waits_for_what_a_killed_one_left_to_end(tmp_path: Path) -> None:
    with locked(tmp_path) as lock:
        os.pwrite(lock, b"99999999", 0)  # no process has this id: as if its holder had been killed
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=(lock,))
    with locked(tmp_path), left:
        assert left.poll() is not None or left.wait(1) == 0


def test_a_port_in_use_is_named_with_what_wanted_it() -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} for PostgreSQL cannot be used"):
            ports.choose(port, "PostgreSQL")


def test_a_port_that_is_free_is_taken_as_asked() -> None:
    port = ports.choose(None, "anything")
    assert ports.choose(port, "anything") == port


@given(st.sets(st.text(), max_size=20))
def test_no_two_get_the_same_port(names: set[str]) -> None:
    assert len(set(ports.choose_all(dict.fromkeys(names)).values())) == len(names)


@given(st.binary(min_size=1, max_size=20), st.binary(max_size=3))
def test_only_the_right_answer_counts(reply: bytes, expect: bytes) -> None:
    with socket.create_server((ports.HOST, 0)) as server, ThreadPoolExecutor(1) as beside:
        beside.submit(_answer, server, reply)
        assert ports.answers(server.getsockname()[1], ask=b"?", expect=expect) == reply.startswith(expect)


def test_no_answer_does_not_count() -> None:
    assert not ports.answers(ports.choose(None, "nothing"), ask=b"?")


def _answer(server: socket.socket, reply: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1)
        connection.sendall(reply)
