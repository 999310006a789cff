"""Where the tests' backends come from: RATECARD_TEST_BACKENDS is `embedded` (default), `docker` or `external`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import pytest
from backends_docker import docker_backends
from in_memory import folder_in_memory

from ratecard_cli.laptop.backends import Backends, embedded_backends
from ratecard_cli.laptop.homes import forget

_VARIABLE: Final = "RATECARD_TEST_BACKENDS"


def are_external() -> bool:
    """Tell whether tests run on Apache Kafka and Debian's PostgreSQL and Redis."""
    return os.environ.get(_VARIABLE) == "external"


def obtained(folders: pytest.TempPathFactory) -> AbstractContextManager[Backends]:
    """Return the backends that the environment asks for, running while the block lasts."""
    ways: dict[str, Callable[[], AbstractContextManager[Backends]]] = {
        "embedded": lambda: _embedded(folders),
        "docker": docker_backends,
        "external": _external,
    }
    asked = os.environ.get(_VARIABLE) or "embedded"
    if asked not in ways:
        raise pytest.UsageError(f"{_VARIABLE} is {asked!r}, but it takes {', '.join(ways)}")
    return ways[asked]()


@contextmanager
def _embedded(folders: pytest.TempPathFactory) -> Iterator[Backends]:
    folder = folders.mktemp("backends")
    with folder_in_memory() as fast:
        home = fast / "postgres"
        if os.geteuid() != 0:  # else it is made for the user that PostgreSQL runs as
            home.mkdir(mode=0o700)
        (folder / "postgres").symlink_to(home)
        try:
            with embedded_backends(folder, durable=False) as found:
                yield found
        finally:
            forget(folder)


@contextmanager
def _external() -> Iterator[Backends]:
    names = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(f"{_VARIABLE}=external also needs {', '.join(missing)}; the Redis database is emptied")
    database_url, kafka, redis_url = (os.environ[name] for name in names)
    yield Backends(database_url=database_url, kafka=kafka, redis_url=redis_url)
