"""Kafka in one place: the broker, how a consumer is declared, how an event is published, and the topics themselves.

Publishing is explicit and always with a key. Records are acknowledged only after their effect is stored.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer, ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from opentelemetry.trace import SpanKind

from ratecard_shared import dead_letter
from ratecard_shared.attempts import MOST_RECORDS, Attempts
from ratecard_shared.codec import encode
from ratecard_shared.delivery import Delivery
from ratecard_shared.sequences import beginning_anew
from ratecard_shared.settings import KafkaSettings, SettingsError
from ratecard_shared.topics import ALERT_RAISED, Topic, dead_letters
from ratecard_shared.tracing import root

_MOST_BYTES: Final = 4 * 1024 * 1024
_PRODUCER: Final[dict[str, Any]] = {"acks": "all", "enable_idempotence": True, "max_request_size": _MOST_BYTES}
_LONGEST_SILENCE_MS: Final = 60 * 60 * 1000
_SASL: Final = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}

Handle = Callable[[Any, ConsumerRecord], Awaitable[None]]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record stands. The time is milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


class Kafka:
    """One service's way to Kafka. `producer` is there once it has started."""

    producer: AIOKafkaProducer

    def __init__(self, settings: KafkaSettings, *, client_id: str) -> None:
        """Prepare the broker; nothing is connected before `start()`."""
        self.settings = settings
        self._client_id = client_id
        self.stopping = asyncio.Event()
        self.handled = asyncio.Event()
        """Set whenever records have been handled: there may be something to relay."""
        self.broker = KafkaBroker(
            settings.kafka_bootstrap_servers.split(","),
            client_id=client_id,
            security=security(settings),
            **_PRODUCER,
            allow_auto_create_topics=False,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            graceful_timeout=15,
            apply_types=False,
            parser=_tolerate_headers,
            decoder=_whole_message,
            middlewares=(KafkaTelemetryMiddleware(),),
            logger=logging.getLogger("ratecard.faststream"),
        )

    def named(self, topic: str) -> str:
        """Return the name of a topic or group on this cluster."""
        return self.settings.kafka_topic_prefix + topic

    async def publish(self, topic: Topic, key: str, event: Any) -> Place:
        """Publish one event and return where it stands."""
        # Said by us: what aiokafka gives back is the time of the first record of its batch.
        at = int(datetime.now(UTC).timestamp() * 1000)
        with beginning_anew(self._faststreams_producer):
            sent = await self.broker.publish(encode(event), self.named(topic.name), key=key.encode(), timestamp_ms=at)
        return Place(topic=sent.topic, partition=sent.partition, offset=sent.offset, timestamp_ms=at)

    def _faststreams_producer(self) -> AIOKafkaProducer:
        fast: Any = self.broker.config.producer
        return fast._producer.producer  # noqa: SLF001  # it is shown to nobody

    async def start(self) -> None:
        """Connect: consumers begin, and `producer` takes many records whose bytes are there already."""
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers.split(","),
            client_id=self._client_id,
            **_PRODUCER,
            **client_security(self.settings),
        )
        try:
            await self.producer.start()
            await self.broker.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let handlers end and disconnect."""
        await self.broker.stop()
        await self.producer.stop()

    async def wake_relay(self) -> None:
        """Let the relay begin before anything else does, the acknowledgement of what has caused it included."""
        self.handled.set()
        await asyncio.sleep(0)

    def consume(self, topic: Topic, *, group: str, handle: Handle) -> None:
        """Declare a consumer that takes the topic's records one by one."""
        attempts = Attempts(lambda: self._consumer(group))
        delivery = self._delivery(topic, group, attempts)

        async def on_record(message: Any) -> None:
            await delivery.one(message.raw_message, handle)
            await self.wake_relay()

        self._subscribe(topic, group, listener=attempts)(on_record)

    def consume_batches(
        self, topic: Topic, *, group: str, handle_all: Callable[[Sequence[Any]], Awaitable[None]], handle: Handle
    ) -> None:
        """Declare a consumer that takes many records at once: all in one transaction, or each by itself on a fault."""
        attempts = Attempts(lambda: self._consumer(group))
        delivery = self._delivery(topic, group, attempts)

        async def on_records(message: Any) -> None:
            for records, trace in _by_trace(message.raw_message):
                with trace:
                    await delivery.many(records, handle_all, handle)
            await self.wake_relay()

        self._subscribe(topic, group, listener=attempts, batch=True, max_records=MOST_RECORDS, batch_timeout_ms=100)(
            on_records
        )

    def _subscribe(self, topic: Topic, group: str, **more: Any) -> Any:
        return self.broker.subscriber(
            self.named(topic.name),
            group_id=self.named(group),
            auto_offset_reset="earliest",
            max_poll_interval_ms=_LONGEST_SILENCE_MS,
            group_instance_id=self.settings.kafka_instance_id or None,
            no_reply=True,
            **more,
        )

    def _consumer(self, group: str) -> Any:
        subscribers: Iterable[Any] = self.broker.subscribers
        return next(one.consumer for one in subscribers if one.group_id == self.named(group))

    def _delivery(self, topic: Topic, group: str, attempts: Attempts) -> Delivery:
        async def set_aside(record: ConsumerRecord, why: str) -> None:
            with beginning_anew(lambda: self.producer):
                await self.producer.send_and_wait(
                    self.named(dead_letters(group)),
                    record.value if record.key is not None else record.value or b"",  # aiokafka sends none with neither
                    key=record.key,
                    partition=dead_letter.PARTITION,
                    headers=dead_letter.headers(record, why),
                )
            if topic is not ALERT_RAISED:  # an alert about an alert that cannot be taken would come back for ever
                await self.publish(ALERT_RAISED, "dead-letter", dead_letter.alert(group, record, why))

        async def on_halt(why: str) -> None:
            await self.publish(ALERT_RAISED, "consumer-halted", dead_letter.halted(group, why))

        return Delivery(
            group=group,
            kind=topic.carries,
            set_aside=set_aside,
            on_halt=on_halt,
            stopping=self.stopping,
            attempts=attempts,
        )


