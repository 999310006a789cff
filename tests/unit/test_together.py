"""Who asks while others are asking shares the next reading, which begins after all of them have asked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from ratecard_registry.together import Together


class Source:
    """Reads keys when it is let, and remembers which were read together."""

    def __init__(self) -> None:
        self.readings: list[set[str]] = []
        self.let = asyncio.Event()
        self.fault: Exception | None = None

    async def read(self, keys: Collection[str]) -> dict[str, int]:
        self.readings.append(set(keys))
        await self.let.wait()
        if self.fault:
            raise self.fault
        return dict.fromkeys(keys, len(self.readings))


async def test_what_is_asked_for_while_one_reads_is_read_at_once_after_it() -> None:
    source = Source()
    together = Together(source.read)
    first = asyncio.create_task(together.get(["a"]))
    while not source.readings:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0)
    others = [asyncio.create_task(together.get([key])) for key in "abcb"]
    await asyncio.sleep(0)
    source.let.set()
    assert await first == {"a": 1}
    assert await asyncio.gather(*others) == [{"a": 2, "b": 2, "c": 2}] * 4
    assert source.readings == [{"a"}, {"a", "b", "c"}]


async def test_an_error_is_for_those_who_waited_and_the_next_is_read_anew() -> None:
    source = Source()
    source.let.set()
    source.fault = OSError("gone")
    together = Together(source.read)
    for answer in await asyncio.gather(*(together.get([key]) for key in "ab"), return_exceptions=True):
        assert answer is source.fault
    source.fault = None
    assert await together.get(["a"]) == {"a": 2}


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    source = Source()
    together = Together(source.read)
    goes, stays = (asyncio.create_task(together.get([key])) for key in "ab")
    await asyncio.sleep(0)
    goes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await goes
    source.let.set()
    assert await stays == {"a": 1, "b": 1}
