"""Asking other people's servers: one session with keep-alive, a total time limit, and a cap on what an answer may take.

An answer is inflated as it comes and dropped at the cap, so a small body that unpacks to gigabytes costs no memory.
Redirects are not followed: whoever asks decides where else to go. No header that was sent is ever in an error.
A proxy resolves names itself: where the environment names one, it decides which addresses may be reached.
"""

from __future__ import annotations

import errno
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Final

import aiohttp
import msgspec
from opentelemetry.trace import Span, SpanKind, StatusCode
from yarl import URL

from ratecard_shared.proxies import proxy_for, shown
from ratecard_shared.tracing import traced

USER_AGENT: Final = "Ratecard/0.1 (registry of models and their prices)"
MOST_BYTES: Final = 5 * 1024 * 1024

_PIECE: Final = 64 * 1024
_SECONDS_TO_CONNECT: Final = 10.0
_GZIP_OR_ZLIB: Final = 47
_SERVER_FAULTS: Final = 500
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered. Header names are in lower case; the body is inflated."""

    status: int
    url: str
    headers: dict[str, str] = {}
    body: bytes = b""


class RequestError(Exception):
    """No answer, and why. `again` says whether it may be different a second later."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Client:
    """Sends GET requests, directly or through a proxy."""

    def __init__(
        self, direct: aiohttp.ClientSession, proxied: aiohttp.ClientSession, *, most_bytes: int = MOST_BYTES
    ) -> None:
        """Ask over these sessions, which must not inflate bodies themselves."""
        self._direct = direct
        self._proxied = proxied
        self._most_bytes = most_bytes

    async def get(self, url: str, *, headers: Mapping[str, str], seconds: float) -> Answer:
        """Return what `url` answers within `seconds`, whatever the status. Raises RequestError."""
        with traced("GET", _told_of(url), kind=SpanKind.CLIENT) as span:
            answer = await self._get(url, headers=headers, seconds=seconds)
            _judge(span, answer.status)
            return answer

    async def _get(self, url: str, *, headers: Mapping[str, str], seconds: float) -> Answer:
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _SECONDS_TO_CONNECT))
        try:
            proxy = proxy_for(url)
            session = self._proxied if proxy else self._direct
            async with session.get(
                url, headers=headers, timeout=limits, allow_redirects=False, proxy=proxy
            ) as response:
                return await self._answer(url, response)
        except TimeoutError as error:
            raise RequestError(f"{_host(url)} did not answer within {seconds:.3g} s") from error
        except aiohttp.InvalidURL as error:
            raise RequestError(f"{url[:200]!r} is not an address to ask", again=False) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(url, error) from error
        except ValueError as error:
            raise RequestError(str(error), again=False) from error

    async def _answer(self, url: str, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        async for piece in _inflated(response):
            body += piece
            if len(body) > self._most_bytes:
                raise RequestError(f"{_host(url)} sent more than {self._most_bytes} bytes", again=False)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, url=url, headers=headers, body=bytes(body))


@asynccontextmanager
async def open_client(
    *, user_agent: str = USER_AGENT, most_bytes: int = MOST_BYTES, socket_factory: Any = None
) -> AsyncIterator[Client]:
    """Give a client with a session of its own. `socket_factory` sees each address before it is used and may refuse."""
    trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    async with (
        _session(user_agent, ssl=trusted, socket_factory=socket_factory) as direct,
        _session(user_agent, ssl=trusted) as proxied,
    ):
        yield Client(direct, proxied, most_bytes=most_bytes)


@lru_cache(4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what the operator trusts; reading it takes 30 ms. aiohttp's own would be of when aiohttp was imported."""
    return ssl.create_default_context()


def _session(user_agent: str, **connecting: Any) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit_per_host=4, **connecting),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
        auto_decompress=False,
        # The jar keeps nothing: one provider's cookies are no business of the next sync.
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    # aiohttp would ask again at once on a lost connection, unseen by whoever counts retries and keeps pauses.
    session._retry_connection = False  # noqa: SLF001 - there is no public switch; aiohttp's test client does the same
    return session


def _unreachable(url: str, error: aiohttp.ClientError | OSError) -> RequestError:
    """Return what went wrong on the way, and whose fault it is: the proxy's, the certificate's, or the server's."""
    proxy = proxy_for(url)
    if proxy and isinstance(error, aiohttp.ClientHttpProxyError):
        said = f"{shown(proxy)} answered HTTP {error.status} when asked for {_host(url)}"
        return RequestError(said, again=error.status >= _SERVER_FAULTS)
    if proxy and isinstance(error, aiohttp.ClientProxyConnectionError):
        return RequestError(f"{_host(url)} cannot be reached: {shown(proxy)} is down ({error.os_error.strerror})")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
        return RequestError(f"the certificate of {_host(url)} is not accepted: {why}", again=False)
    refused = getattr(error, "errno", None) == errno.EPERM
    return RequestError(f"{_host(url)} cannot be reached: {error}", again=not refused)


async def _inflated(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    coding = response.headers.get("Content-Encoding", "identity").lower().strip()
    pieces = response.content.iter_chunked(_PIECE)
    if coding in ("", "identity"):
        async for piece in pieces:
            yield piece
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise RequestError(f"the answer is packed as {coding[:40]!r}, which was not asked for", again=False)
    inflater = _Inflater()
    async for piece in pieces:
        for part in inflater.feed(piece):
            yield part
    if inflater.unfinished:
        raise RequestError("the answer ended before it was complete")


class _Inflater:
    """Inflates in pieces of bounded size; a stream may consist of several members."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    @property
    def unfinished(self) -> bool:
        return self._begun and not self._inflate.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._inflate.eof:
                    self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
                self._begun = True
                yield from self._member(data)
                data = self._inflate.unused_data
        except zlib.error as error:
            raise RequestError(f"the answer cannot be inflated: {error}") from error

    def _member(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._inflate.decompress(data, _PIECE)
            yield piece
            data = self._inflate.unconsumed_tail
            # A full piece may have left output behind even when all input is used.
            if len(piece) < _PIECE and not data:
                return


def _told_of(url: str) -> dict[str, str | int]:
    """Return what a span says of a request. No value in a query is known to be harmless, so none is said."""
    told: dict[str, str | int] = {"http.request.method": "GET"}
    with suppress(ValueError):
        asked = URL(url)
        told |= {"url.full": str(asked.with_user(None).with_query(None)), "server.address": asked.host or ""}
        told |= {"server.port": asked.port} if asked.port else {}
    return told


def _judge(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    # What is not there is no fault here: most sites have no robots.txt. Who needed it says so on a span of its own.
    if status >= _BAD_REQUEST and status != _NOT_FOUND:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)


def _host(url: str) -> str:
    try:
        return URL(url).host or "the server"
    except ValueError:
        return "the server"
