"""Fetching pages from a server on loopback: polite, bounded, and never where it must not go."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import Asked, FakeTime, Reply, ScriptedServer, scripted_server

from ratecard_providers.addresses import is_public
from ratecard_scraper.addresses import check_url, public_socket
from ratecard_scraper.faults import BlockedError, DisallowedError, PageError
from ratecard_scraper.fetch import Fetched, Fetcher, Manners
from ratecard_shared.http import MOST_BYTES, open_client

PAGE = b"<html><h1>Prices</h1><p>Acme 1 costs $1 per million tokens</p></html>"
agents = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40).filter(str.strip)
Fetch = Callable[[str], Awaitable[Fetched]]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


@asynccontextmanager
async def fetching(
    server: ScriptedServer, time: FakeTime, *, provider: str = "acme", client_options: Any = None, **manners: Any
) -> AsyncIterator[Fetch]:
    """Give a function that fetches a path of the server."""
    behave = Manners(**{"allow_private": True, "delay": 1.0, "timeout": 30.0, **manners})
    async with open_client(**(client_options or {})) as client:
        fetcher = Fetcher(client, behave, now=time.now, sleep=time.sleep)
        yield lambda path: fetcher.page(
            path if "://" in path else server.url + path, provider=provider, deadline=time.deadline()
        )


@settings(deadline=None)
@given(agents.map(str.strip))
async def test_property_32_every_request_says_who_asks(server: ScriptedServer, agent: str) -> None:
    time = server.reset()
    server.answers("/prices", Reply(status=302, headers={"Location": "/there"}))
    server.answers("/there", Reply(status=500), Reply(body=PAGE))
    async with fetching(server, time, user_agent=agent) as fetch:
        await fetch("/prices")
    assert [asked.path for asked in server.asked] == ["/robots.txt", "/prices", "/there", "/there"]
    assert {asked.headers["user-agent"] for asked in server.asked} == {agent}


async def test_by_default_the_user_agent_names_ratecard(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/prices", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        await fetch("/prices")
    assert server.asked[-1].headers["user-agent"].startswith("Ratecard/")


statuses = st.lists(st.sampled_from([200, 302, 304, 403, 404, 429, 500, 503]), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(statuses, min_size=1, max_size=3), st.floats(0.01, 20), st.sampled_from([200, 500]))
async def test_property_33_there_is_a_pause_between_any_two_requests(
    server: ScriptedServer, pages: list[list[int]], delay: float, robots: int
) -> None:
    time = server.reset()
    server.answers("/robots.txt", Reply(status=robots, body=b"User-agent: *\nDisallow: /no\n"))
    for number, turns in enumerate(pages):
        replies = [Reply(status=status, body=PAGE, headers={"Location": f"/{number}"}) for status in turns]
        server.answers(f"/{number}", *replies)
    async with fetching(server, time, delay=delay) as fetch:
        for number in range(len(pages)):
            try:
                await fetch(f"/{number}")
            except PageError:
                continue
    assert server.asked
    for before, after in pairwise(server.asked):
        assert (after.at - before.at).total_seconds() >= delay - 1e-5  # datetimes have microseconds


async def test_providers_do_not_wait_for_each_other(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/prices", Reply(body=PAGE))
    async with open_client() as client:
        fetcher = Fetcher(client, Manners(allow_private=True, delay=5), now=time.now, sleep=time.sleep)
        for provider in ("acme", "zenith"):
            await fetcher.page(f"{server.url}/prices", provider=provider, deadline=time.deadline())
    assert time.slept == [5]  # acme's robots.txt and page; the rules are known when zenith's turn comes


async def test_a_site_may_ask_for_a_longer_pause(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/robots.txt", Reply(body=b"User-agent: *\nCrawl-delay: 7\n"))
    server.answers("/prices", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        await fetch("/prices")
    assert time.slept == [7]


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        (Reply(body=b"User-agent: *\nDisallow: /api/\n"), True),
        (Reply(body=b"User-agent: *\nDisallow:\nContent-Signal: search=yes\n"), True),
        (Reply(body=b"User-agent: *\nDisallow: /\n"), False),
        (Reply(body=b"\xef\xbb\xbfUser-Agent: ratecard\nDisallow: /docs/\n\nUser-Agent: *\nAllow: /\n"), False),
        (Reply(body=b"User-agent: other\nDisallow: /\n"), True),
        (Reply(status=404), True),
        (Reply(status=403), True),
        (Reply(status=429), False),
        (Reply(status=500), False),
        (Reply(hang_up=True), False),
        (Reply(body=b"\xff\xfe\x00 no rules at all"), True),
    ],
)
async def test_robots_txt_is_respected(server: ScriptedServer, robots: Reply, *, allowed: bool) -> None:
    time = server.reset()
    server.answers("/robots.txt", robots)
    server.answers("/docs/api/prices", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        if allowed:
            assert (await fetch("/docs/api/prices")).body == PAGE
        else:
            with pytest.raises(DisallowedError, match=r"robots\.txt"):
                await fetch("/docs/api/prices")
    assert bool(server.asked_for("/docs/api/prices")) is allowed


async def test_robots_txt_is_asked_for_once_a_day_and_followed_where_it_leads(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/robots.txt", Reply(status=301, headers={"Location": "/moved.txt"}))
    server.answers("/moved.txt", Reply(body=b"User-agent: *\nDisallow: /no\n"))
    server.answers("/prices", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        await fetch("/prices")
        await fetch("/prices")
        with pytest.raises(DisallowedError, match="does not let Ratecard read /no"):
            await fetch("/no")
        assert len(server.asked_for("/robots.txt")) == 1
        await time.sleep(24 * 3600)
        await fetch("/prices")
        assert len(server.asked_for("/robots.txt")) == 2


async def test_an_unreachable_robots_txt_is_asked_for_again_soon(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/robots.txt", *[Reply(status=503)] * 4, Reply(status=404))
    server.answers("/prices", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        with pytest.raises(DisallowedError, match="next sync"):
            await fetch("/prices")
        await time.sleep(60)
        assert (await fetch("/prices")).body == PAGE


async def test_an_unchanged_page_is_not_sent_again(server: ScriptedServer) -> None:
    time = server.reset()

    def page(asked: Asked) -> Reply:
        known = asked.headers.get("if-none-match") == '"v1"' and asked.headers.get("if-modified-since") == "yesterday"
        headers = {"ETag": '"v1"', "Last-Modified": "yesterday"}
        return Reply(status=304) if known else Reply(body=PAGE, headers=headers)

    server.answers_with("/prices", page)
    async with fetching(server, time) as fetch:
        first, second = await fetch("/prices"), await fetch("/prices")
    assert (first.unchanged, second.unchanged) == (False, True)
    assert (second.body, second.sha256) == (first.body, first.sha256)
    assert second.fetched_at > first.fetched_at


@pytest.mark.parametrize(("hops", "good"), [(1, True), (3, True), (4, False), (9, False)])
async def test_at_most_three_redirects_are_followed(server: ScriptedServer, hops: int, *, good: bool) -> None:
    time = server.reset()
    for number in range(hops):
        server.answers(f"/{number}", Reply(status=308, headers={"Location": f"{number + 1}"}))
    server.answers(f"/{hops}", Reply(body=PAGE))
    async with fetching(server, time) as fetch:
        if good:
            page = await fetch("/0")
            assert (page.url, page.final_url) == (f"{server.url}/0", f"{server.url}/{hops}")
        else:
            with pytest.raises(PageError, match="redirects more than 3 times"):
                await fetch("/0")
    assert len(server.asked) <= 1 + 4


@pytest.mark.parametrize("target", ["ftp://example.org/", "file:///etc/passwd", "http://a:b@example.org/", "http://["])
async def test_a_redirect_to_nowhere_good_is_not_followed(server: ScriptedServer, target: str) -> None:
    time = server.reset()
    server.answers("/prices", Reply(status=302, headers={"Location": target}))
    async with fetching(server, time) as fetch:
        with pytest.raises(PageError):
            await fetch("/prices")


def test_only_https_is_asked_unless_the_operator_allows_more() -> None:
    assert check_url("https://example.org/prices", allow_private=False).host == "example.org"
    with pytest.raises(DisallowedError, match="SCRAPING_ALLOW_PRIVATE"):
        check_url("http://example.org/prices", allow_private=False)
    assert check_url("http://127.0.0.1:9000/prices", allow_private=True).port == 9000


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])  # noqa: S104 - a way in
async def test_a_private_address_is_refused_where_its_socket_is_made(server: ScriptedServer, host: str) -> None:
    time = server.reset()
    port = server.url.rpartition(":")[2]
    async with fetching(server, time, client_options={"socket_factory": public_socket}) as fetch:
        with pytest.raises(PageError):
            await fetch(f"http://{host}:{port}/prices")
    assert server.asked == []
    assert time.slept == []  # it will be no other a second later


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1"),
        *("::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b:1::a00:1", "fec0::1", "192.0.0.192"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


async def test_a_bomb_costs_no_memory(server: ScriptedServer) -> None:
    time = server.reset()
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(512)), packer.flush()])
    server.answers("/prices", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    async with fetching(server, time) as fetch:
        tracemalloc.start()
        with pytest.raises(PageError, match="more than 5242880 bytes"):
            await fetch("/prices")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * MOST_BYTES
    assert time.slept == [1.0]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.binary(max_size=200_000), min_size=1, max_size=3), st.sampled_from(["gzip", "deflate", ""]))
async def test_a_packed_page_arrives_as_it_was(server: ScriptedServer, parts: list[bytes], coding: str) -> None:
    time = server.reset()
    body = b"".join(parts) or b"x"
    packed = {"gzip": b"".join(map(gzip.compress, parts)), "deflate": zlib.compress(body), "": body}[coding]
    server.answers("/prices", Reply(body=packed, headers={"Content-Encoding": coding} if coding else {}))
    async with fetching(server, time) as fetch:
        if b"".join(parts) or coding != "gzip":
            assert (await fetch("/prices")).body == body


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=gzip.compress(PAGE)[:-9], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(body=PAGE, headers={"Content-Encoding": "br"}),
        Reply(body=b"x" * (MOST_BYTES + 1)),
        Reply(body=b""),
        Reply(status=404, body=PAGE),
        Reply(status=304),
    ],
    ids=["cut off", "not packed", "packed as never asked", "too long", "empty", "absent", "unchanged from nothing"],
)
async def test_what_is_no_whole_page_is_none(server: ScriptedServer, reply: Reply) -> None:
    time = server.reset()
    server.answers("/prices", reply)
    async with fetching(server, time) as fetch:
        with pytest.raises(PageError) as caught:
            await fetch("/prices")
    assert not isinstance(caught.value, BlockedError)


async def test_nothing_is_asked_after_the_deadline(server: ScriptedServer) -> None:
    time = server.reset()
    async with open_client() as client:
        fetcher = Fetcher(client, Manners(allow_private=True), now=time.now, sleep=time.sleep)
        with pytest.raises(PageError):
            await fetcher.page(f"{server.url}/prices", provider="acme", deadline=time.deadline(-1))
    assert server.asked == []
