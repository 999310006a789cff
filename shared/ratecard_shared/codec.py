"""Events to bytes and back. Money is an exact JSON number: NaN, infinities, strings and absurd exponents are refused.

Even strict msgspec takes "7" and "NaN" for a Decimal, so every Decimal is looked at beside the JSON it came from.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

MAX_RECORD_BYTES: Final = 512 * 1024
"""No event is longer; a longer list goes out in chunks. Dead letters may be."""

_MOST_DIGITS: Final = 40
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class BadEventError(ValueError):
    """A record that no retry will make readable."""


def encode(event: Any) -> bytes:
    """Return the JSON bytes of an event. Raises BadEventError for a Decimal that is not finite."""
    _check_decimals(event, None)
    return _ENCODER.encode(event)


def decode(body: bytes, kind: Any) -> Any:
    """Return the event of type `kind` in `body`. Raises BadEventError, saying what is wrong with it."""
    try:
        event = msgspec.json.decode(body, type=kind)
        _check_decimals(event, msgspec.json.decode(body))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadEventError(f"not a valid {getattr(kind, '__name__', kind)}: {error}") from error
    return event


def _check_decimals(value: Any, raw: Any) -> None:
    if isinstance(value, Decimal):
        _check_decimal(value, raw)
    elif isinstance(value, msgspec.Struct):
        for field, name in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            _check_decimals(getattr(value, field), raw.get(name) if isinstance(raw, dict) else None)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_decimals(item, raw.get(key) if isinstance(raw, dict) else None)
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            _check_decimals(item, raw[index] if isinstance(raw, list) else None)


def _check_decimal(value: Decimal, raw: Any) -> None:
    if isinstance(raw, str):
        raise BadEventError(f"a price must be a JSON number, not the string {raw[:40]!r}")
    if not value.is_finite():
        raise BadEventError(f"a price must be a finite number, not {value}")
    if abs(value.adjusted()) > _MOST_DIGITS or len(value.as_tuple().digits) > _MOST_DIGITS:
        raise BadEventError("a price is out of any range: at most 40 digits are taken")
