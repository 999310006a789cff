"""What becomes of a record: every one ends handled, retried until it is, or set aside."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord
from faststream.exceptions import NackMessage

from ratecard_shared.attempts import Attempts
from ratecard_shared.delivery import Delivery, PermanentError
from ratecard_shared.kafka import Kafka
from ratecard_shared.settings import KafkaSettings


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """An event for these tests."""

    text: str


def record(value: bytes | None, offset: int = 0) -> Any:
    return ConsumerRecord(
        topic="notes",
        partition=0,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )


class Bench:
    """A delivery with what it did."""

    def __init__(self, most_dead: int = 20) -> None:
        self.stopping = asyncio.Event()
        self.dead: list[tuple[Any, str]] = []
        self.halts: list[str] = []
        self.delivery = Delivery(
            group="tests",
            kind=Note,
            set_aside=self._set_aside,
            on_halt=self._on_halt,
            stopping=self.stopping,
            attempts=Attempts(lambda: None),  # no partition has just become ours: nothing is counted
            most_dead_in_a_row=most_dead,
            first_wait=0.001,
        )

    async def _set_aside(self, dead: Any, why: str) -> None:
        self.dead.append((dead, why))

    async def _on_halt(self, why: str) -> None:
        self.halts.append(why)


class Failing:
    """A handler that fails so often."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.calls = error, times, 0

    async def __call__(self, _event: Any, _record: Any) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error


GOOD = b'{"text": "hello"}'


@pytest.mark.parametrize("value", [b"", None, b"not json", b"{}", b"[]", b'{"text": 1}', b"\xff\xfe", b"[" * 100_000])
async def test_a_malformed_record_is_set_aside_at_once_and_untouched(value: bytes | None) -> None:
    bench, handler = Bench(), Failing(RuntimeError(), 0)
    await bench.delivery.one(record(value), handler)
    assert handler.calls == 0
    assert bench.dead[0][0].value == value
    assert "Note" in bench.dead[0][1]


async def test_a_long_record_is_handled_and_set_aside_whole_if_it_is_malformed() -> None:
    bench, handler, text = Bench(), Failing(RuntimeError(), 0), b"x" * (3 << 20)
    whole, cut = b'{"text": "%s"}' % text, b'{"text": "%s' % text
    await bench.delivery.one(record(whole), handler)
    await bench.delivery.one(record(cut), handler)
    assert handler.calls == 1
    assert [dead.value for dead, _ in bench.dead] == [cut]
    assert len(bench.dead[0][1]) < 1000


async def test_a_dependency_that_is_down_is_waited_for() -> None:
    bench, handler = Bench(), Failing(ConnectionRefusedError("no database"), 7)
    await bench.delivery.one(record(GOOD), handler)
    assert handler.calls == 8
    assert bench.dead == []


async def test_an_unknown_fault_gets_three_tries() -> None:
    bench, handler = Bench(), Failing(RuntimeError("a bug"), 99)
    await bench.delivery.one(record(GOOD), handler)
    assert handler.calls == 3
    assert "a bug" in bench.dead[0][1]


async def test_a_permanent_fault_gets_one_try() -> None:
    bench, handler = Bench(), Failing(PermanentError("never"), 99)
    await bench.delivery.one(record(GOOD), handler)
    assert handler.calls == 1
    assert bench.dead[0][1] == "never"


async def test_stopping_while_waiting_gives_the_record_back() -> None:
    bench, handler = Bench(), Failing(ConnectionRefusedError(), 999)
    bench.stopping.set()
    with pytest.raises(NackMessage):
        await bench.delivery.one(record(GOOD), handler)
    assert bench.dead == []


async def test_too_many_dead_letters_in_a_row_stop_the_consumer() -> None:
    bench = Bench(most_dead=3)
    for offset in range(3):
        await bench.delivery.one(record(b"bad", offset), Failing(RuntimeError(), 0))
    task = asyncio.create_task(bench.delivery.one(record(GOOD, 3), Failing(RuntimeError(), 0)))
    await asyncio.sleep(0.01)
    assert not task.done()
    assert "3 records in a row were dead letters" in bench.halts[0]
    bench.stopping.set()
    with pytest.raises(NackMessage):
        await task
    assert len(bench.dead) == 3


async def test_a_good_record_resets_the_count() -> None:
    bench, fine = Bench(most_dead=2), Failing(RuntimeError(), 0)
    for value in (b"bad", GOOD, b"bad", GOOD):
        await bench.delivery.one(record(value), fine)
    assert bench.halts == []
    assert (fine.calls, len(bench.dead)) == (2, 2)


async def test_a_batch_with_one_bad_record_is_taken_one_by_one() -> None:
    bench, seen = Bench(), []

    async def handle(event: Note, _record: Any) -> None:
        seen.append(event.text)

    async def handle_all(events: Any) -> None:
        seen.extend(event.text for event in events)

    batch = [record(GOOD), record(b"bad"), record(b'{"text": "bye"}')]
    await bench.delivery.many(batch, handle_all, handle)
    assert seen == ["hello", "bye"]
    assert len(bench.dead) == 1


async def test_the_relay_begins_before_its_cause_is_acknowledged() -> None:
    kafka = Kafka(KafkaSettings(), client_id="tests")
    begun = asyncio.Event()

    async def relay() -> None:
        await kafka.handled.wait()
        begun.set()

    relaying = asyncio.create_task(relay())
    await asyncio.sleep(0)
    await kafka.wake_relay()
    assert begun.is_set()
    await relaying
