"""Spans are made only inside of what somebody asked for, say what they are about, and tell no secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord
from opentelemetry.trace import StatusCode, get_current_span
from recorded_spans import Recorded, recording
from scripted_server import Reply, scripted_server

from ratecard_shared.attempts import Attempts
from ratecard_shared.delivery import Delivery, PermanentError
from ratecard_shared.http import RequestError, open_client
from ratecard_shared.kafka import _by_trace
from ratecard_shared.telemetry import JsonLines
from ratecard_shared.tracing import about, carried, root, traced


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with recording() as found:
        yield found


def record(*, traceparent: str = "", value: bytes = b"{}", offset: int = 0) -> Any:
    headers = (("traceparent", traceparent.encode()),) if traceparent else ()
    return ConsumerRecord("t", 0, offset, 0, 0, None, value, None, 0, 0, headers)


def parent(trace: int) -> str:
    return f"00-{trace:032x}-b7ad6b7169203331-01"


def test_what_nobody_asked_for_makes_no_span(recorded: Recorded) -> None:
    with traced("a look"):
        assert carried() == {}
    assert recorded.spans == ()


def test_spans_and_logs_say_which_sync_and_provider_they_are_about(recorded: Recorded) -> None:
    with root("first"), about(sync_id="s-1"):
        with about(provider="acme"), traced("inner"):
            line = JsonLines("scraper").format(logging.makeLogRecord({"msg": "read"}))
            span = get_current_span().get_span_context()
        with traced("beside"):
            pass
    assert recorded.named("first").attributes == {"ratecard.sync_id": "s-1", "ratecard.provider": "acme"}
    assert recorded.named("inner").attributes == {"ratecard.sync_id": "s-1", "ratecard.provider": "acme"}
    assert recorded.named("beside").attributes == {"ratecard.sync_id": "s-1"}
    logged = msgspec.json.decode(line)
    assert (logged["sync_id"], logged["provider"]) == ("s-1", "acme")
    assert (logged["trace_id"], logged["span_id"]) == (f"{span.trace_id:032x}", f"{span.span_id:016x}")


def test_logs_name_the_sync_without_any_tracing() -> None:
    with about(sync_id="s-1"):
        line = msgspec.json.decode(JsonLines("enricher").format(logging.makeLogRecord({"msg": "joined"})))
    assert line["sync_id"] == "s-1"
    assert "trace_id" not in line


def test_a_batch_is_cut_where_another_trace_begins(recorded: Recorded) -> None:
    batch = [record(traceparent=parent(trace), offset=at) for at, trace in enumerate((1, 1, 2, 1))]
    cut = []
    for records, trace in _by_trace(batch):
        with trace:
            cut.append([one.offset for one in records])
    assert cut == [[0, 1], [2], [3]]
    # The first piece belongs to the span that FastStream has begun already.
    contexts = [span.context for span in recorded.spans]
    assert [one.trace_id for one in contexts if one] == [2, 1]


def test_a_batch_without_traces_is_one() -> None:
    assert [len(records) for records, _ in _by_trace([record(offset=at) for at in range(3)])] == [3]


class _Said(msgspec.Struct):
    sync_id: str = "s-1"
    provider: str = "acme"


async def test_a_dead_letter_is_an_error_of_its_span(recorded: Recorded) -> None:
    async def nothing(*_: Any) -> None: ...

    async def refuse(*_: Any) -> None:
        raise PermanentError("no provider file for acme")

    delivery = Delivery(
        group="g",
        kind=_Said,
        set_aside=nothing,
        on_halt=nothing,
        stopping=asyncio.Event(),
        attempts=Attempts(lambda: None),
    )
    with root("t process"):
        await delivery.one(record(), refuse)
    span = recorded.named("t process")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "no provider file for acme")
    assert span.attributes == {"ratecard.sync_id": "s-1", "ratecard.provider": "acme"}


async def test_a_fetch_says_what_was_asked_and_no_secret(recorded: Recorded) -> None:
    async with scripted_server() as server, open_client() as client:
        server.answers("/list", Reply(status=403, body=b"no"))
        address = server.url.replace("://", "://someone:hunter2@") + "/list?key=hunter2"
        with root("sync"):
            await client.get(address, headers={"X-Api-Key": "hunter2"}, seconds=5)
            with pytest.raises(RequestError):
                await client.get("http://127.0.0.1:1/hunter?key=hunter2", headers={}, seconds=5)
    answered, unreached = (span for span in recorded.spans if span.name == "GET")
    assert (answered.attributes or {})["http.response.status_code"] == 403
    assert (answered.attributes or {})["url.full"] == f"{server.url}/list"
    assert answered.status.status_code == unreached.status.status_code == StatusCode.ERROR
    assert "hunter2" not in "".join(span.to_json() for span in recorded.spans)