def security(settings: KafkaSettings) -> BaseSecurity | None:
    """Return FastStream's security object for the settings, None for plain text."""
    context = ssl.create_default_context(cafile=settings.kafka_tls_ca or None) if settings.kafka_tls else None
    if settings.kafka_sasl_mechanism:
        if not (settings.kafka_sasl_username and settings.kafka_sasl_password):
            raise SettingsError(
                f"KAFKA_SASL_MECHANISM is {settings.kafka_sasl_mechanism!r}, but it takes KAFKA_SASL_USERNAME and "
                "KAFKA_SASL_PASSWORD with it"
            )
        return _SASL[settings.kafka_sasl_mechanism](
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            ssl_context=context,
            use_ssl=settings.kafka_tls,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True) if context else None


def client_security(settings: KafkaSettings) -> dict[str, Any]:
    """Return the same for aiokafka's own clients, as keyword arguments."""
    return parse_security(security(settings))


def _readable_headers(record: ConsumerRecord) -> dict[str, str]:
    return {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}


async def _tolerate_headers(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """Parse a record, or a batch of them, whose headers may be anything: FastStream expects UTF-8."""
    records = message if isinstance(message, tuple) else (message,)
    tolerant = tuple(
        replace(record, headers=tuple((n, v.encode()) for n, v in _readable_headers(record).items()))
        for record in records
    )
    parsed = await original(tolerant if isinstance(message, tuple) else tolerant[0])
    parsed.raw_message = message
    parsed.batch_headers = []  # FastStream would begin a trace for every batch; so it goes on with the first record's
    return parsed


def _by_trace(batch: Sequence[ConsumerRecord]) -> Iterator[tuple[list[ConsumerRecord], AbstractContextManager[Any]]]:
    """Cut a batch where another trace begins, so that whatever is caused belongs to the trace of its cause.

    Each piece comes with its span; that of the first one is under way.
    """
    for index, (_, piece) in enumerate(groupby(batch, key=_trace_id)):
        records = list(piece)
        yield records, _processing(records) if index else nullcontext()


def _trace_id(record: ConsumerRecord) -> bytes:
    return next((value[3:35] for name, value in record.headers if name == "traceparent" and value), b"")


def _processing(records: Sequence[ConsumerRecord]) -> AbstractContextManager[Any]:
    topic = records[0].topic
    told = {
        "messaging.system": "kafka",
        "messaging.destination_publish.name": topic,
        "messaging.batch.message_count": len(records),
        "messaging.operation": "process",
    }
    return root(f"{topic} process", told, kind=SpanKind.CONSUMER, caused_by=_readable_headers(records[0]))


async def _whole_message(message: Any) -> Any:
    return message
