"""The registry's changes from any place on: those that it keeps, then those that come, each of them once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

from ratecard_cli.api import FROM_JSON, Api
from ratecard_cli.faults import UnreachableError
from ratecard_cli.terminal import note

_AT_ONCE: Final = "500"
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 30.0


class Feed:
    """Reads the changes after a place; `query` says which are wanted."""

    def __init__(self, connection: Api, query: Mapping[str, str], since: str | None) -> None:
        """Begin after the cursor `since`, or with the first that is kept."""
        self._connection = connection
        self._query = query
        self._since = since

    async def kept(self) -> AsyncGenerator[Any]:
        """Give those that there are."""
        more = True
        while more:
            page = await self._connection.get("/api/changes", {**self._after(), "limit": _AT_ONCE})
            for change in page["data"]:
                yield change
            # The place moves over what is not wanted, too, so a quiet reader does not fall behind what is kept.
            self._since, more = page["nextCursor"], page["more"]

    async def followed(self) -> AsyncGenerator[Any]:
        """Give those that there are and those that come, for ever. It waits for a registry that goes away.

        Raises CommandError for one that is not there to begin with, or that answers what will not pass.
        """
        found, in_vain = False, 0
        while True:
            try:
                async for change in self.kept():
                    yield change
                if in_vain:
                    note("The API is back.")
                found, in_vain = True, 0
                async for change in self._coming():
                    yield change
            except UnreachableError:
                if not found:
                    raise
                if not in_vain:
                    note("The API does not answer any more: trying again until it does. Nothing will be missed.")
                in_vain += 1
            await asyncio.sleep(min(_FIRST_WAIT_SECONDS * 2**in_vain, _LONGEST_WAIT_SECONDS))

    async def _coming(self) -> AsyncGenerator[Any]:
        """Give those that come until the API ends the stream, as it does every few minutes."""
        async for data in _messages(self._connection.lines("/api/changes/stream", self._after())):
            change = FROM_JSON.decode(data)
            self._since = change["cursor"]
            yield change

    def _after(self) -> dict[str, str]:
        return {**self._query, **({"since": self._since} if self._since else {})}


async def _messages(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Give the data of each Server-Sent Event. One that breaks off before its empty line is none."""
    data: list[str] = []
    async for line in lines:
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line:
            if data:
                yield "\n".join(data)
            data = []
