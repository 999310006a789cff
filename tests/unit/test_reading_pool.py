"""Reads do not wait for a PostgreSQL that hangs, nor do all of them ask one that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from ratecard_registry.reading_pool import AwayError, ReadingPool

SOON = 0.01


class Server:
    """Answers, hangs or fails, as it is told, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers: Callable[[int], Awaitable[Any]] = self.well

    async def well(self, _number: int) -> str:
        return "a row"

    async def hang(self, _number: int) -> str:
        await asyncio.sleep(3600)
        raise AssertionError

    async def lose(self, number: int) -> str:
        if number == 1:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return "a row"

    async def refuse(self, _number: int) -> str:
        raise ConnectionRefusedError

    async def misunderstand(self, _number: int) -> str:
        raise asyncpg.UndefinedTableError("no such table")

    async def fetch(self, *_: Any) -> Any:
        self.asked += 1
        return await self.answers(self.asked)


async def test_one_that_hangs_is_not_waited_for_and_then_left_alone() -> None:
    server, now = Server(), [0.0]
    pool = ReadingPool(lambda: server, seconds=SOON, clock=lambda: now[0])
    server.answers = server.hang
    with pytest.raises(AwayError, match="does not answer"):
        await pool.fetch("SELECT 1")
    with pytest.raises(AwayError, match="a moment ago"):
        await pool.fetch("SELECT 1")
    assert server.asked == 1


async def test_one_that_answers_others_is_busy_and_not_left_alone() -> None:
    server, now = Server(), [0.0]
    pool = ReadingPool(lambda: server, seconds=SOON, clock=lambda: now[0])
    assert await pool.fetch("SELECT 1") == "a row"
    server.answers = server.hang
    with pytest.raises(AwayError, match="does not answer"):
        await pool.fetch("SELECT 1")
    now[0] += SOON
    with pytest.raises(AwayError, match="does not answer"):
        await pool.fetch("SELECT 1")
    with pytest.raises(AwayError, match="a moment ago"):
        await pool.fetch("SELECT 1")
    assert server.asked == 3


async def test_after_a_moment_one_asks_for_all() -> None:
    server, now = Server(), [0.0]
    pool = ReadingPool(lambda: server, seconds=SOON, clock=lambda: now[0])
    server.answers = server.hang
    with pytest.raises(AwayError):
        await pool.fetch("SELECT 1")
    asked, now[0] = server.asked, 10.0
    said = await asyncio.gather(*(pool.fetch("SELECT 1") for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in said] == [AwayError] * 5
    assert server.asked == asked + 1
    now[0], server.answers = 20.0, server.well
    assert await asyncio.gather(*(pool.fetch("SELECT 1") for _ in range(5)), return_exceptions=True)
    assert await pool.fetch("SELECT 1") == "a row"


async def test_one_that_refuses_is_asked_by_everybody() -> None:
    server = Server()
    pool = ReadingPool(lambda: server)
    server.answers = server.refuse
    with pytest.raises(AwayError, match="does not answer"):
        await pool.fetch("SELECT 1")
    server.answers = server.well
    assert await pool.fetch("SELECT 1") == "a row"


async def test_a_connection_that_was_lost_is_asked_for_anew() -> None:
    server = Server()
    server.answers = server.lose
    assert await ReadingPool(lambda: server).fetch("SELECT 1") == "a row"


async def test_a_fault_of_the_question_is_none_of_the_server() -> None:
    server = Server()
    pool = ReadingPool(lambda: server)
    server.answers = server.misunderstand
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.fetch("SELECT 1")
    server.answers = server.well
    assert await pool.fetch("SELECT 1") == "a row"
