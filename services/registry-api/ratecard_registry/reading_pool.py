"""PostgreSQL as reads ask it: who is not answered soon is told so, and while it is away not everybody asks.

asyncpg waits for a server that hangs even to take a question back, and a question may take a minute: nobody who reads
may. So the question is left to itself. After a failure PostgreSQL is left alone for a moment, then one asks for all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg

from ratecard_shared.database import within
from ratecard_shared.delivery import is_transient

_SECONDS_TO_ANSWER: Final = 5.0
_SECONDS_OF_PEACE: Final = 2.0

T = TypeVar("T")


class AwayError(ConnectionError):
    """PostgreSQL does not answer: what was last known has to do."""


class ReadingPool:
    """Asks as a pool does. Raises AwayError where that would wait or fail for PostgreSQL's sake."""

    def __init__(
        self,
        pool: Callable[[], asyncpg.Pool],
        *,
        seconds: float = _SECONDS_TO_ANSWER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wire it. `pool` is called when PostgreSQL is needed; `clock` counts seconds."""
        self._pool = pool
        self._seconds = seconds
        self._clock = clock
        self._away = False
        self._left_alone_until = 0.0
        self._answered_at = -math.inf

    async def fetch(self, query: str, *parameters: Any) -> Any:
        """Return the rows."""
        return await self._ask(lambda pool: pool.fetch(query, *parameters))

    async def fetchrow(self, query: str, *parameters: Any) -> Any:
        """Return the first row."""
        return await self._ask(lambda pool: pool.fetchrow(query, *parameters))

    async def fetchval(self, query: str, *parameters: Any) -> Any:
        """Return the first value."""
        return await self._ask(lambda pool: pool.fetchval(query, *parameters))

    async def _ask(self, question: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
        if self._clock() < self._left_alone_until:
            raise AwayError("PostgreSQL did not answer a moment ago")
        if self._away:
            self._leave_alone()
        try:
            answer = await self._answer(question)
        except Exception as error:
            if not is_transient(error):
                raise
            # What is refused at once costs nobody time; and while others are answered it is busy, not away.
            if isinstance(error, TimeoutError) and self._answered_at + self._seconds <= self._clock():
                self._away = True
                self._leave_alone()
            raise AwayError(f"PostgreSQL does not answer: {error!r}") from error
        self._answered_at = self._clock()
        if self._away:
            self._away, self._left_alone_until = False, 0.0
        return answer

    async def _answer(self, question: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
        try:
            return await within(self._seconds, question(self._pool()))
        except TimeoutError:
            raise
        except Exception as error:
            if not is_transient(error):
                raise
        return await within(
            self._seconds, question(self._pool())
        )  # a connection that was lost has told nothing of the server

    def _leave_alone(self) -> None:
        self._left_alone_until = self._clock() + _SECONDS_OF_PEACE
