"""The stream of changes: all of them, once, in the order of publication, however late they commit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import Bench
from registry_events import closing, day, enriched, model, price
from registry_stage import OneConnection

from ratecard_registry import feed
from ratecard_registry.feed import Feed, Position
from ratecard_registry.following import Follower
from ratecard_shared import outbox
from ratecard_shared.database import connected, open_pool, queries
from ratecard_shared.events import ModelChanged, ModelChangeKind, Usability
from ratecard_shared.settings import DatabaseSettings
from ratecard_shared.topics import MODEL_CHANGED, SYNC_COMPLETED

SERVICE = "registry-api"
PATH = "/api/changes"


class Publishes:
    """A producer that takes everything and remembers it in order."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def send(self, _topic: str, body: bytes, **_: Any) -> asyncio.Future[None]:
        self.bodies.append(body)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def changed(number: int) -> ModelChanged:
    return ModelChanged(
        event_id=f"e{number}",
        sync_id="sync-0",
        occurred_at=day(0),
        provider="acme",
        model_id=f"m{number}",
        revision=number + 1,
        kind=ModelChangeKind.APPEARED,
        display_name="M",
        usability=Usability.AVAILABLE,
    )


async def say(connection: asyncpg.Connection, number: int) -> None:
    await outbox.say(connection, service=SERVICE, topic=MODEL_CHANGED, key=f"acme/m{number}", event=changed(number))


async def publish(pool: Any) -> int:
    broker: Any = Publishes()
    return await outbox.relay(pool, broker, service=SERVICE)


async def test_every_query_fits_the_schema(database_url: str) -> None:
    found = queries(feed.QUERIES)
    names = [name for name in found.available_queries if not name.endswith("_cursor")]
    async with connected(database_url) as connection:
        for name in names:
            await connection.prepare(getattr(found, name).sql)


async def test_a_change_that_commits_late_is_not_skipped(bench: Bench, database_url: str) -> None:
    async with connected(database_url) as late, connected(database_url) as early:
        transaction = late.transaction()
        await transaction.start()
        await say(late, 0)
        await say(early, 1)
        await publish(bench.pool)
        first = await bench.get(PATH)
        assert [change["eventId"] for change in first["data"]] == ["e1"]
        await transaction.commit()
    await publish(bench.pool)
    ids = [row["id"] for row in await bench.pool.fetch("SELECT id FROM outbox ORDER BY event_id")]
    assert ids[0] < ids[1], "the late one has the smaller id"
    second = await bench.get(PATH, since=first["nextCursor"])
    assert [change["eventId"] for change in second["data"]] == ["e0"]
    assert (await bench.get(PATH, since=second["nextCursor"]))["data"] == []


async def test_what_is_not_published_yet_is_not_shown(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])))
    assert (await bench.get(PATH))["data"] == []
    await publish(bench.pool)
    assert len((await bench.get(PATH))["data"]) == 2


class Interleaving:
    """Several writers whose transactions overlap, one relay, and one reader who goes on from where it was."""

    def __init__(self, writers: list[asyncpg.Connection], other: asyncpg.Connection, limit: int) -> None:
        self._writers = writers
        self._pool: Any = OneConnection(other)
        self._feed = Feed(pool=lambda: self._pool)
        self._limit = limit
        self._running: dict[int, tuple[Any, list[str]]] = {}
        self._place = Position()
        self._broker: Any = Publishes()
        self._number = 0
        self.committed: list[str] = []
        self.seen: list[str] = []

    @property
    def published(self) -> list[str]:
        return [json.loads(body)["event_id"] for body in self._broker.bodies]

    async def say(self, who: int) -> None:
        if who not in self._running:
            self._running[who] = (self._writers[who].transaction(), [])
            await self._running[who][0].start()
        self._number += 1
        await say(self._writers[who], self._number)
        self._running[who][1].append(f"e{self._number}")

    async def commit(self, who: int) -> None:
        if who in self._running:
            transaction, said = self._running.pop(who)
            await transaction.commit()
            self.committed += said

    async def undo(self, who: int) -> None:
        if who in self._running:
            await self._running.pop(who)[0].rollback()

    async def relay(self, _who: int) -> None:
        await outbox.relay(self._pool, self._broker, service=SERVICE)

    async def read(self, _who: int) -> None:
        page = await self._feed.page(self._place, self._limit)
        self.seen += [change.event_id for change in page.data]
        self._place = Position.read(page.next_cursor) or self._place


steps = st.lists(st.tuples(st.sampled_from(["say", "say", "commit", "undo", "relay", "read"]), st.integers(0, 3)))


@pytest.fixture(scope="module")
async def writers(fresh_database: Any) -> AsyncIterator[list[asyncpg.Connection]]:
    async with fresh_database() as url, AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connected(url)) for _ in range(5)]


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(course=steps, limit=st.integers(1, 4))
async def test_readers_see_every_change_once_whatever_the_order_of_commits(
    writers: list[asyncpg.Connection], course: Any, limit: int
) -> None:
    *four, other = writers
    await other.execute("TRUNCATE outbox, outbox_forgotten")
    world = Interleaving(four, other, limit)
    try:
        for step, who in course:
            await getattr(world, step)(who)
        for who in range(4):
            await world.commit(who)
    finally:
        for who in range(4):
            await world.undo(who)
    await world.relay(0)
    for _ in range(len(world.committed) + 1):
        await world.read(0)
    assert sorted(world.seen) == sorted(world.committed)
    assert world.seen == world.published


