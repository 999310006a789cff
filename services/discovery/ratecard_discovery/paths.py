"""Finding things in JSON by dotted path, both as values and as the very bytes that the API sent."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])


def value_of(raw: bytes | msgspec.Raw) -> Any:
    """Return the JSON value in `raw`, numbers exact. Raises msgspec.MsgspecError."""
    try:
        return _EXACT.decode(raw)
    except InvalidOperation as error:
        raise msgspec.DecodeError("a number has an exponent beyond any meaning") from error


def found(value: Any, path: str) -> Any:
    """Return what stands at `path` below `value` ("" is `value` itself), or None."""
    for step in path.split(".") if path else ():
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def raw_at(raw: bytes | msgspec.Raw, path: str) -> bytes:
    """Return the bytes at `path` as they were sent. Raises msgspec.MsgspecError or KeyError."""
    for step in path.split(".") if path else ():
        raw = _OBJECT.decode(raw)[step]
    return bytes(raw)


def raw_items(raw: bytes | msgspec.Raw) -> list[bytes]:
    """Return the bytes of each item of the array in `raw`. Raises msgspec.MsgspecError."""
    return [bytes(item) for item in _ARRAY.decode(raw)]
