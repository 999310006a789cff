"""A Valkey or Redis server of our own: the cache, on one TCP port of this machine, saved when it stops."""

from __future__ import annotations

import signal
from pathlib import Path

from ratecard_cli.laptop.ports import HOST, answers
from ratecard_cli.laptop.processes import Spec


def url(port: int) -> str:
    return f"redis://{HOST}:{port}/0"


def server(program: Path, port: int, *, data: Path, log: Path, keep_open: tuple[int, ...] = ()) -> Spec:
    """Return the process of `program`, which is valkey-server or redis-server."""
    data.mkdir(parents=True, exist_ok=True)
    address = ["--bind", HOST, "--port", str(port), "--dir", str(data)]
    return Spec(
        name="Valkey",
        command=[program, *address, "--daemonize", "no", "--appendonly", "no", "--save", "3600", "1"],
        log=log,
        on_parent_death=signal.SIGTERM,
        keep_open=keep_open,
        ready=lambda: answers(port, ask=b"PING\r\n", expect=b"+PONG"),
    )
