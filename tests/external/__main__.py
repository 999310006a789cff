"""Run a command beside a real Apache Kafka and Debian's PostgreSQL and Redis, and end them with it.

    .venv/bin/python tests/external .venv/bin/pytest -m backends

The command finds their URLs in its environment. Their data is in a temporary folder, which is removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apache_kafka
import debian

from ratecard_cli.laptop.backends import Backends
from ratecard_cli.laptop.processes import leashed, running, terminate_like_ctrl_c

sys.path.insert(0, str(Path(__file__).parents[1]))
from in_memory import folder_in_memory

_START_SECONDS = 60


def main(command: Sequence[str]) -> int:
    """Return the exit code of `command`."""
    debian.install_what_is_absent()
    with _folder() as folder, folder_in_memory() as fast, terminate_like_ctrl_c():
        database_url, postgres = debian.postgres(fast / "postgres")
        redis_url, redis = debian.redis(folder / "redis")
        address, kafka = apache_kafka.server(folder / "kafka")
        with running([kafka, postgres, redis], within_seconds=_START_SECONDS):
            backends = Backends(database_url=database_url, kafka=address, redis_url=redis_url)
            return _run(command, backends)


def _run(command: Sequence[str], backends: Backends) -> int:
    told = {**os.environ, **backends.environment, "RATECARD_TEST_BACKENDS": "external"}
    return subprocess.run(leashed(command, on_parent_death=signal.SIGTERM), env=told, check=False).returncode


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that other users can pass through: PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="ratecard-external-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
