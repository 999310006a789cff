"""A run in which a secret was logged fails, wherever it was logged."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_secrets import leaked, secret

from ratecard_registry.keys import new_key

TESTS = Path(__file__).parents[1]
PROGRAMS = {
    "a record": "import logging\ndef test_it():\n    logging.getLogger('x').warning('with %s', TEXT)",
    "a traceback": """
        import logging
        def test_it():
            try:
                raise ValueError(TEXT)
            except ValueError:
                logging.exception('no')
        """,
    "standard error": "import sys\ndef test_it():\n    sys.stderr.write(TEXT)",
    "a process": "import subprocess\ndef test_it():\n    subprocess.run(['echo', TEXT])",
    "a log file": "def test_it(tmp_path):\n    (tmp_path / 'kafka.log').write_text(TEXT)",
}


def _run(pytester: pytest.Pytester, program: str, *, known: str, text: str) -> pytest.RunResult:
    """Run a program apart, so that what is a secret in there is none out here."""
    pytester.makepyfile(test_program=program.replace("TEXT", repr(text)))
    pytester.makeini(f"[pytest]\npythonpath = {TESTS}\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makeconftest(
        f"import known_secrets\npytest_plugins = ['secrets_watch']\nknown_secrets.secret({known!r})\n"
    )
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


@pytest.mark.parametrize("where", PROGRAMS)
def test_a_secret_in_what_is_logged_fails_the_run(pytester: pytest.Pytester, where: str) -> None:
    text = secrets.token_hex(12)
    result = _run(pytester, PROGRAMS[where], known=text, text=text)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*secrets were logged*", f"*: {text[:6]}..."])


def test_without_a_secret_a_run_is_as_it_was(pytester: pytest.Pytester) -> None:
    for program in PROGRAMS.values():
        assert _run(pytester, program, known=secrets.token_hex(12), text="a word").ret == pytest.ExitCode.OK


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_key_and_a_password_in_a_url_are_known_by_their_form(before: str, after: str) -> None:
    for text in (new_key(), "postgresql://ratecard:hunter2@db:5432/x", "redis://:hunter2@cache/0"):
        assert leaked(f"{before} {text} {after}")


@pytest.mark.parametrize(
    "text",
    ["rc_1234abcd", "https://prices.example:443/a@b", "postgresql://ratecard@db/x", "redis://:***@cache", "a: b@c", ""],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert leaked(text) is None


def test_what_is_called_a_secret_is_one() -> None:
    text = secret(secrets.token_hex(12))
    assert leaked(f"<{text}>") == f"{text[:6]}..."