async def test_pages_hold_every_change_once_in_the_order_of_kafka(bench: Bench) -> None:
    for on in range(3):
        names = [f"m{number}" for number in range(4)]
        await bench.sync(on, *(enriched(model(name, [price(str(on + 1))]), on=on) for name in names), closing(*names))
        await publish(bench.pool)
    expected = [
        row["event_id"]
        for row in await bench.pool.fetch("SELECT event_id FROM outbox WHERE topic <> $1 ORDER BY id", "sync.completed")
    ]
    seen: list[Any] = []
    query: dict[str, Any] = {"limit": 5}
    while True:
        page = await bench.get(PATH, **query)
        seen += page["data"]
        query["since"] = page["nextCursor"]
        if not page["more"]:
            break
    assert [change["eventId"] for change in seen] == expected
    assert (await bench.get(PATH, since="latest"))["nextCursor"] == query["since"]
    last = seen[-1]
    assert (last["type"], last["kind"]) == ("pricing.changed", "changed")
    assert (last["old"]["inputCostPerMillion"], last["new"]["inputCostPerMillion"]) == (2, 3)


@pytest.mark.parametrize("since", ["x", "1", "-1-2", "1-2-3", "9" * 19 + "-1", "1-2\n"])
async def test_a_cursor_that_is_none_is_told(bench: Bench, since: str) -> None:
    async with bench.client() as client:
        for path in (PATH, f"{PATH}/stream"):
            answer = await client.get(path, params={"since": since})
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_a_reader_who_missed_something_is_told(bench: Bench) -> None:
    for number in range(3):
        await say(bench.pool, number)
        await publish(bench.pool)
    cursors = [change["cursor"] for change in (await bench.get(PATH))["data"]]
    await bench.pool.execute("UPDATE outbox SET published_at = now() - interval '8 days' WHERE event_id <> 'e2'")
    await outbox.forget(bench.pool, service=SERVICE)
    async with bench.client() as client:
        for path in (PATH, f"{PATH}/stream"):
            answer = await client.get(path, params={"since": cursors[0]})
            assert answer.status_code == 410
            assert "since=latest" in answer.json()["detail"]
        answer = await client.get(PATH, params={"since": "77-1"})
        assert answer.status_code == 410, "a place of another database"
    for since in ({"since": cursors[1]}, {}):
        assert [change["eventId"] for change in (await bench.get(PATH, **since))["data"]] == ["e2"]


async def test_silence_makes_no_reader_late(bench: Bench) -> None:
    await say(bench.pool, 0)
    await publish(bench.pool)
    here = (await bench.get(PATH))["nextCursor"]
    await bench.pool.execute("UPDATE outbox SET published_at = now() - interval '8 days'")
    await outbox.say(bench.pool, service=SERVICE, topic=SYNC_COMPLETED, key="s", event=changed(1))
    await publish(bench.pool)
    await bench.pool.execute("UPDATE outbox SET published_at = now() - interval '8 days'")
    await outbox.forget(bench.pool, service=SERVICE)
    await outbox.forget(bench.pool, service=SERVICE)
    assert await bench.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert (await bench.get(PATH, since=here))["data"] == []
    assert (await bench.get(PATH, since="latest"))["nextCursor"] == here
    await say(bench.pool, 2)
    await publish(bench.pool)
    assert [change["eventId"] for change in (await bench.get(PATH, since=here))["data"]] == ["e2"]


def messages(text: str) -> list[dict[str, str]]:
    """Read the stream as its protocol says."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(part.split(": ", 1) for part in block.splitlines() if not part.startswith(":"))
        if "data" in fields:
            found.append(fields)
    return found


async def stream(bench: Bench, headers: dict[str, str] | None = None, **query: str) -> list[dict[str, str]]:
    async with bench.client() as client:
        answer = await client.get(f"{PATH}/stream", params=query, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.startswith("retry: 2000\nid: ")
    return messages(answer.text)


async def test_a_stream_has_what_pages_have(bench: Bench) -> None:
    await bench.sync(0, enriched(model(prices=[price()])))
    await publish(bench.pool)
    pages = (await bench.get(PATH))["data"]
    told = await stream(bench, since="0-0")
    assert [(one["id"], one["event"], json.loads(one["data"])) for one in told] == [
        (change["cursor"], change["type"], change) for change in pages
    ]
    assert await stream(bench, since=pages[0]["cursor"]) == told[1:]
    assert await stream(bench, {"Last-Event-ID": pages[0]["cursor"]}, since="0-0") == told[1:]
    async with bench.client() as client:
        answer = await client.get(PATH, params={"since": "0-0"}, headers={"Accept": "text/event-stream"})
    assert messages(answer.text) == told


async def test_a_stream_without_a_place_begins_now_and_tells_what_comes(bench: Bench) -> None:
    await say(bench.pool, 0)
    await publish(bench.pool)
    following = asyncio.create_task(stream(bench))
    await asyncio.sleep(0.2)
    await say(bench.pool, 1)
    await publish(bench.pool)
    assert [json.loads(one["data"])["eventId"] for one in await following] == ["e1"]


async def test_an_idle_stream_shows_that_it_lives(bench: Bench) -> None:
    async with bench.client() as client:
        answer = await client.get(f"{PATH}/stream")
    assert ": nothing new\n\n" in answer.text


async def test_a_stream_ends_quietly_when_the_database_is_gone(database_url: str) -> None:
    pool = await open_pool(DatabaseSettings(database_url=database_url))
    gone = Feed(pool=lambda: pool)
    follow = Follower(gone).follow(Position())
    assert (await anext(follow)).startswith(b"retry")
    await pool.close()
    with pytest.raises(StopAsyncIteration):
        await anext(follow)
