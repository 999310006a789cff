"""Bytes to events and back: whatever a service says is read as it was said, and what no service says is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import event_strategies
import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ratecard_shared.codec import BadEventError, decode, encode
from ratecard_shared.contracts import schema
from ratecard_shared.events import PricingChanged, PricingScraped, SyncRequested
from ratecard_shared.prices import PriceRow
from ratecard_shared.topics import PRICING_SCRAPED, TOPICS, Topic

SCHEMAS: Final = {topic.name: Draft202012Validator(schema(topic)) for topic in TOPICS}

unhurried = settings(deadline=None)  # a busy machine is no fault
topics = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
said = st.sampled_from(TOPICS).flatmap(lambda topic: st.tuples(st.just(topic), event_strategies.said_on(topic)))
exact = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=20).map(tuple),
    st.integers(-20, 20),
)


@topics
@unhurried
@given(data=st.data())
def test_what_was_said_is_what_is_read(topic: Topic, data: st.DataObject) -> None:
    event = data.draw(event_strategies.said_on(topic))
    assert decode(encode(event), topic.carries) == event


@topics
@unhurried
@given(data=st.data())
def test_what_was_said_fits_the_schema(topic: Topic, data: st.DataObject) -> None:
    written = json.loads(encode(data.draw(event_strategies.said_on(topic))), parse_float=Decimal)
    SCHEMAS[topic.name].validate(written)


@unhurried
@given(event=said)
def test_an_event_has_one_encoding(event: tuple[Topic, Any]) -> None:
    topic, value = event
    assert encode(decode(encode(value), topic.carries)) == encode(value)


@unhurried
@given(event=said, name=event_strategies.ids, value=event_strategies.raw_json)
def test_a_field_from_a_later_release_is_ignored(event: tuple[Topic, Any], name: str, value: Any) -> None:
    topic, said_before = event
    written = json.loads(encode(said_before), parse_float=Decimal)
    assert decode(_bytes(_with_field(written, f"later_{name}", value)), topic.carries) == said_before


@unhurried
@given(amount=exact)
def test_money_is_exact_to_the_digit(amount: Decimal) -> None:
    row = PriceRow(name="aurora", rates={"input": amount})
    read = decode(encode(row), PriceRow).rates["input"]
    assert read == amount
    assert (read.as_tuple().digits, read.as_tuple().exponent) == (amount.as_tuple().digits, amount.as_tuple().exponent)


@unhurried
@given(event=event_strategies.of(PricingScraped), data=st.data())
def test_money_in_quotes_is_refused_wherever_it_stands(event: PricingScraped, data: st.DataObject) -> None:
    written = json.loads(encode(event), parse_float=Decimal, parse_int=Decimal)
    places = [(row["rates"], part) for row in written["prices"] for part in row["rates"]]
    places += [(rule, "factor") for rule in written["rules"] if rule["factor"] is not None]
    assume(places)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = str(holder[key])
    with pytest.raises(BadEventError, match="must be a JSON number, not the string"):
        decode(_bytes(written), PRICING_SCRAPED.carries)


@pytest.mark.parametrize(
    "amount",
    [
        '"7"',
        '"NaN"',
        '"Infinity"',
        "NaN",
        "Infinity",
        "-Infinity",
        "1e99999999",
        "1e-99999999",
        "1e41",
        "1" * 41,
        "true",
    ],
)
def test_what_is_no_amount_of_money_is_refused(amount: str) -> None:
    with pytest.raises(BadEventError):
        decode(f'{{"name": "aurora", "rates": {{"input": {amount}}}}}'.encode(), PriceRow)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e99999"])
def test_what_is_no_amount_of_money_is_not_said_either(amount: str) -> None:
    with pytest.raises(BadEventError):
        encode(PriceRow(name="aurora", rates={"input": Decimal(amount)}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"providers": "openai"}',
        b'{"providers": ["openai"]',
        b'{"providers": [1]}',
        b'{"reason": "\xff\xfe"}',
        '{"reason": "Größe"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"later": ' + b"[" * 100_000,
        b'{"later": ' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"requested_at": "yesterday"}',
        b"\x00\x01\x02",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bytes_that_are_no_event_are_refused(body: bytes) -> None:
    with pytest.raises(BadEventError):
        decode(body, SyncRequested)


@pytest.mark.parametrize("version", [0, 2, -1, 99])
def test_an_event_of_a_version_that_is_not_known_is_refused(version: int) -> None:
    with pytest.raises(BadEventError, match=f"of version {version}, but this release reads version 1"):
        decode(f'{{"providers": ["acme"], "version": {version}}}'.encode(), SyncRequested)


@unhurried
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | event_strategies.raw_json.map(json.dumps))
def test_any_bytes_are_an_event_or_refused(body: bytes | str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    for kind in (SyncRequested, PricingChanged):
        try:
            assert isinstance(decode(raw, kind), kind)
        except BadEventError as error:
            assert kind.__name__ in str(error)  # noqa: PT017 - both outcomes are right, the message is looked at


def _with_field(node: Any, name: str, value: Any) -> Any:
    """Return the JSON with the field in every object whose fields are a Struct's, so not in a dict of rates."""
    if isinstance(node, list):
        return [_with_field(item, name, value) for item in node]
    if not isinstance(node, dict):
        return node
    free = {"rates", "details", "scraping_config"}
    return {key: item if key in free else _with_field(item, name, value) for key, item in node.items()} | {name: value}


def _bytes(written: Any) -> bytes:
    """Return the JSON as it stands: the codec's encoder would refuse a score of 5e-324 that was read as a Decimal."""
    return _ENCODER.encode(written)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
