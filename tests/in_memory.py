"""Where the data of the tests' PostgreSQL is: in memory, as each test has a database of hundreds of files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of a name of its own is made in it
_MUCH: Final = 4_000_000_000
_DISK: Final = "/var/tmp"  # noqa: S108 - the same


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Make a folder that other users can pass through, in memory if the machine has room for that."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MUCH
    folder = Path(tempfile.mkdtemp(prefix="ratecard-tests-", dir=_MEMORY if roomy else _DISK))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
