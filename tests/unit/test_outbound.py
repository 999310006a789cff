"""The way out: through a proxy that the environment names, and to nobody whose certificate is not good today."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer
from scripted_server import FakeTime, Reply, scripted_server
from stack import free_port
from tunnel import tunnel

from ratecard_scraper.addresses import public_socket
from ratecard_scraper.faults import DisallowedError, PageError
from ratecard_scraper.fetch import Fetcher, Manners
from ratecard_shared.http import Answer, Client, RequestError, open_client
from ratecard_shared.proxies import proxy_for

NOW = datetime.now(UTC)
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that OpenSSL trusts for the time of the test."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


@asynccontextmanager
async def https(
    authority: trustme.CA, host: str = "acme.example", *, until: datetime | None = None
) -> AsyncIterator[int]:
    """Serve `prices` over https here, with a certificate for `host`, and give the port."""

    async def prices(_request: web.Request) -> web.Response:
        return web.Response(text="prices")

    app = web.Application()
    app.router.add_get("/{any:.*}", prices)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host, not_after=until).configure_cert(context)
    server = TestServer(app)
    await server.start_server(ssl=context)
    try:
        assert server.port
        yield server.port
    finally:
        await server.close()


async def get(url: str, *, guarded: bool = False) -> bytes:
    async with open_client(socket_factory=public_socket if guarded else None) as client:
        return (await client.get(url, headers={}, seconds=5)).body


async def test_https_goes_through_the_proxy_which_resolves_the_name(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with https(authority) as port, tunnel(port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert await get("https://acme.example/prices", guarded=True) == b"prices"
    assert [asked.split()[:2] for asked in proxy.asked] == [["CONNECT", "acme.example:443"]]
    assert "Proxy-Authorization: Basic" in proxy.asked[0]


@pytest.mark.parametrize("setting", ["acme.example", ".example", "*", "other.example,acme.example"])
async def test_no_proxy_names_what_is_asked_directly(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", setting)
    assert proxy_for("https://acme.example/prices") is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert proxy_for(f"https://{host}:8443/") is None
    assert proxy_for("https://acme.example/") is not None


async def test_a_proxy_that_is_down_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("HTTPS_PROXY", f"http://ops:hunter2@127.0.0.1:{port}")
    with pytest.raises(RequestError, match=rf"the proxy 127.0.0.1:{port} \(HTTPS_PROXY.* is down") as caught:
        await get("https://acme.example/prices")
    assert caught.value.again
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("status", "again"), [(403, False), (407, False), (502, True)])
async def test_what_a_proxy_refuses_is_said_to_be_the_proxy_s(
    monkeypatch: pytest.MonkeyPatch, status: int, *, again: bool
) -> None:
    async with tunnel(status=status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(RequestError, match=rf"the proxy .* answered HTTP {status} when asked for acme") as caught:
            await get("https://acme.example/prices")
    assert caught.value.again is again
    assert "hunter2" not in str(caught.value)


async def test_a_proxy_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://ops:hunter2@proxy.example:1080")
    with pytest.raises(RequestError, match="HTTPS_PROXY is no address such as") as caught:
        await get("https://acme.example/prices")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    ["https://10.0.0.8/", "https://[::ffff:10.0.0.8]/", "https://2130706433/", "https://metadata.google.internal/"],
)
async def test_behind_a_proxy_nothing_that_is_spelled_private_is_asked_for(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    time = FakeTime()
    async with https(authority) as port, tunnel(port) as proxy, open_client(socket_factory=public_socket) as client:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        fetcher = Fetcher(client, Manners(), now=time.now, sleep=time.sleep)
        with pytest.raises(DisallowedError, match=r"not a public address|in disguise|local network"):
            await fetcher.page(target, provider="acme", deadline=time.deadline())
    assert proxy.asked == []


async def test_a_certificate_that_has_expired_is_said_and_not_tried_again(authority: trustme.CA) -> None:
    async with https(authority, "localhost", until=NOW - timedelta(days=1)) as port:
        with pytest.raises(RequestError, match=r"certificate of localhost is not accepted: .*expired") as caught:
            await get(f"https://localhost:{port}/prices")
    assert not caught.value.again


async def test_a_certificate_of_another_name_is_said(authority: trustme.CA) -> None:
    async with https(authority, "acme.example") as port:
        with pytest.raises(RequestError, match="certificate of localhost is not accepted: Hostname mismatch"):
            await get(f"https://localhost:{port}/prices")


async def test_a_certificate_that_nobody_vouches_for_is_said() -> None:
    async with https(trustme.CA(), "localhost") as port:
        with pytest.raises(RequestError, match=r"certificate of localhost is not accepted: unable to get local issuer"):
            await get(f"https://localhost:{port}/prices")


async def test_an_authority_that_the_operator_names_is_trusted(authority: trustme.CA) -> None:
    async with https(authority, "localhost") as port:
        assert await get(f"https://localhost:{port}/prices") == b"prices"


async def test_a_slow_drip_ends_in_its_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):
            while True:
                await answer.write(b"x")
                await asyncio.sleep(0.02)
        return answer

    app = web.Application()
    app.router.add_get("/", drip)
    async with TestServer(app) as server, open_client() as client:
        with pytest.raises(RequestError, match=r"did not answer within 0\.5 s"):
            await client.get(str(server.make_url("/")), headers={}, seconds=0.5)


async def test_a_redirect_in_a_circle_ends() -> None:
    time = FakeTime()
    async with scripted_server() as server, open_client() as client:
        server.reset(time)
        server.answers("/a", Reply(status=302, headers={"Location": "/b"}))
        server.answers("/b", Reply(status=302, headers={"Location": "/a"}))
        fetcher = Fetcher(client, Manners(allow_private=True), now=time.now, sleep=time.sleep)
        with pytest.raises(PageError, match="redirects more than 3 times"):
            await fetcher.page(f"{server.url}/a", provider="acme", deadline=time.deadline())
        assert len(server.asked) <= 1 + 4


@pytest.mark.parametrize(
    "target", ["https://10.0.0.8/", "https://[::ffff:169.254.169.254]/latest", "https://0x7f000001/"]
)
async def test_a_redirect_to_a_private_address_is_not_followed(target: str) -> None:
    asked: list[str] = []

    class Redirecting:
        async def get(self, url: str, **_: Any) -> Answer:
            asked.append(url)
            robots = url.endswith("/robots.txt")
            return Answer(status=404 if robots else 302, url=url, headers={} if robots else {"location": target})

    time = FakeTime()
    fetcher = Fetcher(cast("Client", Redirecting()), Manners(), now=time.now, sleep=time.sleep)
    with pytest.raises(DisallowedError, match=r"not a public address|in disguise"):
        await fetcher.page("https://prices.example/", provider="acme", deadline=time.deadline())
    assert asked == ["https://prices.example/robots.txt", "https://prices.example/"]
