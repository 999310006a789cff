"""Answers reads from memory, and asks the framework for what is not there: once, however many wait for it.

An answer is kept with what it is based on: all models, those of one provider, or one. It may show more than was known
when it was asked for, so before it is given PostgreSQL is asked for the newest: what is answered after it is not older.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg
import msgspec
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.utils import normalize_path

from ratecard_registry.keeping import ABOUT, depends_on, is_over, keeps
from ratecard_registry.memory import Answer, Header, Memory
from ratecard_registry.rendering import Holding, Receive, Scope, Send, nothing, nowhere, unconditional
from ratecard_registry.versions import Basis, Versions

_MOST_REQUESTS: Final = 16_384
_DEPENDING: Final = {200, 404, 409, 410}
"""The statuses of answers that say something of the catalogue. Others are faults of the request or the registry."""
_ABSENT: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, HTTPException)

Key = tuple[str, bytes]


class Streamed(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an answer that went out as it came."""

    status: int
    route: str


class Reads:
    """Gives whole answers, in the name of a framework's app."""

    def __init__(
        self,
        app: Litestar,
        *,
        versions: Versions,
        memory: Memory,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._app: Any = app
        self._versions = versions
        self._memory = memory
        self._now = now
        self._under_way: dict[Key, tuple[int, asyncio.Task[Answer | Streamed]]] = {}
        self._provider = lru_cache(_MOST_REQUESTS)(self._only_provider)

    def remembered(self, scope: Scope) -> Answer | None:
        """Return the answer if memory has it."""
        kept = self._memory.get(_key(scope))
        return kept[1] if kept and self._versions.holds(kept[0]) else None

    def _only_provider(self, path: str, query: bytes) -> str | None:
        return depends_on(self._options(path), query)

    async def shared(self, scope: Scope) -> Answer | Streamed | None:
        """Return the answer of a kept route: who asks for it at the same state waits for the same. None for others."""
        if not keeps(self._options(scope["path"])):
            return None
        key, state = _key(scope), self._versions.state_of(self._provider(*_key(scope)))
        begun = self._under_way.get(key)
        if begun is None or begun[0] != state:
            begun = (state, asyncio.create_task(self.made(scope, nothing, nowhere, ())))
            self._under_way[key] = begun
            begun[1].add_done_callback(lambda task: self._landed(key, task))
        return await asyncio.shield(begun[1])

    def _landed(self, key: Key, task: asyncio.Task[Answer | Streamed]) -> None:
        if self._under_way.get(key, (None, None))[1] is task:
            del self._under_way[key]

    def _options(self, path: str) -> Mapping[str, Any]:
        try:
            _, handler, *_ = self._app.asgi_router.handle_routing(path=normalize_path(path), method="GET")
        except HTTPException:
            return {}
        options: Mapping[str, Any] = handler.opt
        return options

    async def made(self, scope: Scope, receive: Receive, send: Send, more: tuple[Header, ...]) -> Answer | Streamed:
        """Return the answer as it is now, and keep it if that may be. A stream is sent with `more` headers."""
        provider, behind = self._provider(*_key(scope)), self._versions.behind
        state = self._versions.state_of(provider)
        answer = await self.once(scope, receive, send, more)
        if isinstance(answer, Streamed) or answer.status not in _DEPENDING or not await self._has_looked():
            return answer
        # If something older than what is known had to be shown meanwhile, this may be such.
        basis = Basis(provider, answer.about if provider else None, state)
        if answer.kept and self._versions.behind == behind and self._versions.holds(basis):
            self._memory.put(_key(scope), basis, answer)
        return answer

    async def once(self, scope: Scope, receive: Receive, send: Send, more: tuple[Header, ...]) -> Answer | Streamed:
        """Return the answer as the app gives it."""
        now, asked, holding = self._now(), unconditional(scope), Holding(send, more)
        await self._app(asked, receive, holding)
        route, handler = str(asked.get("path_template") or ""), asked.get("route_handler")
        if holding.streamed:
            return Streamed(status=holding.streamed, route=route)
        kept = handler is not None and keeps(handler.opt) and is_over(scope["query_string"], now)
        return holding.answer(route=route, kept=kept, about=asked["state"].get(ABOUT))

    async def _has_looked(self) -> bool:
        try:
            await self._versions.look_together()
        except _ABSENT:
            return False
        return True


def _key(scope: Scope) -> Key:
    return (scope["path"], scope["query_string"])
