"""The changes as they arrive on `pricing.changed` and `model.changed`, as any consumer of ours would see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from ratecard_cli.change_lines import pieces
from ratecard_cli.terminal import note, say_pieces
from ratecard_shared.codec import BadEventError, decode
from ratecard_shared.patience import be_patient
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED

_CARRIES: Final = {topic.name: topic.carries for topic in (PRICING_CHANGED, MODEL_CHANGED)}


@asynccontextmanager
async def shown(kafka: str) -> AsyncIterator[None]:
    """Print every change from now on, while the block lasts."""
    consumer = AIOKafkaConsumer(*_CARRIES, bootstrap_servers=kafka, auto_offset_reset="latest")
    await consumer.start()
    be_patient(consumer)
    try:
        await consumer.seek_to_end()
        async with printed(consumer):
            yield
    finally:
        await consumer.stop()


@asynccontextmanager
async def printed(records: AsyncIterable[Any]) -> AsyncIterator[None]:
    """Print the changes in `records` while the block lasts. A fault ends the printing, not the block, and is said."""
    printing = asyncio.create_task(_print_all(records))
    try:
        yield
    finally:
        printing.cancel()
        await asyncio.wait([printing])


async def _print_all(records: AsyncIterable[Any]) -> None:
    try:
        async for record in records:
            # Anybody may publish here, and a record without a value has None for one.
            with suppress(BadEventError):
                say_pieces(pieces(decode(record.value or b"", _CARRIES[record.topic])))
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would hear of it
        note(f"Changes are no longer printed, all else goes on: {type(error).__name__}: {error}")
