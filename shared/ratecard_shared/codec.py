"""Events to bytes and back. Money is an exact JSON number: NaN, infinities, strings and absurd exponents are refused.

Even strict msgspec takes "7" and "NaN" for a Decimal, so every Decimal is looked at beside the JSON it came from.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec
import msgspec.inspect

MAX_RECORD_BYTES: Final = 512 * 1024
"""No event is longer; a longer list goes out in chunks. Dead letters may be."""

VERSION: Final = 1
"""Of every topic's events. A breaking change is a new topic, so another version here is a mistake of a producer's."""

_MOST_DIGITS: Final = 40
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")

_Check = Callable[[Any, Any], None]


class BadEventError(ValueError):
    """A record that no retry will make readable."""


def encode(event: Any) -> bytes:
    """Return the JSON bytes of an event. Raises BadEventError for a Decimal that is not finite."""
    _check(event, None)
    return _ENCODER.encode(event)


def decode(body: bytes, kind: Any) -> Any:
    """Return the event of type `kind` in `body`. Raises BadEventError, saying what is wrong with it.

    An event of a later version is refused: what is left out of it here may change what the rest means.
    """
    try:
        event = _decoder(kind).decode(body)
        if not isinstance(event, msgspec.Struct) or _struct_check(type(event)):
            _check(event, msgspec.json.decode(body))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadEventError(f"not a valid {getattr(kind, '__name__', kind)}: {error}") from error
    if (version := getattr(event, "version", VERSION)) != VERSION:
        raise BadEventError(f"a {kind.__name__} of version {version}, but this release reads version {VERSION}")
    return event


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _check(value: Any, raw: Any) -> None:
    """Look at every Decimal in a value of any type, beside the JSON that it came from; None: beside nothing."""
    if isinstance(value, Decimal):
        _check_decimal(value, raw)
    elif isinstance(value, msgspec.Struct):
        if check := _struct_check(type(value)):
            check(value, raw)
    elif isinstance(value, dict):
        _check_values(value, raw, _check)
    elif isinstance(value, tuple | list):
        _check_items(value, raw, _check)


def _check_values(value: Any, raw: Any, check: _Check) -> None:
    if isinstance(raw, dict):
        for key, item in value.items():
            check(item, raw.get(key))
    else:
        for item in value.values():
            check(item, None)


def _check_items(value: Any, raw: Any, check: _Check) -> None:
    for item, raw_item in zip(value, raw if isinstance(raw, list) else itertools.repeat(None), strict=False):
        check(item, raw_item)


@cache
def _struct_check(kind: type[msgspec.Struct]) -> _Check | None:
    """Return what looks at a Struct's Decimals, None if it can hold none: most fields need no look."""
    described: Any = msgspec.inspect.type_info(kind)
    fields = [(field.name, field.encode_name, _check_of(field.type)) for field in described.fields]
    looked_at = [(name, encoded, check) for name, encoded, check in fields if check]

    def check(value: Any, raw: Any) -> None:
        for name, encoded, check_field in looked_at:
            check_field(getattr(value, name), raw.get(encoded) if isinstance(raw, dict) else None)

    return check if looked_at else None


def _check_of(kind: Any) -> _Check | None:
    """Return what looks at the Decimals in a value of a described type, None if it can hold none."""
    found: _Check | None = None
    match kind:
        case msgspec.inspect.DecimalType():
            found = _check_decimal
        case msgspec.inspect.StructType():
            found = _struct_check(kind.cls)
        case msgspec.inspect.DictType():
            found = _each(_check_values, _check_of(kind.value_type))
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            found = _each(_check_items, _check_of(kind.item_type))
        case msgspec.inspect.UnionType():
            found = _check if any(_check_of(one) for one in kind.types) else None
        case msgspec.inspect.AnyType() | msgspec.inspect.TupleType() | msgspec.inspect.CustomType():
            found = _check
    return found


def _each(of: Callable[[Any, Any, _Check], None], check: _Check | None) -> _Check | None:
    return None if check is None else lambda value, raw: of(value, raw, check)


def _check_decimal(value: Decimal, raw: Any) -> None:
    if isinstance(raw, str):
        raise BadEventError(f"a price must be a JSON number, not the string {raw[:40]!r}")
    if not value.is_finite():
        raise BadEventError(f"a price must be a finite number, not {value}")
    written = str(value)
    if len(written) <= _MOST_DIGITS and "E" not in written:
        return
    if abs(value.adjusted()) > _MOST_DIGITS or len(value.as_tuple().digits) > _MOST_DIGITS:
        raise BadEventError("a price is out of any range: at most 40 digits are taken")
