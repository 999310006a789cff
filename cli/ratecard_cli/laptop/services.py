"""The five services as child processes, run as in production: one module each, told everything by its environment."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.processes import Spec

SERVICES: Final = ("scheduler", "discovery", "scraper", "enricher", "registry")
_PATIENCE_SECONDS: Final = 3


def service(name: str, *, port: int, environment: Mapping[str, str], folder: Path) -> Spec:
    """Return the process of one of `SERVICES`, with `environment` on top of our own and its log under `folder`.

    It is ready when its /health on `port` says so. If we are killed, it is killed: it leaves nothing half done.
    """
    if name not in SERVICES:
        raise ValueError(f"there is no service {name!r}: they are {', '.join(SERVICES)}")
    # One that was killed has its place in its groups back at once: the laptop's broker never forgets a dead member.
    told = {"HTTP_HOST": ports.HOST, "HTTP_PORT": str(port), "KAFKA_INSTANCE_ID": "laptop"}
    return Spec(
        name=name,
        command=[sys.executable, "-m", f"ratecard_{name}"],
        log=folder / "logs" / f"{name}.log",
        environment={**os.environ, **environment, **told},
        ready=lambda: is_healthy(port),
    )


def is_healthy(port: int) -> bool:
    """Tell whether the service on `port` runs and reaches all that it leans on."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
