"""The examples in docs/events: each fits its schema, every consumer's decoder takes it whole, none is ever edited."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ratecard_shared.codec import MAX_RECORD_BYTES, decode, encode
from ratecard_shared.contracts import schema
from ratecard_shared.topics import TOPICS, Topic

FOLDER: Final = Path(__file__).parents[2] / "docs/events/examples"
BY_NAME: Final = {topic.name: topic for topic in TOPICS}
SCHEMAS: Final = {topic.name: Draft202012Validator(schema(topic)) for topic in TOPICS}
EXAMPLES: Final = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json"))
READERS: Final = [
    pytest.param(example, who, id=f"{who}-{example.removesuffix('.json')}")
    for example in EXAMPLES
    for who in BY_NAME[example.partition("/")[0]].consumers
]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_has_an_ordinary_and_an_edge_example(topic: Topic) -> None:
    assert sum(example.startswith(f"{topic.name}/") for example in EXAMPLES) >= 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_fits_its_schema(example: str) -> None:
    written = json.loads((FOLDER / example).read_bytes(), parse_float=Decimal)
    SCHEMAS[_topic(example).name].validate(written)


@pytest.mark.parametrize(("example", "who"), READERS)
def test_every_consumer_reads_every_example(example: str, who: str) -> None:
    topic = _topic(example)
    event = decode((FOLDER / example).read_bytes(), topic.carries)
    assert who in topic.consumers
    assert event == decode(encode(event), topic.carries)
    assert len(encode(event)) <= MAX_RECORD_BYTES


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_in_an_example_is_lost(example: str) -> None:
    """A field that was renamed or dropped would be: unknown fields are ignored."""
    body = (FOLDER / example).read_bytes()
    read = json.loads(encode(decode(body, _topic(example).carries)), parse_float=Decimal)
    assert _lost(json.loads(body, parse_float=Decimal), read) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_times_of_an_example_have_their_zone(example: str) -> None:
    event = decode((FOLDER / example).read_bytes(), _topic(example).carries)
    assert all(time.tzinfo is not None for time in _times(event))


def test_examples_are_append_only() -> None:
    listed = dict(line.split("  ")[::-1] for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    for example in sorted(listed.keys() | set(EXAMPLES)):
        path = FOLDER / example
        assert path.exists(), f"{example} is gone. Examples are append-only: consumers rely on them. Restore it."
        assert example in listed, f"{example} is new: add its line with `sha256sum {example} >> SHA256SUMS`."
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[example], (
            f"{example} was edited. Examples are append-only: restore it, and show the new shape in a new example."
        )


def _topic(example: str) -> Topic:
    return BY_NAME[example.partition("/")[0]]


def _lost(written: Any, read: Any, place: str = "") -> list[str]:
    if isinstance(written, dict) and isinstance(read, dict):
        return [lost for key, item in written.items() for lost in _lost(item, read.get(key, _ABSENT), f"{place}.{key}")]
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        return [
            lost for n, pair in enumerate(zip(written, read, strict=True)) for lost in _lost(*pair, f"{place}[{n}]")
        ]
    return [] if written == read else [place]


_ABSENT: Final = object()


def _times(node: Any) -> list[datetime]:
    if isinstance(node, datetime):
        return [node]
    if isinstance(node, msgspec.Struct):
        return [time for field in node.__struct_fields__ for time in _times(getattr(node, field))]
    return [time for item in node for time in _times(item)] if isinstance(node, tuple) else []
