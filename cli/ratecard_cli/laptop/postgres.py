"""A PostgreSQL server of our own: its data in one folder, on one TCP port of this machine, behind a password.

PostgreSQL refuses to run as root. For root it runs as an unprivileged user, so `home` must be a folder that
this user can reach; nothing else's permissions are changed.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from ratecard_cli.laptop.errors import ProcessError
from ratecard_cli.laptop.ports import HOST
from ratecard_cli.laptop.processes import Spec, leashed

USER: Final = "ratecard"
DATABASE: Final = "ratecard"
_READY: Final = "database system is ready to accept connections"
"""What its log says. A postmaster.pid left by a crash says `ready` too, and the port answers before recovery ends."""
_FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """One PostgreSQL data folder under `home`, the programs in `programs`, and the system user they run as."""

    home: Path
    programs: Path
    system_user: str | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    def url(self, port: int) -> str:
        """Return the URL that connects as the owner; it holds the password."""
        return f"postgresql://{USER}:{self._password_file.read_text()}@{HOST}:{port}/{DATABASE}"

    def create(self) -> None:
        """Make the data folder and our database, once. An attempt that was cut short is thrown away."""
        if self.data.exists():
            return
        self._write_password()
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        secret = f"--pwfile={self._password_file}"
        how = ["--auth=scram-sha-256", secret, "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run(["initdb", "-D", fresh, "-U", USER, *how])
        self._run(["postgres", "--single", "-D", fresh, "template1"], said=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(self.data)

    def server(self, port: int, *, log: Path, durable: bool, keep_open: tuple[int, ...] = ()) -> Spec:
        """Return the server's process. Without `durable` it is faster and may lose data when the machine dies."""
        settings = [
            f"listen_addresses={HOST}",
            f"port={port}",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if durable else _FAST),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        return Spec(
            name="PostgreSQL",
            command=[self.programs / "postgres", "-D", self.data, *options],
            log=log,
            environment=_plain_environment(),
            folder=self.home,
            user=self.system_user,
            stop_with=signal.SIGINT,  # fast shutdown: clients are cut off, data is written
            on_parent_death=signal.SIGINT,
            keep_open=keep_open,
            ready=lambda: _READY in log.read_text(errors="replace"),
        )

    @property
    def _password_file(self) -> Path:
        return self.home / "password"

    def _write_password(self) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        if self.system_user:
            shutil.chown(self._password_file, self.system_user, pwd.getpwnam(self.system_user).pw_gid)

    def _run(self, command: Sequence[str | Path], *, said: str = "") -> None:
        program = [self.programs / command[0], *command[1:]]
        done = subprocess.run(  # noqa: S603 - the command is ours
            leashed(program, on_parent_death=signal.SIGKILL, user=self.system_user),
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env=_plain_environment(),
        )
        if done.returncode != 0:
            raise ProcessError(f"{command[0]} could not prepare {self.home}:\n{done.stdout}{done.stderr}")


def _plain_environment() -> dict[str, str]:
    """Return our environment without what would steer PostgreSQL to another server, folder or language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
