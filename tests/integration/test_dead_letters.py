"""Dead letters on a real broker: listed, shown, put back as they were and once; too many of them stop the consumer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from ratecard_cli.__main__ import run
from ratecard_shared import dead_letter
from ratecard_shared.admin import create_topics
from ratecard_shared.codec import decode, encode
from ratecard_shared.delivery import PermanentError
from ratecard_shared.events import AlertRaised, SyncRequested
from ratecard_shared.kafka import Kafka
from ratecard_shared.metrics import CONSUMER_HALTED, RECORDS_TOTAL
from ratecard_shared.patience import wait_between_empty_fetches
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import ALERT_RAISED, SYNC_REQUESTED, dead_letters

GROUP: Final = "scheduler"
BAD: Final = b'{"token": "hush-hush", \xff'
HEADERS: Final = [("odd", b"\xff\xfe"), ("twice", b"1"), ("twice", b"2")]

Cli = Callable[..., Any]


def request(event_id: str) -> SyncRequested:
    return SyncRequested(event_id=event_id)


class Consumer:
    """A consumer of `sync.requested` that refuses what it is told to."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.kafka = Kafka(settings, client_id="test")
        self.refused: set[str] = set()
        self.seen = asyncio.Queue[tuple[str, ConsumerRecord]]()
        self.kafka.consume(SYNC_REQUESTED, group=GROUP, handle=self._handle)

    async def _handle(self, event: SyncRequested, record: ConsumerRecord) -> None:
        if event.event_id in self.refused:
            raise PermanentError("no provider file for acme: add one")
        await self.seen.put((event.event_id or "", record))

    async def next(self) -> tuple[str, ConsumerRecord]:
        return await asyncio.wait_for(self.seen.get(), 30)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.kafka.start()
        wait_between_empty_fetches(self.kafka.broker)
        try:
            yield
        finally:
            self.kafka.stopping.set()
            await self.kafka.stop()


@pytest.fixture
async def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> KafkaSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = load(KafkaSettings, environment)
    await create_topics(made)
    return made


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    async def call(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        exit_code = await asyncio.to_thread(run, [*arguments, "--json"])
        said = capsys.readouterr()
        assert exit_code == code, said.err
        return json.loads(said.out) if code == 0 else said.err

    return call


@asynccontextmanager
async def producing(settings: KafkaSettings) -> AsyncIterator[Callable[..., Any]]:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()

    async def send(value: bytes | None, **more: Any) -> None:
        await producer.send_and_wait(settings.kafka_topic_prefix + SYNC_REQUESTED.name, value, **more)

    try:
        yield send
    finally:
        await producer.stop()


async def records(settings: KafkaSettings, topic: str, count: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(
        settings.kafka_topic_prefix + topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found: list[ConsumerRecord] = []
    try:
        async with asyncio.timeout(30):
            while len(found) < count:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
    finally:
        await consumer.stop()
    return found


async def waiting(cli: Cli) -> int:
    (count,) = (group["waiting"] for group in (await cli("dlq", "list"))["groups"] if group["group"] == GROUP)
    return int(count)


async def test_letters_are_shown_and_put_back_as_they_were_and_once(settings: KafkaSettings, cli: Cli) -> None:
    consumer = Consumer(settings)
    consumer.refused = {"first"}
    async with consumer.running(), producing(settings) as send:
        await send(encode(request("first")), key=b"k\xff", partition=3, headers=HEADERS)
        await send(BAD, partition=3)
        await send(None, key=b"k", partition=3)
        await send(encode(request("last")), partition=3)
        assert (await consumer.next())[0] == "last"
        assert await waiting(cli) == 3
        shown = (await cli("dlq", "show", GROUP))["letters"]
        assert [(one["number"], one["partition"], one["offset"]) for one in shown] == [
            (0, 3, "0"),
            (1, 3, "1"),
            (2, 3, "2"),
        ]
        assert "no provider file for acme" in shown[0]["error"]
        assert '"event_id":"first"' in shown[0]["value"]
        assert "hush-hush" not in json.dumps(shown)

        assert len((await cli("dlq", "replay", GROUP, "--dry-run"))["replayed"]) == 3
        assert await waiting(cli) == 3
        consumer.refused.clear()
        await cli("dlq", "replay", GROUP, "0")
        event_id, again = await consumer.next()
        assert (event_id, again.value) == ("first", encode(request("first")))
        assert (again.key, again.partition, list(again.headers)) == (b"k\xff", 3, HEADERS)

        assert await waiting(cli) == 2
        assert "replayed before" in await cli("dlq", "replay", GROUP, "0", code=1)
        await cli("dlq", "replay", GROUP)  # what nobody can read dies again, as letters of their own
        dead = await records(settings, dead_letters(GROUP), 7)
        values = [one.value for one in dead if dead_letter.REPLAYED not in dict(one.headers)]
        assert values == [encode(request("first")), BAD, None, BAD, None]
        assert [one["offset"] for one in (await cli("dlq", "show", GROUP))["letters"]] == ["5", "6"]
        await cli("dlq", "replay", GROUP, "0", "--again")
        assert (await consumer.next())[0] == "first"


async def test_many_are_not_put_back_unasked(settings: KafkaSettings, cli: Cli) -> None:
    consumer = Consumer(settings)
    consumer.refused = {str(number) for number in range(11)}
    async with consumer.running(), producing(settings) as send:
        for number in range(11):
            await send(encode(request(str(number))), partition=0)
        await records(settings, dead_letters(GROUP), 11)
        assert "11 letters" in await cli("dlq", "replay", GROUP, code=2)
        assert await waiting(cli) == 11
        consumer.refused.clear()
        await cli("dlq", "replay", GROUP, "--yes")
        assert [(await consumer.next())[0] for _ in range(11)] == [str(number) for number in range(11)]
        assert await waiting(cli) == 0


async def test_a_bad_release_stops_before_it_empties_the_topic(settings: KafkaSettings) -> None:
    bad, mended = Consumer(settings), Consumer(settings)
    bad.refused = {str(number) for number in range(30)}
    before = RECORDS_TOTAL.labels(GROUP, "dead")._value.get()  # noqa: SLF001  # as prometheus_client's own tests
    async with bad.running(), producing(settings) as send:
        for number in range(30):
            await send(encode(request(str(number))), partition=0)
        alerts = [decode(one.value or b"", AlertRaised) for one in await records(settings, ALERT_RAISED.name, 21)]
        assert [alert.kind for alert in alerts].count("dead-letter") == 20
        (halt,) = (alert for alert in alerts if alert.kind == "consumer-halted")
        assert (halt.severity, f"ratecard dlq show {GROUP}" in halt.action) == ("critical", True)
        assert CONSUMER_HALTED.labels(GROUP)._value.get() == 1  # noqa: SLF001  # as above
        assert RECORDS_TOTAL.labels(GROUP, "dead")._value.get() - before == 20  # noqa: SLF001  # as above
    async with mended.running():
        assert [(await mended.next())[0] for _ in range(10)] == [str(number) for number in range(20, 30)]
    assert len(await records(settings, dead_letters(GROUP), 20)) == 20
