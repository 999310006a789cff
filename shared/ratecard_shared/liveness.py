"""Whether a process still does its work: its consumers, its background steps, and a loop that turns.

What a dependency does is not looked at: an outage is not death, and a consumer that waits or was stopped is alive.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Final

from faststream.kafka import KafkaBroker

_LOG: Final = logging.getLogger(__name__)
_SECONDS_BETWEEN_BEATS: Final = 1.0
_MOST_MISSED: Final = 45
_EXIT_CODE: Final = 70


def ended_consumers(broker: KafkaBroker) -> list[str]:
    """Return what is dead of a started broker's consumers, for which `ping()` says that all is well."""
    subscribers: Iterable[Any] = broker.subscribers
    return [f"{subscriber.group_id}: {what}" for subscriber in subscribers for what in _ended(subscriber)]


def _ended(subscriber: Any) -> Iterator[str]:
    if all(task.done() for task in subscriber.tasks):  # those that failed are started again, beside the old ones
        yield "nothing takes its records any more"
    consumer = subscriber.consumer
    # aiokafka starts these tasks and tells nobody when they end: none of its names here is public.
    if consumer._coordinator._coordination_task.done():  # noqa: SLF001  # as above
        yield "nothing keeps its place in the group any more"
    if consumer._fetcher._fetch_task.done():  # noqa: SLF001  # as above
        yield "nothing fetches its records any more"
    if consumer._client._sync_task.done():  # noqa: SLF001  # as above
        yield "nothing keeps its view of the cluster any more"


class Watchdog:
    """Ends the process when its event loop has not turned for 45 s: nothing else would, and nobody else may look."""

    def __init__(self, *, seconds: float = _SECONDS_BETWEEN_BEATS, most_missed: int = _MOST_MISSED) -> None:
        """Take how often the loop beats, and how many beats may be missed."""
        self._seconds = seconds
        self._most_missed = most_missed
        self._missed = 0
        self._over = threading.Event()

    async def watch(self) -> None:
        """Beat until cancelled, while a thread counts the beats that are missed."""
        threading.Thread(target=self._count, daemon=True, name="watchdog").start()
        try:
            while True:
                self._missed = 0
                await asyncio.sleep(self._seconds)
        finally:
            self._over.set()

    def _count(self) -> None:
        # Counted, not timed: a process that was stopped or slept for an hour has missed one beat.
        while not self._over.wait(self._seconds):
            self._missed += 1
            if self._missed > self._most_missed:
                _LOG.critical(
                    "the event loop has not turned for %.0f s: the process ends", self._missed * self._seconds
                )
                faulthandler.dump_traceback(file=sys.__stderr__ or 2)
                os._exit(_EXIT_CODE)
