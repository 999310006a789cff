"""docs/licences.md: what runs in production, and under which licence: `python tests/licences_page.py` writes it.

Without versions, which are in uv.lock, so that an update is no change here unless a licence or a package is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

PAGE: Final = Path(__file__).parents[1] / "docs" / "licences.md"
OURS: Final = "ratecard-"
ROOMS: Final = ("scheduler", "discovery", "scraper", "enricher", "registry", "cli")
COMPATIBLE: Final = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "ISC", "MIT", "MPL-2.0", "PSF-2.0"})
"""What a program under Apache-2.0 may be shipped with. MPL-2.0 is for its own files, which stay as they are."""

_SPELLINGS: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_HEAD: Final = """\
# Licences

Written by `python tests/licences_page.py` from what the packages say of themselves. Ratecard is under Apache-2.0; these
are the packages that it runs with. `uv.lock` has their versions and hashes; `make supply` writes an SBOM and asks for
known vulnerabilities. A test fails on a package that is not here, and on a licence that Apache-2.0 does not go with.

| package | licence |
|---|---|
"""


def shipped() -> dict[str, str]:
    """Return the licence of each package that the services and the command run with, by its name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(OURS + room) for room in ROOMS]
    while waiting:
        asked = waiting.pop()
        name = f"{normal(asked.name)}[{','.join(sorted(asked.extras))}]"
        if name not in found:
            try:
                found[name] = distribution(asked.name)
            except PackageNotFoundError:
                continue  # for another platform: a marker that nobody evaluates names it
            waiting += _needed(found[name], asked.extras)
    return {normal(one.name): licence(one) for one in found.values() if not normal(one.name).startswith(OURS)}


def _needed(found: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for text in found.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield needed


def normal(name: str) -> str:
    """Return a package's name as indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(found: Distribution) -> str:
    """Return a package's licence by its SPDX name, as far as it says one."""
    said: dict[str, Any] = found.metadata.json
    if expression := said.get("license_expression"):
        return str(expression)
    lines = str(said.get("license", "")).strip().splitlines()
    classified = [c.rpartition(" :: ")[2] for c in said.get("classifier", ()) if c.startswith("License ::")]
    names = lines if len(lines) == 1 else classified or lines[:1]
    return " OR ".join(_SPELLINGS.get(name, name) for name in names) or "unknown"


def is_compatible(expression: str) -> bool:
    """Tell whether what is under these licences may be shipped: under all that AND joins, one of what OR joins."""
    every = re.split(r"\s+AND\s+", expression.replace("(", "").replace(")", ""))
    return all(COMPATIBLE.intersection(re.split(r"\s+OR\s+", part)) for part in every)


def rows(page: str) -> dict[str, str]:
    """Return what a page says, by package."""
    return dict(re.findall(r"^\| (\S+) \| (.+) \|$", page, re.MULTILINE)[1:])


def page(packages: dict[str, str]) -> str:
    """Return the page."""
    return _HEAD + "".join(f"| {name} | {packages[name]} |\n" for name in sorted(packages))


if __name__ == "__main__":
    PAGE.write_text(page(shipped()), encoding="utf-8")
