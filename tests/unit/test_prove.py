"""What `make prove` takes out still stands in the source, and the tests that must see it are there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from prove_mechanisms import MECHANISMS, Mechanism

ROOT: Final = Path(__file__).parents[2]


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda one: one.name)
def test_it_can_be_taken_out_and_has_its_tests(mechanism: Mechanism) -> None:
    source = (ROOT / mechanism.path).read_text(encoding="utf-8")
    assert mechanism.taken_out_of(source) != source
    assert mechanism.tests
    for test in mechanism.tests:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8") if name else (ROOT / path).is_file()
