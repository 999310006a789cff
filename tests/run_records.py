"""What a run did: which tests used the backends, and whether any was skipped that may not be. CI asks for both.

`--forbid-unlisted-skips` fails the run on a skip that tests/allowed_skips.txt does not name; CI=true is the same.
`--record-backends-tests FILE` writes the ids of the `backends` tests that ran, to compare two runs: without those that
are marked to run on Apache Kafka alone.
"""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import Final

import pytest

ALLOWED_SKIPS: Final = Path(__file__).with_name("allowed_skips.txt")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ratecard")
    group.addoption("--forbid-unlisted-skips", action="store_true", default=os.environ.get("CI") == "true")
    group.addoption("--record-backends-tests", type=Path, metavar="FILE")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(RunRecord(config), "ratecard-run-record")


def allowed_skips(text: str) -> list[str]:
    """Return the patterns in the text of the list: one a line, comments after `#`."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def is_allowed(test: str, patterns: list[str]) -> bool:
    """Tell whether the id `test` is on the list. Brackets in an id are literal; `*` stands for anything."""
    return any(fnmatch.fnmatchcase(test, pattern.replace("[", "[[]")) for pattern in patterns)


class RunRecord:
    """Collects what was skipped and what ran, and has the last word on the run's success."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._ran: set[str] = set()
        self._unlisted: dict[str, str] = {}
        self._patterns = allowed_skips(ALLOWED_SKIPS.read_text(encoding="utf-8"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        runs_on_both = "backends" in report.keywords and "apache_kafka" not in report.keywords
        if report.when == "call" and not report.skipped and runs_on_both:
            self._ran.add(report.nodeid)
        self._note_skip(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note_skip(report)

    def _note_skip(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and not is_allowed(report.nodeid, self._patterns):
            why = report.longrepr
            self._unlisted[report.nodeid] = why[2] if isinstance(why, tuple) else str(why)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        record: Path | None = self._config.getoption("--record-backends-tests")
        if record is not None:
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text("".join(f"{test}\n" for test in sorted(self._ran)), encoding="utf-8")
        if self._is_forbidden() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._is_forbidden():
            return
        terminalreporter.section("skipped, but not on tests/allowed_skips.txt", red=True)
        for test, why in sorted(self._unlisted.items()):
            terminalreporter.line(f"{test}: {why}")

    def _is_forbidden(self) -> bool:
        return bool(self._unlisted) and bool(self._config.getoption("--forbid-unlisted-skips"))
