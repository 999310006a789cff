"""`ratecard changes` lists every change once, however often the registry goes away between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fake_api import FakeApi, Ratecard
from hypothesis import given, settings
from hypothesis import strategies as st

from ratecard_cli import feed
from ratecard_cli.api import Place, connected
from ratecard_cli.changes import place
from ratecard_cli.faults import CommandError, UnreachableError, UsageError
from ratecard_cli.feed import Feed


@pytest.fixture
def api(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.setenv("RATECARD_API_KEY", "a-key")
    return api


def a_change(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "pricing.changed",
        "cursor": f"1-{number}",
        "eventId": f"e{number}",
        "syncId": "s",
        "occurredAt": f"2031-03-0{number}T12:00:00Z",
        "provider": "acme",
        "modelId": "swift-1",
        "revision": number,
        "kind": "changed",
        "tier": "standard",
        "contextLimit": 0,
        "currency": "USD",
        "region": "global",
        "old": said(number),
        "new": said(number + 1),
        "effectiveDate": f"2031-03-0{number}T12:00:00Z",
        "source": "list",
        **more,
    }


def said(amount: float) -> dict[str, Any]:
    return {"inputCostPerMillion": amount, "outputCostPerMillion": None, "rates": {}, "free": False}


def a_page(*numbers: int, more: bool = False) -> dict[str, Any]:
    return {
        "data": [a_change(number) for number in numbers],
        "nextCursor": f"1-{max(numbers, default=0)}",
        "more": more,
    }


def test_changes_come_from_all_pages_and_with_the_key(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/changes", a_page(1, 2, more=True), a_page(3))
    code, out, err = ratecard("changes", "--kind", "changed")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"2031-03-0{n} 12:00:00  pricing.changed  acme/swift-1  changed  standard: input {n} -> {n + 1}"
        for n in (1, 2, 3)
    ]
    assert [query.get("since") for query in api.queries] == [None, "1-2"]
    assert {query["kind"] for query in api.queries} == {"changed"}
    assert set(api.keys) == {"Bearer a-key"}


def test_changes_as_json_are_lines_that_keep_every_digit(api: FakeApi, ratecard: Ratecard) -> None:
    page = json.dumps(a_page(1, 2)).replace('"inputCostPerMillion": 2', '"inputCostPerMillion": 2.30000000000000001')
    api.answer("GET /api/changes", page.encode())
    code, out, _ = ratecard("changes", "--json")
    assert code == 0
    assert [json.loads(line)["cursor"] for line in out.splitlines()] == ["1-1", "1-2"]
    assert "2.30000000000000001" in out


def test_since_a_day_leaves_out_what_was_before(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/changes", a_page(1, 2, 3))
    code, out, _ = ratecard("changes", "--since", "2031-03-02")
    assert (code, out.count("\n")) == (0, 2)
    assert "since" not in api.queries[0]
    assert ratecard("changes", "--since", "2031-04-01") == (0, "", "Nothing has changed.\n")


@pytest.mark.parametrize("since", ["latest", "12-340"])
def test_a_cursor_is_given_as_it_is(since: str) -> None:
    assert place(since).cursor == since


@given(st.text(min_size=1))
def test_any_other_place_is_a_time_or_wrong_use(text: str) -> None:
    with suppress(UsageError):
        found = place(text)
        assert found.cursor == text or found.time.tzinfo


@pytest.mark.parametrize("since", ["soon", "2031-02-30", "12-", "-"])
def test_a_place_that_is_none_says_what_it_takes(since: str) -> None:
    with pytest.raises(UsageError, match="--since takes a day"):
        place(since)


def test_a_model_is_asked_for_by_the_name_that_it_has_now(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/models/acme/swift", {"provider": "acme", "id": "swift-1", "pricing": []})
    api.answer("GET /api/changes", a_page(1))
    assert ratecard("changes", "--model", "acme/swift")[0] == 0
    assert (api.queries[-1]["provider"], api.queries[-1]["model"]) == ("acme", "swift-1")


def test_what_is_not_there_is_no_silence(api: FakeApi, ratecard: Ratecard) -> None:
    api.answer("GET /api/providers", {"data": [{"id": "acme"}, {"id": "zenith"}]})
    code, _, err = ratecard("changes", "--provider", "acmee")
    assert (code, err) == (4, "ratecard: there is no provider 'acmee': there are acme, zenith\n")
    alike = {"detail": "No.", "refused": [{"provider": "acme", "id": "swift-1"}]}
    api.answer("GET /api/resolve", alike, status=404)
    code, _, err = ratecard("changes", "--model", "swift-9")
    assert (code, "acme/swift-1" in err) == (4, True)
    api.answer("GET /api/resolve", {"provider": "acme", "id": "swift-1"})
    assert "did you mean acme/swift-1?" in ratecard("price", "Swift 1")[2]


class Registry:
    """Publishes one change at each look, and treats each connection as it is told: `breaks` says after how many."""

    def __init__(self, total: int, breaks: list[int | None]) -> None:
        self.total = total
        self.published = 0
        self.breaks = breaks
        self.streams = 0

    async def page(self, request: web.Request) -> web.Response:
        if self.breaks and self.breaks[0] is None:
            self.breaks.pop(0)
            return web.json_response({"detail": "Not ready."}, status=503)
        since = int(request.query.get("since", "1-0").removeprefix("1-"))
        self.published = min(self.published + 1, self.total)
        numbers = list(range(since + 1, self.published + 1))[:2]
        last = numbers[-1] if numbers else since
        data = [{"cursor": f"1-{number}"} for number in numbers]
        return web.json_response({"data": data, "nextCursor": f"1-{last}", "more": last < self.published})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        since = int(request.query["since"].removeprefix("1-"))
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(f"retry: 2000\nid: 1-{since}\n\n: nothing new\n\n".encode())
        most = self.breaks.pop(0) if self.breaks else self.total
        for number in range(since + 1, min(since + (most or 0), self.total) + 1):
            self.published = max(self.published, number)
            await answer.write(f'id: 1-{number}\nevent: x\ndata: {{"cursor":\ndata: "1-{number}"}}\n\n'.encode())
        await answer.write(b'id: 1-99\ndata: {"cursor": "1-')
        if request.transport is not None:
            request.transport.close()
        return answer

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        app = web.Application()
        app.add_routes([web.get("/api/changes", self.page), web.get("/api/changes/stream", self.stream)])
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")


@given(st.integers(1, 12), st.lists(st.none() | st.integers(0, 4), max_size=8))
@settings(max_examples=25, deadline=None)
def test_every_change_is_given_once_and_in_order_however_the_connection_breaks(
    total: int, breaks: list[int | None]
) -> None:
    async def follow() -> list[str]:
        registry = Registry(total, [0, *breaks])
        async with registry.served() as url, connected(Place(url=url)) as connection:
            found = []
            async with aclosing(Feed(connection, {}, None).followed()) as changes:
                async for change in changes:
                    found.append(change["cursor"])
                    if len(found) == total:
                        return found
        raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "_FIRST_WAIT_SECONDS", 0)
        patch.setattr(feed, "note", lambda _: None)
        assert asyncio.run(asyncio.wait_for(follow(), 20)) == [f"1-{number + 1}" for number in range(total)]


async def test_a_registry_that_never_was_there_is_not_waited_for() -> None:
    async with connected(Place(url="http://127.0.0.1:1")) as connection:
        with pytest.raises(UnreachableError):
            await anext(Feed(connection, {}, None).followed())


async def test_a_place_that_is_gone_ends_it_with_what_to_do(api: FakeApi) -> None:
    api.answer("GET /api/changes", {"detail": "Changes after 1-1 are no longer kept. Start again."}, status=410)
    async with connected() as connection:
        with pytest.raises(CommandError, match="no longer kept") as raised:
            await anext(Feed(connection, {}, "1-1").followed())
    assert raised.value.exit_code == 1
