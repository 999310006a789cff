"""The changes as they arrive on `pricing.changed` and `model.changed`, as any consumer of ours would see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from ratecard_cli.terminal import figure, note, say
from ratecard_shared.codec import BadEventError, decode
from ratecard_shared.events import ModelChanged, PriceSaid, PricingChanged
from ratecard_shared.patience import be_patient
from ratecard_shared.prices import GLOBAL, UNITS, USD
from ratecard_shared.topics import MODEL_CHANGED, PRICING_CHANGED

_WIDTH: Final = len(PRICING_CHANGED.name)
_ORDER: Final = list(UNITS)
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
                say(line(decode(record.value or b"", _CARRIES[record.topic])))
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would hear of it
        note(f"Changes are no longer printed, all else goes on: {type(error).__name__}: {error}")


def line(event: PricingChanged | ModelChanged) -> str:
    """Return an event in one line."""
    if isinstance(event, ModelChanged):
        what = f" ({', '.join(event.changed_fields)})" if event.changed_fields else ""
        return f"{MODEL_CHANGED.name:<{_WIDTH}}  {event.provider}/{event.model_id}  {event.kind}{what}"
    row = " ".join(_row(event))
    change = ", ".join(_differences(event.old, event.new))
    return f"{PRICING_CHANGED.name:<{_WIDTH}}  {event.provider}/{event.model_id}  {event.kind}  {row}: {change}"


def _row(event: PricingChanged) -> Iterator[str]:
    yield event.tier
    if event.above_tokens:
        yield f"> {event.above_tokens:,} tokens"
    if event.region != GLOBAL:
        yield event.region
    if event.currency != USD:
        yield event.currency


def _differences(old: PriceSaid | None, new: PriceSaid | None) -> Iterator[str]:
    if new and new.free:
        yield "free"
        return
    before, after = (said.rates if said else {} for said in (old, new))
    for component in sorted({*before, *after}, key=_place):
        was, now = before.get(component), after.get(component)
        if old is None or new is None:
            yield f"{component} {_amount(now if new else was)}"
        elif was != now:
            yield f"{component} {_amount(was)} -> {_amount(now)}"


def _amount(amount: Decimal | None) -> str:
    return "none" if amount is None else figure(amount)


def _place(component: str) -> int:
    # A component that this version does not know yet comes last.
    return _ORDER.index(component) if component in _ORDER else len(_ORDER)
