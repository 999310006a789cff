"""What the web page is made of: small, its own, and free of ways to turn text into markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from ratecard_registry.web.pages import HERE

MOST_BYTES_OF_SCRIPT: Final = 150_000
SCRIPTS: Final = sorted((HERE / "assets").rglob("*.js"))
OURS: Final = [path for path in SCRIPTS if path.parent.name != "vendor"]


def test_all_scripts_together_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in SCRIPTS) < MOST_BYTES_OF_SCRIPT


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_scripts_never_parse_text_as_markup(path: Path) -> None:
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(", path.read_text())
    assert found == []


@pytest.mark.parametrize("path", sorted((HERE / "templates").glob("*.html")), ids=lambda path: path.name)
def test_templates_escape_and_have_no_script_or_style_of_their_own(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\|\s*safe|autoescape|<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"(src|href)=\"https?:", text)


def test_what_is_vendored_comes_with_its_licence() -> None:
    for path in (HERE / "assets" / "vendor").glob("*.js"):
        assert (path.parent / f"{path.name.split('.')[0]}.LICENSE").read_text().startswith("The MIT License")
