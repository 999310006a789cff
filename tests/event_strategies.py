"""Hypothesis strategies for any event: `of(PricingScraped, provider=st.just("openai"))`, from the Struct's own fields.

A field that is added to an event is generated without a change here. Values are such as services may say: money is
finite and exact, datetimes are UTC, rates are of known components.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from ratecard_shared.events import Chunk
from ratecard_shared.prices import GLOBAL, STANDARD, UNITS, USD
from ratecard_shared.topics import Topic

K = TypeVar("K")

ids = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="-._:/"), min_size=1, max_size=40)
money = st.decimals(min_value=0, max_value=100_000, allow_nan=False, allow_infinity=False, places=6) | st.decimals(
    min_value=0, max_value=1000, allow_nan=False, allow_infinity=False, places=2
)
instants = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)  # PostgreSQL keeps no NUL in text
sha256s = st.binary(min_size=32, max_size=32).map(bytes.hex)
rates = st.dictionaries(st.sampled_from(sorted(UNITS)), money, max_size=4)
raw_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

_PLAIN: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: words,
    bool: st.booleans(),
    int: st.integers(0, 2**53),
    float: st.floats(0, 100),
    bytes: st.binary(max_size=64),
    datetime: instants,
    date: days,
    Decimal: money,
    type(None): st.none(),
    Any: raw_json,
}

_NAMED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "event_id": ids,
    "sync_id": ids,
    "version": st.just(1),
    "id": ids,
    "model_id": ids,
    "provider": ids,
    "sha256": sha256s,
    "rates": rates,
    "tier": st.sampled_from((STANDARD, "batch", "flex", "priority")),
    "above_tokens": st.sampled_from((0, 128_000, 200_000)),
    "currency": st.sampled_from((USD, "EUR", "CNY")),
    "region": st.sampled_from((GLOBAL, "eu", "us")),
}
"""Fields whose values are narrower than their types, by name."""


def of(kind: type[K], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[K]:
    """Return the values of a Struct; the fields in `given` have the values of those strategies."""
    return st.builds(kind, **(_fields(kind) | given))


def said_on(topic: Topic) -> st.SearchStrategy[Any]:
    """Return the events that a topic may carry."""
    return _any(topic.carries)


def _fields(kind: Any) -> dict[str, st.SearchStrategy[Any]]:
    return {field.name: _field(field) for field in msgspec.structs.fields(kind)}


def _field(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    named = _NAMED.get(field.name)
    if named is None:
        return _any(field.type)
    return st.none() | named if type(None) in get_args(field.type) else named


def _any(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of(*map(_any, inner))
    if origin is tuple:
        return st.lists(_any(inner[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(_any(inner[0]), _any(inner[1]), max_size=2)
    if kind is Chunk:
        return _chunks
    return st.sampled_from(kind) if issubclass(kind, Enum) else of(kind)


def _chunk(attempt: str, total: int, index: int, digest: str) -> Chunk:
    return Chunk(attempt_id=attempt, index=index % total, total=total, digest=digest)


_chunks = st.builds(_chunk, ids, st.integers(1, 5), st.integers(0, 4), sha256s)
