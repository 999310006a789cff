"""What becomes of a consumed record: handled, tried again, or set aside as a dead letter. Never lost, never in silence.

A permanent fault is a dead letter at once; a dependency that is down is waited for in place; an unknown fault gets
three tries, one that kills the process five (`attempts`). Too many dead letters in a row stop the consumer, so that a
bad release cannot empty a topic.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg
import redis.exceptions
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faststream.exceptions import NackMessage

from ratecard_shared.attempts import Attempts, DeadlyRecordError
from ratecard_shared.codec import BadEventError, decode
from ratecard_shared.metrics import CONSUMER_HALTED, RECORDS_TOTAL
from ratecard_shared.tracing import about_events, mark_failed

_LOG: Final = logging.getLogger(__name__)
_TRIES: Final = 3
_LONGEST_WAIT: Final = 30.0
TRANSIENT: Final = (
    OSError,
    TimeoutError,
    KafkaError,
    redis.exceptions.ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that was lost in the middle of something
    asyncpg.IdleInTransactionSessionTimeoutError,  # this process was paused in the middle of something
)
"""Faults of a dependency: waiting helps."""


class PermanentError(Exception):
    """A record that no retry will ever handle."""


_PERMANENT: Final = (BadEventError, PermanentError, DeadlyRecordError)


def is_transient(error: BaseException) -> bool:
    """Tell whether the fault is a dependency's, so that waiting helps."""
    return isinstance(error, TRANSIENT)


class Delivery:
    """How one consumer group treats its records."""

    def __init__(
        self,
        *,
        group: str,
        kind: Any,
        set_aside: Callable[[ConsumerRecord, str], Awaitable[None]],
        on_halt: Callable[[str], Awaitable[None]],
        stopping: asyncio.Event,
        attempts: Attempts,
        most_dead_in_a_row: int = 20,
        first_wait: float = 0.5,
    ) -> None:
        """Wire it: `set_aside` publishes a dead letter, `on_halt` raises the alert, `first_wait` is in seconds."""
        self.group = group
        self.kind = kind
        self._set_aside = set_aside
        self._on_halt = on_halt
        self._stopping = stopping
        self._attempts = attempts
        self._most_dead = most_dead_in_a_row
        self._first_wait = first_wait
        self._dead_in_a_row = 0
        CONSUMER_HALTED.labels(group).set(0)
        for outcome in ("handled", "retried", "dead"):  # from zero on: the first increase is seen, too
            RECORDS_TOTAL.labels(group, outcome)

    async def one(self, record: ConsumerRecord, handle: Callable[[Any, ConsumerRecord], Awaitable[None]]) -> None:
        """Bring one record to its end. Raises NackMessage when the service stops before that."""
        await self._halt_if_too_many_died(record)
        try:
            event = decode(record.value or b"", self.kind)
            with about_events([event]):
                await self._try(lambda: self._begin(event, record, handle), record)
        except _PERMANENT as error:
            await self._bury(record, str(error))
        except NackMessage:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, three tries did not help: set it aside
            _LOG.exception("%s cannot handle %s", self.group, _place(record))
            await self._bury(record, f"{type(error).__name__}: {error}")
        else:
            self._dead_in_a_row = 0
            RECORDS_TOTAL.labels(self.group, "handled").inc()
        await self._attempts.ended(record)

    async def many(
        self,
        records: Sequence[ConsumerRecord],
        handle_all: Callable[[Sequence[Any]], Awaitable[None]],
        handle_one: Callable[[Any, ConsumerRecord], Awaitable[None]],
    ) -> None:
        """Bring a batch to its end in one go; on any fault, record by record."""
        try:
            async with self._attempts.together(records):
                events = [decode(record.value or b"", self.kind) for record in records]
                with about_events(events):
                    await handle_all(events)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is judged record by record
            _LOG.warning("%s takes a batch of %d one by one: %s", self.group, len(records), error)
            for record in records:
                await self.one(record, handle_one)
        else:
            self._dead_in_a_row = 0
            RECORDS_TOTAL.labels(self.group, "handled").inc(len(records))

    async def _begin(
        self, event: Any, record: ConsumerRecord, handle: Callable[[Any, ConsumerRecord], Awaitable[None]]
    ) -> None:
        async with self._attempts.alone(record):
            await handle(event, record)

    async def _try(self, attempt: Callable[[], Awaitable[None]], record: ConsumerRecord) -> None:
        tries, wait = 0, self._first_wait
        while True:
            try:
                return await attempt()
            except (*_PERMANENT, NackMessage):
                raise
            except Exception as error:
                tries += 0 if is_transient(error) else 1
                if tries >= _TRIES:
                    raise
                RECORDS_TOTAL.labels(self.group, "retried").inc()
                _LOG.warning("%s tries %s again in %.1f s: %r", self.group, _place(record), wait, error)
                await self._pause(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise NackMessage

    async def _bury(self, record: ConsumerRecord, why: str) -> None:
        _LOG.error("%s sets %s aside as a dead letter: %s", self.group, _place(record), why)
        mark_failed(why)
        await self._try(lambda: self._set_aside(record, why), record)
        self._dead_in_a_row += 1
        RECORDS_TOTAL.labels(self.group, "dead").inc()

    async def _halt_if_too_many_died(self, record: ConsumerRecord) -> None:
        if self._dead_in_a_row < self._most_dead:
            return
        CONSUMER_HALTED.labels(self.group).set(1)
        why = f"{self.group} stopped before {_place(record)}: {self._dead_in_a_row} records in a row were dead letters"
        _LOG.error("%s. Look at %s, mend the cause and restart the service.", why, f"dlq.{self.group}")
        await self._on_halt(why)
        await self._stopping.wait()
        raise NackMessage


def _place(record: ConsumerRecord) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
