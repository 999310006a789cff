"""Backends of a test's own, to be killed and started again beside those of the run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ratecard_cli.laptop.backends import Backends
from ratecard_cli.laptop.homes import forget
from ratecard_cli.laptop.processes import running

sys.path.insert(0, str(Path(__file__).with_name("external")))
import apache_kafka
import debian

_START_SECONDS: Final = 60


@contextmanager
def own_backends() -> Iterator[Backends]:
    """Run PostgreSQL, Apache Kafka and Redis; what PostgreSQL has committed survives a kill."""
    folder = Path(tempfile.mkdtemp(prefix="ratecard-own-", dir="/var/tmp"))  # PostgreSQL's user enters it
    folder.chmod(0o711)
    try:
        database_url, postgres = debian.postgres(folder / "postgres", durable=True)
        redis_url, redis = debian.redis(folder / "redis")
        address, kafka = apache_kafka.server(folder / "kafka")
        with running([postgres, kafka, redis], within_seconds=_START_SECONDS) as processes:
            yield Backends(database_url=database_url, kafka=address, redis_url=redis_url, processes=tuple(processes))
    finally:
        forget(folder)
        shutil.rmtree(folder, ignore_errors=True)
