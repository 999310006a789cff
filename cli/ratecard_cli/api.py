"""The REST API as the commands use it: numbers stay exact, and an error is one line that says what to do."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

import aiohttp
import msgspec
from yarl import URL

from ratecard_cli import running
from ratecard_cli.faults import CommandError, NotFoundError, UnreachableError, UsageError

DEFAULT: Final = "http://127.0.0.1:8080"
_MOST: Final = "500"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
FROM_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)
_LAST_GOOD: Final = 299
_BAD, _UNAUTHORIZED, _FORBIDDEN, _MISSING, _AMBIGUOUS = 400, 401, 403, 404, 409
_LATER: Final = (429, 502, 503, 504)
"""Too many requests, and the answers of a proxy or a registry that is not ready: the same may work in a while."""
_SILENCE: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=45)
"""An idle stream shows every 15 seconds that it lives."""
_LONGEST_LINE: Final = 2**20


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the API is, and the key that it is asked with (empty for none)."""

    url: str
    key: str = ""


def place(environ: Mapping[str, str] = os.environ) -> Place:
    """Return the API that the environment names, or the one that runs in this folder, or the usual address."""
    found = running.find()
    url = environ.get("RATECARD_API_URL") or (found.api if found else DEFAULT)
    own = found.admin_key if found and found.api == url else ""
    key = environ.get("RATECARD_API_KEY") or environ.get("RATECARD_ADMIN_KEY") or own
    return Place(url=url.rstrip("/"), key=key.strip())


class Api:
    """Asks the API over one session."""

    def __init__(self, session: aiohttp.ClientSession, where: Place) -> None:
        """Ask `where` over `session`."""
        self._session = session
        self._where = where

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at `path`. Raises CommandError."""
        return await self._ask("GET", path, params=dict(query or {}))

    async def post(self, path: str, body: Any) -> Any:
        """Return the JSON that the API answers to `body`. Raises CommandError."""
        return await self._ask("POST", path, json=body)

    async def send(self, path: str, query: Mapping[str, str], body: bytes) -> Any:
        """Return the JSON that the API answers to a file. Raises CommandError."""
        return await self._ask(
            "POST", path, params=dict(query), data=aiohttp.BytesPayload(body, content_type="application/json")
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON that the API answers; a body of None is none. Raises CommandError."""
        content = {} if body is None else {"json": body}
        return await self._ask(method, path, headers, params=dict(query or {}), **content)

    async def models(self, query: Mapping[str, str]) -> list[Any]:
        """Return the models of all pages."""
        wanted = {**query, "limit": _MOST}
        page = await self.get("/api/models", wanted)
        models = list(page["data"])
        while page["nextCursor"]:
            page = await self.get("/api/models", {**wanted, "cursor": page["nextCursor"]})
            models += page["data"]
        return models

    async def lines(self, path: str, query: Mapping[str, str]) -> AsyncIterator[str]:
        """Give the lines of a stream as they come. Raises CommandError, also when it breaks off."""
        more = {"params": dict(query), "timeout": _SILENCE, "read_bufsize": _LONGEST_LINE}
        async with self._answer("GET", path, {"Accept": "text/event-stream"}, **more) as answer:
            async for line in answer.content:
                yield line.decode().rstrip("\r\n")

    async def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        async with self._answer(method, path, headers, **more) as answer:
            body = await answer.read()
        return FROM_JSON.decode(body)

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str] | None, **more: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(
                method, self._url(path), headers={**self._headers(), **(headers or {})}, **more
            ) as answer:
                if answer.status > _LAST_GOOD:
                    raise _fault(answer.status, await answer.read(), self._where)
                yield answer
        except aiohttp.InvalidURL as error:
            raise self._no_url() from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnreachableError(
                f"the API at {self._where.url} does not answer: start it with `ratecard up` or `ratecard demo`, "
                "or set RATECARD_API_URL to where it is"
            ) from error

    def _url(self, path: str) -> URL:
        try:
            # As it is: `..` in a model's id would lead somewhere else.
            return URL(self._where.url + path, encoded=True)
        except ValueError as error:
            raise self._no_url() from error

    def _no_url(self) -> UsageError:
        return UsageError(f"RATECARD_API_URL is {self._where.url!r}, but it takes a URL such as {DEFAULT}")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._where.key}"} if self._where.key else {}


@asynccontextmanager
async def connected(where: Place | None = None) -> AsyncIterator[Api]:
    """Give the API while the block lasts."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        yield Api(session, where or place())


def _fault(status: int, body: bytes, where: Place) -> CommandError:
    problem = _problem(body)
    detail = problem.get("detail") or f"the API at {where.url} answered HTTP {status}"
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        return CommandError(f"the API at {where.url} does not let us in: set RATECARD_API_KEY to a key. ({detail})")
    if status == _AMBIGUOUS and problem.get("candidates"):
        providers = ", ".join(str(candidate["provider"]) for candidate in problem["candidates"])
        return UsageError(f"{detail} Providers: {providers}.")
    if status == _MISSING:
        return NotFoundError(str(detail), [f"{near['provider']}/{near['id']}" for near in problem.get("refused", ())])
    kinds = {_BAD: UsageError, **dict.fromkeys(_LATER, UnreachableError)}
    return kinds.get(status, CommandError)(str(detail))


def _problem(body: bytes) -> dict[str, Any]:
    try:
        found = FROM_JSON.decode(body)
    except msgspec.MsgspecError:
        return {}
    return found if isinstance(found, dict) else {}
