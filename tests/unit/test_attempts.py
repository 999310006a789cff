"""What kills the process is found and set aside, whatever else is in the batch. Nothing else is; nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaConnectionError
from aiokafka.structs import OffsetAndMetadata
from hypothesis import given
from hypothesis import strategies as st

from ratecard_shared.attempts import MOST_DEATHS, Attempts
from ratecard_shared.delivery import Delivery

TOPIC: Final = "notes"
MOST_TRIES: Final = MOST_DEATHS + 2
"""The first in the middle of a run, and that of the batch, are before the counting of one record."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """An event for these tests."""

    text: str


class Death(BaseException):
    """The process ends here: as SIGKILL, it runs nothing more of it."""


class Group:
    """The consumer group as the broker keeps it, and a consumer's part that Attempts asks for."""

    def __init__(self) -> None:
        self.committed: dict[TopicPartition, OffsetAndMetadata] = {}
        self.alive = True
        self.commits = 0
        self._coordinator = self

    async def fetch_committed_offsets(self, partitions: Sequence[TopicPartition]) -> Any:
        return {tp: self.committed[tp] for tp in partitions if tp in self.committed}

    async def commit(self, offsets: dict[TopicPartition, tuple[int, str]]) -> None:
        if self.alive:
            self.commits += 1
            self.committed |= {tp: OffsetAndMetadata(*said) for tp, said in offsets.items()}


class Log:
    """Partitions with records; some of them kill the process that handles them."""

    def __init__(self, partitions: Sequence[Sequence[bool]]) -> None:
        self.group = Group()
        self.deadly = {(number, at) for number, log in enumerate(partitions) for at, bad in enumerate(log) if bad}
        self.logs = {TopicPartition(TOPIC, number): log for number, log in enumerate(partitions)}
        self.tries: Counter[tuple[int, int]] = Counter()
        self.handled: set[tuple[int, int]] = set()
        self.dead: list[tuple[int, int]] = []

    async def live(self, batch: int) -> None:
        """Run one process until it dies or everything is handled: it takes `batch` records at once."""
        self.group.alive = True
        attempts = Attempts(lambda: self.group)
        await attempts.on_partitions_assigned(set(self.logs))
        delivery = Delivery(
            group="tests",
            kind=Note,
            set_aside=self._set_aside,
            on_halt=self._never,
            stopping=asyncio.Event(),
            attempts=attempts,
            most_dead_in_a_row=10**6,
            first_wait=0.0001,
        )
        while records := self._next(batch):
            if batch > 1:
                await delivery.many(records, lambda events: self._handle_all(records, events), self._handle)
            else:
                await delivery.one(records[0], self._handle)
            self.acknowledge(records)

    def acknowledge(self, records: Sequence[Any]) -> None:
        """Commit as FastStream does: the position of every partition, also of those that had no record."""
        ends = {tp: self.group.committed[tp].offset for tp in self.logs if tp in self.group.committed}
        ends |= {_partition(record): record.offset + 1 for record in records}
        self.group.committed |= {tp: OffsetAndMetadata(offset, "") for tp, offset in ends.items()}

    def left(self) -> bool:
        return bool(self._next(1))

    def _next(self, most: int) -> list[Any]:
        found = []
        for tp, log in reversed(self.logs.items()):
            at = self.group.committed[tp].offset if tp in self.group.committed else 0
            found += [note(tp.partition, offset) for offset in range(at, len(log))]
        return found[:most]

    async def _handle_all(self, records: Sequence[Any], _events: Any) -> None:
        for record in records:
            await self._handle(None, record)

    async def _handle(self, _event: Any, record: Any) -> None:
        place = (record.partition, record.offset)
        self.tries[place] += 1
        if place in self.deadly:
            self.group.alive = False
            raise Death
        self.handled.add(place)

    async def _set_aside(self, record: Any, why: str) -> None:
        assert "processes in a row died" in why
        self.dead.append((record.partition, record.offset))

    async def _never(self, why: str) -> None:
        raise AssertionError(why)


def note(partition: int, offset: int) -> Any:
    return ConsumerRecord(
        topic=TOPIC,
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=b'{"text": "hello"}',
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )


def _partition(record: Any) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


logs = st.lists(st.lists(st.sampled_from((False, False, False, True)), max_size=8), min_size=1, max_size=3)


@given(partitions=logs, batches=st.lists(st.integers(1, 30), min_size=1, max_size=5))
async def test_the_culprits_and_nothing_else_are_set_aside(partitions: list[list[bool]], batches: list[int]) -> None:
    log = Log(partitions)
    for life in range(MOST_TRIES * (len(log.deadly) + 1)):
        try:
            await log.live(batches[life % len(batches)])
        except Death:
            continue
        break
    assert not log.left()
    assert sorted(log.dead) == sorted(log.deadly)
    assert log.handled == {(n, at) for n, one in enumerate(partitions) for at in range(len(one))} - log.deadly
    assert all(log.tries[place] <= MOST_TRIES for place in log.deadly)


async def test_without_a_death_a_partition_is_marked_and_unmarked_once_however_many_records_it_has() -> None:
    log = Log([[False] * 400])
    await log.live(batch=1)
    assert (len(log.handled), log.group.commits) == (400, 2)


async def test_a_record_that_only_fails_is_not_counted_as_deadly() -> None:
    """An outage, and kill -9 in each of its waits, must set nothing aside."""
    group = Group()
    tp = TopicPartition(TOPIC, 0)
    for _ in range(3 * MOST_DEATHS):
        attempts = Attempts(lambda: group)
        await attempts.on_partitions_assigned({tp})
        with pytest.raises(ConnectionRefusedError):
            async with attempts.alone(note(0, 7)):
                raise ConnectionRefusedError("the database is away")
    assert group.committed[tp] == OffsetAndMetadata(7, "")


@pytest.mark.parametrize("error", [CommitFailedError("rebalanced"), KafkaConnectionError("away")])
async def test_what_cannot_be_counted_is_handled_all_the_same(error: Exception) -> None:
    class Refusing(Group):
        async def commit(self, offsets: Any) -> None:  # noqa: ARG002  # aiokafka's form
            raise error

        async def fetch_committed_offsets(self, partitions: Any) -> Any:  # noqa: ARG002  # as above
            raise error

    attempts, handled = Attempts(Refusing), []
    await attempts.on_partitions_assigned({TopicPartition(TOPIC, 0)})
    async with attempts.alone(note(0, 0)):
        handled.append(0)
    assert handled == [0]
