"""PostgreSQL and Redis from Debian's packages, installed where they are absent. Their own services are not touched."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Final

from ratecard_cli.laptop import ports, valkey
from ratecard_cli.laptop.postgres import Cluster
from ratecard_cli.laptop.processes import Spec

_PACKAGES: Final = ("postgresql", "redis-server")
_APT: Final = "/usr/bin/apt-get"


def install_what_is_absent() -> None:
    """Install the packages unless both programs are there. Only root, or a user of sudo, can."""
    if postgres_programs() is not None and shutil.which("redis-server"):
        return
    become_root = [] if os.geteuid() == 0 else ["/usr/bin/sudo", "-n"]
    # In runlevel 1 the packages do not start the services that they install.
    quietly = ["/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", _APT, "-q"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *_PACKAGES]):
        subprocess.run([*become_root, *quietly, *step], check=True)


def postgres(home: Path, *, durable: bool = False) -> tuple[str, Spec]:
    """Make an empty server under `home`; return its URL and its process. A `durable` one can be killed."""
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("Debian's PostgreSQL is not under /usr/lib/postgresql: apt-get install postgresql")
    home.mkdir()
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    cluster = Cluster(home=home, programs=programs, system_user=user)
    cluster.create()
    port = ports.choose(None, "PostgreSQL")
    return cluster.url(port), cluster.server(port, log=home / "postgres.log", durable=durable)


def redis(folder: Path) -> tuple[str, Spec]:
    """Return the URL and the process of an empty Redis under `folder`."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("redis-server is not installed: apt-get install redis-server")
    port = ports.choose(None, "Redis")
    return valkey.url(port), valkey.server(Path(program), port, data=folder, log=folder / "redis.log")


def postgres_programs() -> Path | None:
    """Return the newest version's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None
