"""A process that consumes `alert.raised` and kills itself at an alert whose summary is "deadly": run by a test.

    python deadly_consumer.py batches|records

It prints each summary that it has handled.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final

from ratecard_shared.kafka import Kafka
from ratecard_shared.patience import wait_between_empty_fetches
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import ALERT_RAISED

GROUP: Final = "scheduler-alerts"
DEADLY: Final = "deadly"


async def handle(event: Any, _record: Any = None) -> None:
    """Die of a deadly alert, print any other."""
    if event.summary == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    print(event.summary, flush=True)  # noqa: T201  # the test reads it


async def handle_all(events: Sequence[Any]) -> None:
    """Handle each; what is printed before a death is printed again, as an effect without an inbox would be."""
    for event in events:
        await handle(event)


async def main() -> None:
    """Consume until killed."""
    kafka = Kafka(load(KafkaSettings, os.environ), client_id="deadly")
    if sys.argv[1] == "batches":
        kafka.consume_batches(ALERT_RAISED, group=GROUP, handle_all=handle_all, handle=handle)
    else:
        kafka.consume(ALERT_RAISED, group=GROUP, handle=handle)
    await kafka.start()
    wait_between_empty_fetches(kafka.broker)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
