"""Single facts of an API's answer: a value of an unexpected type, or beyond any meaning, is no fact."""

from __future__ import annotations

from typing import Any, Final

_MOST_TOKENS: Final = 2**31 - 1


def text_of(value: Any) -> str | None:
    # PostgreSQL keeps no NUL, and no provider means one.
    return value if isinstance(value, str) and value.strip() and "\0" not in value else None


def token_count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_MOST_TOKENS)):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_TOKENS else None
