"""What is installed is what was locked, by its hash, under licences that Apache-2.0 may be shipped with."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from licences_page import PAGE, is_compatible, normal, page, rows, shipped

ROOT: Final = Path(__file__).parents[2]
LOCKED: Final[list[dict[str, Any]]] = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
REWRITE: Final = "run: .venv/bin/python tests/licences_page.py"
SHIPPED: Final = shipped()


def test_every_artifact_is_locked_by_its_hash() -> None:
    foreign = [package for package in LOCKED if "registry" in package["source"]]
    artifacts = [
        artifact for package in foreign for artifact in [package.get("sdist"), *package.get("wheels", ())] if artifact
    ]
    assert len(foreign) > 100
    assert len(artifacts) > len(foreign)
    assert [artifact["url"] for artifact in artifacts if not artifact.get("hash", "").startswith("sha256:")] == []
    assert [package["name"] for package in foreign if not (package.get("wheels") or package.get("sdist"))] == []


def test_nothing_comes_from_elsewhere_than_an_index_or_this_repository() -> None:
    kinds = {kind for package in LOCKED for kind in package["source"]}
    assert kinds <= {"registry", "editable", "virtual"}, "a package from a URL or from git is not locked by its hash"


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_package_s_licence_is_known_and_can_be_shipped(name: str) -> None:
    assert is_compatible(SHIPPED[name]), (
        f"{name} is under {SHIPPED[name]!r}: leave it out, or say in COMPATIBLE why not"
    )


def test_the_page_has_what_is_shipped() -> None:
    said = rows(PAGE.read_text("utf-8"))
    assert {name: said.get(name) for name in SHIPPED} == SHIPPED, REWRITE
    assert said.keys() <= {normal(package["name"]) for package in LOCKED}, REWRITE
    assert rows(page(SHIPPED)) == SHIPPED


@pytest.mark.parametrize("expression", ["unknown", "GPL-3.0-only", "MIT AND AGPL-3.0", "", "Proprietary", "SSPL-1.0"])
def test_what_cannot_be_shipped_is_seen(expression: str) -> None:
    assert not is_compatible(expression)


@pytest.mark.parametrize("expression", ["MIT", "MIT OR GPL-2.0", "Apache-2.0 AND MIT", "(MIT OR X) AND BSD-3-Clause"])
def test_what_can_be_shipped_is_seen(expression: str) -> None:
    assert is_compatible(expression)
