"""CI sees every skip that is not on the list, and which backends tests ran."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_records import ALLOWED_SKIPS, allowed_skips, is_allowed

SKIPS = "import pytest\n\n@pytest.mark.skip(reason='not today')\ndef test_it():\n    pass\n"
PASSES = """\
import pytest

@pytest.mark.backends
def test_it():
    pass

@pytest.mark.backends
@pytest.mark.apache_kafka
def test_on_apache_kafka_alone():
    pass

def test_other():
    pass
"""
INI = """\
[pytest]
asyncio_default_fixture_loop_scope = function
markers =
    backends: needs them
    apache_kafka: runs there alone
"""


def _run(pytester: pytest.Pytester, program: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_program=program)
    pytester.makeini(INI)
    return pytester.runpytest_inprocess("-p", "run_records", "-p", "no:cacheprovider", *options)


def test_an_unlisted_skip_fails_the_run(pytester: pytest.Pytester) -> None:
    result = _run(pytester, SKIPS, "--forbid-unlisted-skips")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*not on tests/allowed_skips.txt*", "test_program.py::test_it: *not today*"])


def test_a_whole_file_that_is_skipped_fails_the_run(pytester: pytest.Pytester) -> None:
    program = "import pytest\npytest.skip('absent', allow_module_level=True)\n"
    assert _run(pytester, program, "--forbid-unlisted-skips").ret != pytest.ExitCode.OK


def test_ci_forbids_unlisted_skips_without_being_asked(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert _run(pytester, SKIPS).ret == pytest.ExitCode.TESTS_FAILED


def test_elsewhere_a_skip_is_no_failure(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert _run(pytester, SKIPS).ret == pytest.ExitCode.OK


def test_the_backends_tests_that_ran_are_written_down(pytester: pytest.Pytester, tmp_path: Path) -> None:
    record = tmp_path / "made" / "ran.txt"
    assert _run(pytester, PASSES, "--record-backends-tests", str(record)).ret == pytest.ExitCode.OK
    assert record.read_text() == "test_program.py::test_it\n"


@given(st.text(st.characters(codec="ascii", exclude_characters="*?#\r\n\v\f\x1c\x1d\x1e"), min_size=1))
def test_a_test_is_on_the_list_when_its_id_is(test: str) -> None:
    patterns = allowed_skips(f"# why\n{test}  # because\n")
    assert is_allowed(test.strip(), patterns) or not test.strip()
    assert not is_allowed(test + "and_another", patterns)


def test_each_entry_of_the_list_has_its_reason() -> None:
    lines = [line for line in ALLOWED_SKIPS.read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert [line for line in lines if "  # " not in line] == []
