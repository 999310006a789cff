"""The page that lists the mission's 39 properties with their tests: made from properties.toml and the tests themselves.

`.venv/bin/python tests/properties_page.py` writes it, and takes `open` off what has a test by now. It is not written by
hand, so it cannot name a test that is not there or leave out one that is.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs/architecture/properties.md"
DATA: Final = PAGE.with_suffix(".toml")

_NAMED: Final = re.compile(r"test_property_(\d\d)_\w+")
_HEAD: Final = """\
# The mission's 39 properties

Each is a hypothesis test of at least 100 examples, or open until the issue named. Written by
`.venv/bin/python tests/properties_page.py` from `properties.toml` and the tests.

| | property | room | test |
|---|---|---|---|
"""


class Property(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the mission's properties. `open` says which issue reaches it while no test does."""

    title: str
    room: str
    open: str | None = None


class PropertyTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a property. `examples` is None where hypothesis does not draw its input, 100 where nothing is said."""

    number: str
    file: str
    name: str
    examples: int | None


def properties(text: str) -> dict[str, Property]:
    """Return the properties by their two-digit numbers."""
    return msgspec.convert(tomllib.loads(text), dict[str, Property])


def property_tests_in(folder: Path) -> list[PropertyTest]:
    """Return every test below `folder` that is named after a property, by number, file and place."""
    files = sorted(folder.rglob("test_*.py"))
    found = [test for file in files for test in _tests_in(file.relative_to(folder).as_posix(), file.read_text("utf-8"))]
    return sorted(found, key=lambda test: test.number)


def page(listed: Mapping[str, Property], tests: Sequence[PropertyTest]) -> str:
    """Return the page."""
    rows = [
        f"| {number} | {it.title} | {it.room} | {_cell(it, [test for test in tests if test.number == number])} |\n"
        for number, it in sorted(listed.items())
    ]
    return _HEAD + "".join(rows)


def _cell(listed: Property, tests: Sequence[PropertyTest]) -> str:
    if not tests:
        return f"open: {listed.open}"
    return "<br>".join(f"`{test.file}::{test.name}`" for test in tests)


def _tests_in(file: str, source: str) -> Iterator[PropertyTest]:
    if "test_property_" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (named := _NAMED.fullmatch(node.name)):
            yield PropertyTest(number=named[1], file=file, name=node.name, examples=_examples(node.decorator_list))


def _examples(decorators: Sequence[ast.expr]) -> int | None:
    calls = {_called(it): it for it in decorators if isinstance(it, ast.Call)}
    if "given" not in calls:
        return None
    said = calls["settings"].keywords if "settings" in calls else []
    return next((int(ast.literal_eval(it.value)) for it in said if it.arg == "max_examples"), 100)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def without_reached(text: str, tests: Sequence[PropertyTest]) -> str:
    """Return properties.toml's text without the `open` of properties that have a test by now."""
    for number in {test.number for test in tests}:
        text = re.sub(rf"(?m)(^\[{number}\]\n(?:[^\[\n].*\n)*?)open = .*\n", r"\1", text)
    return text


def write() -> None:
    """Bring properties.toml and the page up to date with the tests."""
    tests = property_tests_in(TESTS)
    data = without_reached(DATA.read_text("utf-8"), tests)
    DATA.write_text(data, encoding="utf-8")
    PAGE.write_text(page(properties(data), tests), encoding="utf-8")


if __name__ == "__main__":
    write()
