"""A producer whose sequence the broker does not follow any more begins another: aiokafka would be refused for ever.

A broker that was killed may have lost what it knew of a producer, and a batch that finds no leader is dropped with its
numbers. All that is behind it is refused, so nothing overtakes it; what was refused is to be sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId
from aiokafka.producer.transaction_manager import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, PidAndEpoch

_LOG: Final = logging.getLogger(__name__)
_REFUSED: Final = (OutOfOrderSequenceNumber, UnknownProducerId, ProducerFenced)


@contextmanager
def beginning_anew(producer: Callable[[], AIOKafkaProducer]) -> Iterator[None]:
    """Let the producer begin a new sequence if it is refused in the block. All that was sent has to be waited for."""
    try:
        yield
    except _REFUSED as error:
        _LOG.warning("the broker has lost a producer's place, so it begins anew: %r", error)
        _begin_anew(producer())
        raise


def _begin_anew(producer: AIOKafkaProducer) -> None:
    # aiokafka has no way to do it. Its sender asks for an id when there is none.
    manager = producer._txn_manager  # noqa: SLF001  # as above
    manager._pid_and_epoch = PidAndEpoch(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)  # noqa: SLF001  # as above
    manager._pid_waiter = asyncio.get_running_loop().create_future()  # noqa: SLF001  # as above
    manager._sequence_numbers.clear()  # noqa: SLF001  # as above
