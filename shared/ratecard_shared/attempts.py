"""How many processes died of a record: Kafka keeps the count, as the metadata of the group's committed offset.

A process that dies says nothing, so the mark is set before: at the first records of a partition that has become ours
and, where a process died, before each record by itself until the culprit is found. All others cost nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

_LOG: Final = logging.getLogger(__name__)
MOST_DEATHS: Final = 5
MOST_RECORDS: Final = 500
"""A batch has no more: as far behind the last committed offset may be what a process died of."""
_SECONDS_TO_COMMIT: Final = 10.0
_MARK: Final = re.compile(r"deaths=(\d{1,9})")


class DeadlyRecordError(Exception):
    """Every process that began this record died."""


class DeathInBatchError(Exception):
    """A process died of a record near these: they are to be taken one by one."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What the committed offset of a partition told when it became ours."""

    offset: int
    deaths: int

    def before(self, record: ConsumerRecord) -> int:
        """Return how many processes are taken to have died of the record."""
        return self.deaths if record.offset == self.offset else min(self.deaths, 1)

    def ends_with(self, record: ConsumerRecord) -> bool:
        """Tell whether nothing behind the record is suspected."""
        return not self.deaths or record.offset + 1 >= self.offset + MOST_RECORDS


class Attempts(ConsumerRebalanceListener):  # type: ignore[misc]
    """Counts for one consumer. `consumer` returns aiokafka's; it is asked for when a partition has become ours."""

    def __init__(self, consumer: Callable[[], Any]) -> None:
        """Wire it."""
        self._consumer = consumer
        self._watched: dict[TopicPartition, Watch] = {}
        self._looking: asyncio.Task[None] | None = None

    async def on_partitions_revoked(self, _revoked: Any) -> None:
        """Leave what is no longer ours to others."""
        self._watched = {}

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Look at the first records of each partition."""
        self._watched = dict.fromkeys(assigned, Watch(offset=-1, deaths=0))
        # Now, not when its first record comes: acknowledging another partition's commits this one without its mark.
        self._looking = asyncio.create_task(self._look([*assigned]))

    @asynccontextmanager
    async def together(self, records: Sequence[ConsumerRecord]) -> AsyncIterator[None]:
        """Count a batch as begun. Raises DeathInBatchError if a process died of one of them, perhaps."""
        await self._have_looked()
        firsts = self._firsts(records)
        if any(watch.deaths for tp in firsts if (watch := self._watched.get(tp))):
            raise DeathInBatchError("a process died at these records before")
        async with self._marked({tp: (record.offset, 0) for tp, record in firsts.items()}):
            yield
        for tp in firsts:
            self._watched.pop(tp, None)

    @asynccontextmanager
    async def alone(self, record: ConsumerRecord) -> AsyncIterator[None]:
        """Count a record as begun. Raises DeadlyRecordError if too many processes died of it."""
        await self._have_looked()
        tp = _partition(record)
        watch = self._watched.get(tp)
        if watch is None:
            yield
            return
        deaths = watch.before(record)
        if deaths >= MOST_DEATHS:
            raise DeadlyRecordError(f"{deaths} processes in a row died when they handled it: see why they ended")
        async with self._marked({tp: (record.offset, deaths)}):
            yield

    async def ended(self, record: ConsumerRecord) -> None:
        """Leave a record behind that was handled or set aside."""
        tp = _partition(record)
        if watch := self._watched.get(tp):
            # At once: a later record, of another partition perhaps, may kill us before the batch is acknowledged.
            await self._commit({tp: (record.offset + 1, "")})
            if watch.ends_with(record):
                self._watched.pop(tp, None)

    def _firsts(self, records: Sequence[ConsumerRecord]) -> dict[TopicPartition, ConsumerRecord]:
        firsts: dict[TopicPartition, ConsumerRecord] = {}
        for record in records if self._watched else ():
            if (tp := _partition(record)) in self._watched:
                firsts.setdefault(tp, record)
        return firsts

    async def _have_looked(self) -> None:
        if self._watched and self._looking:
            await self._looking

    async def _look(self, partitions: Sequence[TopicPartition]) -> None:
        try:
            # aiokafka's `committed()` leaves the metadata out.
            asked = self._consumer()._coordinator.fetch_committed_offsets(partitions)  # noqa: SLF001  # as above
            committed = await asyncio.wait_for(asked, _SECONDS_TO_COMMIT)
        except (KafkaError, TimeoutError) as error:
            _LOG.warning("how often records were begun before is not known: %r", error)
            return
        self._watched |= {tp: _watch(said) for tp, said in committed.items() if tp in self._watched}

    @asynccontextmanager
    async def _marked(self, begun: Mapping[TopicPartition, tuple[int, int]]) -> AsyncIterator[None]:
        """Mark one death more while the block lasts. One that ends with an error has not killed us: it is unmarked."""
        if not begun:
            yield
            return
        await self._commit({tp: (offset, f"deaths={deaths + 1}") for tp, (offset, deaths) in begun.items()})
        try:
            yield
        except BaseException:
            await self._commit({tp: (at, f"deaths={deaths}" if deaths else "") for tp, (at, deaths) in begun.items()})
            raise

    async def _commit(self, offsets: dict[TopicPartition, tuple[int, str]]) -> None:
        try:
            await asyncio.wait_for(self._consumer().commit(offsets), _SECONDS_TO_COMMIT)
        except (KafkaError, TimeoutError) as error:  # not counted is better than not handled
            _LOG.warning("the beginning of %s is not counted: %r", ", ".join(map(_named, offsets)), error)


def _watch(committed: Any) -> Watch:
    mark = _MARK.fullmatch(committed.metadata or "")
    return Watch(offset=committed.offset, deaths=int(mark[1]) if mark else 0)


def _partition(record: ConsumerRecord) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _named(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"
