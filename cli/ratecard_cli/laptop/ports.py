"""Ports on 127.0.0.1: free ones, and whether the right thing answers there. Nothing listens on another address."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Final

from ratecard_cli.laptop.errors import PortTakenError

HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 0.5
_ATTEMPTS: Final = 100
_FREE: Final = range(20_000, 32_000)
"""Where free ports are looked for. The system gives higher ones to outgoing connections, ours among them: one of those
could take a port in the moment before its server does."""


def choose(wanted: int | None, what: str) -> int:
    """Return `wanted`, or a free port when it is None. Raises PortTakenError, naming `what` wanted it."""
    return choose_all({what: wanted})[what]


def choose_all(wanted: Mapping[str, int | None]) -> dict[str, int]:
    """Return a port for each, as `choose` does, no two the same."""
    with ExitStack() as held:
        return {what: _bound(held.enter_context(socket.socket()), port, what) for what, port in wanted.items()}


def _bound(probe: socket.socket, wanted: int | None, what: str) -> int:
    if wanted is None:
        return _bound_to_any(probe, what)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, wanted))
    except OSError as error:
        raise PortTakenError(
            f"port {wanted} for {what} cannot be used ({error.strerror}): stop what uses it, choose another port, "
            "or give none to get a free one"
        ) from error
    return wanted


def _bound_to_any(probe: socket.socket, what: str) -> int:
    for _ in range(_ATTEMPTS):
        with suppress(OSError):
            probe.bind((HOST, _FREE[secrets.randbelow(len(_FREE))]))
            return int(probe.getsockname()[1])
    raise PortTakenError(f"no port from {_FREE[0]} to {_FREE[-1]} is free for {what}: give one")


def answers(port: int, *, ask: bytes, expect: bytes = b"") -> bool:
    """Tell whether something on `port` answers `ask` with bytes that begin with `expect`."""
    try:
        with socket.create_connection((HOST, port), timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(ask)
            reply = connection.recv(64)
    except OSError:
        return False
    return bool(reply) and reply.startswith(expect)
