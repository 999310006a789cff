"""No secret is logged: all that a run logs is searched, and the run fails if one is found in it.

Searched are the log records, what tests and the processes that they start print, and log files in temporary folders.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from known_secrets import leaked

_LOG_FILES: Final = re.compile(r"(^|[._-])(log|out|err|stderr)$")
_MOST_BYTES: Final = 20_000_000


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Watch(), "ratecard-secrets-watch")


class Watch(logging.Handler):
    """Searches, and has a word on the run's success."""

    def __init__(self) -> None:
        super().__init__()
        self._test = "between tests"
        self._leaks: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except (TypeError, ValueError):  # it cannot be formatted, which pytest's own handler says
            return
        self._search(f"{self._test}: the log record of {record.name}", text)

    def _search(self, where: str, text: str) -> None:
        if begins := leaked(text):
            self._leaks.setdefault(where, begins)

    def pytest_sessionstart(self) -> None:
        logging.getLogger().addHandler(self)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._test = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, content in report.sections:
            self._search(f"{report.nodeid}: {name}", content)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        self._search_files(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]  # noqa: SLF001 - its fixture comes too early
        yield
        logging.getLogger().removeHandler(self)
        if self._leaks and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _search_files(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if _LOG_FILES.search(path.name) and path.is_file() and path.stat().st_size < _MOST_BYTES:
                self._search(str(path), path.read_text(errors="replace"))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._leaks:
            terminalreporter.section("secrets were logged", red=True)
            for where, begins in self._leaks.items():
                terminalreporter.line(f"{where}: {begins}")
