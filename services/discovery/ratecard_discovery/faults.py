"""What went wrong with a provider's API, and what to do, in words that never hold the key."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from yarl import URL

from ratecard_providers.endpoint import ListEndpoint
from ratecard_shared.http import Answer

_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_FAULTS: Final = 500
_MOST_TEXT: Final = 200
_TELLING: Final = 6  # so many characters of a key in a row are too many to print
_MASKED: Final = re.compile(r"\S*\*{2,}\S*")


class DiscoveryError(Exception):
    """There is no list from this provider in this sync. The message says why and what to do."""


def check_key(key: str, endpoint: ListEndpoint) -> None:
    """Raise DiscoveryError for a key that no header can carry: a line break, a blank, a letter outside ASCII."""
    if not re.fullmatch(r"[!-~]+", key):
        raise DiscoveryError(f"{endpoint.key_variable} holds a blank, a line break or a letter that no key has: set it")


def is_bad_key(answer: Answer, endpoint: ListEndpoint) -> bool:
    """Tell whether the provider refused the key itself: asking again with it is of no use."""
    if answer.status in endpoint.bad_key_statuses:
        return True
    text = answer.body.decode(errors="replace")
    return answer.status == _BAD_REQUEST and any(word in text for word in endpoint.bad_key_words)


def fault(answer: Answer, endpoint: ListEndpoint, key: str | None) -> str:
    """Return what an answer other than 200 means and what to do about it."""
    said = f"{URL(answer.url).host} answered HTTP {answer.status}"
    if is_bad_key(answer, endpoint):  # what the provider says of a bad key is the key
        variable = endpoint.key_variable
        return f"{said}, the key is refused: check {variable}" if variable else f"{said}: it wants a key"
    if answer.status == _TOO_MANY:
        return f"{said}, too many requests: the next sync tries again"
    if answer.status >= _SERVER_FAULTS:
        return f"{said}{_words(answer, key)}: the provider has a problem, the next sync tries again"
    if answer.status == _NOT_FOUND:
        return f"{said}: there is no such list, check `models.url` in the provider file"
    return f"{said}{_words(answer, key)}: check `models` in the provider file"


def _words(answer: Answer, key: str | None) -> str:
    message = _message(answer.body)
    return f" ({redacted(message, key)[:_MOST_TEXT]})" if message else ""


def _message(body: bytes) -> str:
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(answer, dict):
            answer = answer.get(name, answer)
    return " ".join(answer.split()) if isinstance(answer, str) else ""


def redacted(text: str, key: str | None) -> str:
    """Return `text` without any word that holds the key, a piece of it, or a masked key."""
    if key:
        text = text.replace(key, "***")
        pieces = {key[at : at + _TELLING] for at in range(len(key) - _TELLING + 1)}
        text = " ".join("***" if any(piece in word for piece in pieces) else word for word in text.split(" "))
    return _MASKED.sub("[redacted]", text)
