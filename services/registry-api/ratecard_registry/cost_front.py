"""Answers `POST /api/cost` before the framework does, by the same steps: read the lines, price them, write JSON.

What has no length, or is too long, is left to the framework unread. Whatever goes wrong, the framework says: it gets
the same request again.
"""

from __future__ import annotations

from typing import Any, Final

from ratecard_registry.api_cost import MOST_BYTES, PATH, read_lines
from ratecard_registry.costing import Costs
from ratecard_registry.problems import encode
from ratecard_registry.rendering import Receive, Scope

_DIGITS: Final = len(str(MOST_BYTES))


class Heard:
    """The messages of a request, which can be received again."""

    def __init__(self, receive: Receive) -> None:
        """Hear what `receive` gives."""
        self._receive = receive
        self._messages: list[Any] = []

    async def body(self) -> bytes | None:
        """Return the whole body; None if whoever asks has gone."""
        parts: list[bytes] = []
        while True:
            message = await self._receive()
            self._messages.append(message)
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(parts)

    async def again(self) -> Any:
        """Receive what was heard, and then what comes."""
        return self._messages.pop(0) if self._messages else await self._receive()


class CostFront:
    """Prices the usages of a request's body."""

    def __init__(self, costs: Costs) -> None:
        """Wire it."""
        self._costs = costs

    async def answer(self, length: bytes, heard: Heard) -> bytes | None:
        """Return the JSON of the costs; None if it is for the framework to answer. `length` is as the request says."""
        if not _is_short(length):
            return None
        body = await heard.body()
        if body is None:
            return None
        try:
            return encode(await self._costs.of(read_lines(body)))
        except Exception:  # noqa: BLE001  # whatever it is, the framework meets it too, and has an answer to it
            return None


def asks_for_costs(scope: Scope) -> bool:
    """Tell whether a request is for this. One with a query is not: it takes none, and the framework says so."""
    return bool(scope["path"] == PATH and scope["method"] == "POST" and not scope["query_string"])


def _is_short(length: bytes) -> bool:
    return length.isdigit() and len(length) <= _DIGITS and int(length) <= MOST_BYTES
