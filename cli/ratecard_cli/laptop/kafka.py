"""The Kafka-protocol broker from the wheel `noida-db`. It is a laptop's broker: promises are kept on Apache Kafka."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

from ratecard_cli.laptop.ports import HOST, answers
from ratecard_cli.laptop.processes import Spec

_API_VERSIONS_REQUEST: Final = b"\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff"


def is_ready(port: int) -> bool:
    """Tell whether a Kafka broker answers on `port`."""
    return answers(port, ask=_API_VERSIONS_REQUEST)


def server(program: Path, port: int, *, data: Path, log: Path, keep_open: tuple[int, ...] = ()) -> Spec:
    """Return the broker's process; its data is written as it changes and when it stops."""
    data.mkdir(parents=True, exist_ok=True)
    return Spec(
        name="the Kafka broker",
        command=[program, "start", "--only", "kafka", "--host", HOST, "--kafka-port", str(port), "--data-dir", data],
        log=log,
        on_parent_death=signal.SIGTERM,
        keep_open=keep_open,
        ready=lambda: is_ready(port),
    )
