"""What is printed of a dead letter: its value as far as it can be read, in one line, and never a secret.

Anybody may have put anything into a record that nobody could read.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_MOST: Final = 2_000
_HIDDEN: Final = "[hidden]"
_SECRET_NAME: Final = re.compile(r"key$|token|secret|passw|credential|authori[sz]ation|cookie", re.IGNORECASE)
_SECRETS: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), rf"\1:{_HIDDEN}@"),
    (re.compile(r"\b(?:sk|rk|pk|xai|gsk|AIza)[-_]?[\w-]{16,}"), _HIDDEN),
    (re.compile(r"(?i)([\w-]*(?:key|token|secret|password|passwd)\"?\s*[=:]\s*\"?)[^\s\"&,}]+"), rf"\1{_HIDDEN}"),
)


def shown_value(value: bytes | None) -> str:
    """Return a record's value in one line: JSON where it is, or else what is readable of its bytes."""
    if value is None:
        return "none"
    try:
        text = msgspec.json.encode(_shown(msgspec.json.decode(value))).decode()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        text = f"{len(value)} bytes that are no JSON: {value[:_MOST].decode('utf-8', 'replace')}"
    text = without_secrets(text)
    return text if len(text) <= _MOST else f"{text[:_MOST]}... ({len(value):,} bytes)"


def without_secrets(text: str) -> str:
    """Return a text without what looks like a key, a token or a password."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _shown(value: Any) -> Any:
    match value:
        case dict():
            return {name: _held(name, held) for name, held in value.items()}
        case list():
            return [_shown(one) for one in value]
        case _:
            return value


def _held(name: str, held: Any) -> Any:
    is_secret = held and not isinstance(held, int | float) and _SECRET_NAME.search(name)
    return _HIDDEN if is_secret else _shown(held)
