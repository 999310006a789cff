"""A sync's id comes from the record that asked for it, so a redelivery is the same sync and the asker knows it too."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("6f1c2b3e-5d0a-4b57-9a3e-0f6f4b8f5a11")


def sync_id(topic: str, partition: int, offset: int, timestamp_ms: int) -> str:
    """Return the id of the sync that the `sync.requested` record at this place asks for.

    The timestamp is part of it because a broker that lost its last records gives their offsets out again.
    """
    return str(uuid5(_NAMESPACE, f"{topic}/{partition}/{offset}/{timestamp_ms}"))


def derived_id(*parts: object) -> str:
    """Return an event id that is the same whenever it is made from the same parts."""
    return str(uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))
