"""docs/architecture/properties.md lists the mission's 39 properties as they are: tested, or open with the issue."""

from __future__ import annotations

from pathlib import Path

import pytest
from properties_page import (
    DATA,
    PAGE,
    TESTS,
    Property,
    PropertyTest,
    page,
    properties,
    property_tests_in,
    without_reached,
)

LISTED = properties(DATA.read_text("utf-8"))
FOUND = property_tests_in(TESTS)
REWRITE = "run: .venv/bin/python tests/properties_page.py"
TESTED = {test.number for test in FOUND}


def test_all_39_are_listed() -> None:
    assert sorted(LISTED) == [f"{number:02}" for number in range(1, 40)]


@pytest.mark.parametrize("number", sorted(LISTED.keys() | TESTED))
def test_a_property_has_a_test_or_is_open(number: str) -> None:
    assert number in LISTED, f"there is no property {number}: a test is misnamed"
    is_open = LISTED[number].open is not None
    assert is_open or number in TESTED, (
        f"property {number} has no test: write it, or say in {DATA.name} what reaches it"
    )
    assert not (is_open and number in TESTED), f"property {number} has a test: {REWRITE}"


@pytest.mark.parametrize("test", FOUND, ids=lambda test: test.name)
def test_a_property_is_tested_on_100_examples_at_least(test: PropertyTest) -> None:
    assert test.examples is not None, "a test that is named after a property is a hypothesis test: give it @given"
    assert test.examples >= 100


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(LISTED, FOUND), REWRITE


def test_a_property_test_is_found_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit/test_somewhere.py").write_text(
        "class TestIt:\n"
        "    @settings(deadline=None, max_examples=50)\n"
        "    @given(x=st.text())\n"
        "    async def test_property_07_names(self, x): ...\n"
        "@hypothesis.given(st.text())\n"
        "def test_property_01_all(x): ...\n"
        "def test_property_39_by_example(): ...\n"
    )
    found = property_tests_in(tmp_path)
    assert [(test.number, test.examples) for test in found] == [("01", 100), ("07", 50), ("39", None)]
    listed = {"01": Property(title="One", room="a"), "02": Property(title="Two", room="b", open="issue 3")}
    assert "| 01 | One | a | `unit/test_somewhere.py::test_property_01_all` |\n" in page(listed, found)
    assert "| 02 | Two | b | open: issue 3 |\n" in page(listed, found)


def test_a_property_that_has_a_test_is_no_longer_open() -> None:
    text = '[01]\ntitle = "One"\nroom = "a"\nopen = "issue 2"\n\n[02]\ntitle = "Two"\nroom = "a"\nopen = "issue 2"\n'
    test = PropertyTest(number="01", file="test_one.py", name="test_property_01_one", examples=100)
    assert [it.open for it in properties(without_reached(text, [test])).values()] == [None, "issue 2"]
