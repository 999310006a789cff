"""A dead letter: a record as it came, untouched, with where from and why in headers of its own.

What was replayed is written behind the letters, into the same topic: it is known for as long as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from aiokafka import ConsumerRecord

from ratecard_shared.events import AlertRaised
from ratecard_shared.syncs import derived_id

PARTITION: Final = 0
"""All letters of a group are in one partition, so that an offset names one."""
TOPIC: Final = "dlq-topic"
FROM_PARTITION: Final = "dlq-partition"
OFFSET: Final = "dlq-offset"
ERROR: Final = "dlq-error"
AT: Final = "dlq-at"
REPLAYED: Final = "dlq-replayed"
"""The one header of a record that is no letter: the offsets of those that were put back."""
_OURS: Final = "dlq-"

Headers = list[tuple[str, bytes]]


def headers(record: ConsumerRecord, why: str) -> Headers:
    """Return a letter's headers: the record's, and ours."""
    ours = {
        TOPIC: record.topic,
        FROM_PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        ERROR: why[:1000],
        AT: datetime.now(UTC).isoformat(),
    }
    return [*original(record.headers), *((name, said.encode()) for name, said in ours.items())]


def original(of_letter: Iterable[tuple[str, bytes]]) -> Headers:
    """Return the headers that the record had before it became a letter."""
    return [(name, value) for name, value in of_letter if not name.startswith(_OURS)]


def replayed(offsets: Iterable[int]) -> Headers:
    """Return the headers of the record that says which letters were put back."""
    return [(REPLAYED, ",".join(map(str, offsets)).encode()), (AT, datetime.now(UTC).isoformat().encode())]


def alert(group: str, record: ConsumerRecord, why: str) -> AlertRaised:
    """Return the news of a dead letter."""
    place = f"{record.topic}/{record.partition}@{record.offset}"
    return AlertRaised(
        event_id=derived_id("dead-letter", group, place),
        sync_id="",
        occurred_at=datetime.now(UTC),
        kind="dead-letter",
        severity="warning",
        summary=f"{group} could not handle {place}: {why[:300]}",
        action=f"Look at it with `ratecard dlq show {group}`, mend the cause, then `ratecard dlq replay {group}`.",
        details={"group": group},
    )


def halted(group: str, why: str) -> AlertRaised:
    """Return the news that a consumer has stopped."""
    now = datetime.now(UTC)
    return AlertRaised(
        event_id=derived_id("halted", group, now.isoformat()),
        sync_id="",
        occurred_at=now,
        kind="consumer-halted",
        severity="critical",
        summary=why,
        action=f"Look at `ratecard dlq show {group}`, mend the cause, restart the service and replay.",
        details={"group": group},
    )
