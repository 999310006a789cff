"""What a check found: how it is, and what to do where it is not well. Whoever prints it takes out what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

_SECRET_WORDS: Final = ("KEY", "PASSWORD", "SECRET", "TOKEN", "WEBHOOK", "_URL", "_URLS")
_SHORTEST_SECRET: Final = 4
_HIDDEN: Final = "***"


class State(StrEnum):
    """How it is: a problem keeps something from working, a warning deserves a look."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `do` is empty where nothing is to be done."""

    check: str
    state: State
    says: str
    do: str = ""


def well(check: str, says: str) -> Finding:
    return Finding(check=check, state=State.OK, says=says)


def warning(check: str, says: str, *, do: str) -> Finding:
    return Finding(check=check, state=State.WARNING, says=says, do=do)


def problem(check: str, says: str, *, do: str) -> Finding:
    return Finding(check=check, state=State.PROBLEM, says=says, do=do)


def without_secrets(finding: Finding, environ: Mapping[str, str]) -> Finding:
    """Return the finding without any value of the environment that could be secret, whoever put it into a message."""
    says = finding.says  # what to do is in our own words
    for secret in _secrets(environ):
        says = says.replace(secret, _HIDDEN)
    return msgspec.structs.replace(finding, says=says)


def _secrets(environ: Mapping[str, str]) -> list[str]:
    """Return what is secret, the longest first: a password may be a part of another one."""
    found = set()
    for name, value in environ.items():
        if name.upper().endswith(("_URL", "_URLS")):
            found |= _passwords(value)
        elif any(word in name.upper() for word in _SECRET_WORDS):
            found.add(value.strip())
    return sorted((secret for secret in found if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)


def _passwords(urls: str) -> set[str]:
    found = set()
    for url in urls.split():
        try:
            password = urlsplit(url).password or ""
        except ValueError:
            password = url
        found |= {url, password, unquote(password)}
    return found
