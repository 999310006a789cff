"""How many requests a caller may send in a minute, over all processes, without asking Redis for each of them.

A process leases tokens of a caller's window from Redis, a twentieth of the limit at most and fewer the fewer are left,
and spends them itself. A lease ends with its window, so no window has more requests than the limit; a caller gets fewer
only by what processes have leased and not spent. Without Redis each process grants the whole limit by itself.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

import msgspec

from ratecard_registry.cache import Cache

WINDOW: Final = 60.0
"""The seconds of a window. It begins with a caller's first request."""

_LEASES_OF_A_LIMIT: Final = 20
_MOST_CALLERS: Final = 20_000
_LEASE: Final = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = math.max(tonumber(ARGV[1]) - used, 0)
local granted = math.min(tonumber(ARGV[2]), math.max(math.floor(left / 4), 1), left)
if granted > 0 then redis.call('INCRBY', KEYS[1], granted) end
local lives = redis.call('PTTL', KEYS[1])
if lives < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    lives = tonumber(ARGV[3])
end
return {granted, left - granted, lives}
"""


class Window(msgspec.Struct, kw_only=True):
    """A caller's window as this process sees it: tokens to spend, and when it ends by this process' clock.

    `elsewhere` were left in Redis when it was last asked; `granted` is all that this process was given in it.
    """

    limit: int
    ends: float
    tokens: int = 0
    elsewhere: int = 0
    granted: int = 0

    @property
    def spent(self) -> bool:
        """Tell whether there is nothing left, here or in Redis."""
        return self.tokens <= 0 and self.elsewhere <= 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a request may be answered, how many more may be in this window, and the seconds until the next one."""

    allowed: bool
    limit: int
    left: int
    seconds: int


class Limiter:
    """Counts requests. A limit of 0 is none."""

    def __init__(self, *, cache: Cache, window: float = WINDOW, clock: Callable[[], float] = time.monotonic) -> None:
        """Wire it. `clock` counts seconds."""
        self._cache = cache
        self._length = window
        self._clock = clock
        self._windows: dict[str, Window] = {}
        self._leasing: dict[str, asyncio.Task[None]] = {}

    def take(self, who: str, limit: int) -> Verdict | None:
        """Count a request, if this process can tell by itself; None if Redis has to be asked (`admit`)."""
        window = self._windows.get(who)
        now = self._clock()
        if window is None or now >= window.ends or window.limit != limit:
            return None
        if window.tokens > 0:
            window.tokens -= 1
            return _verdict(window, now, allowed=True)
        return _verdict(window, now, allowed=False) if window.spent else None

    async def admit(self, who: str, limit: int) -> Verdict:
        """Count a request, and lease tokens as needed. However many wait, one of them asks Redis."""
        while (verdict := self.take(who, limit)) is None:
            leasing = self._leasing.get(who)
            if leasing is None:
                leasing = self._leasing[who] = asyncio.create_task(self._lease(who, limit))
                leasing.add_done_callback(lambda _: self._leasing.pop(who, None))
            await asyncio.shield(leasing)
        return verdict

    async def _lease(self, who: str, limit: int) -> None:
        now = self._clock()  # before Redis is asked, so that a lease never outlives its window
        before = self._windows.pop(who, None)
        if before and (now >= before.ends or before.limit != limit):
            before = None
        wanted = math.ceil(limit / _LEASES_OF_A_LIMIT)
        milliseconds = math.ceil(self._length * 1000)
        told = await self._cache.run(_LEASE, f"ratecard:limit:{who}", limit, wanted, milliseconds)
        if told is None:
            self._windows[who] = self._own(before, limit, now)
        else:
            granted, elsewhere, lives = told
            self._windows[who] = Window(
                limit=limit,
                ends=now + lives / 1000,
                tokens=granted,
                elsewhere=elsewhere,
                granted=granted + (before.granted if before else 0),
            )
        if len(self._windows) > _MOST_CALLERS:
            del self._windows[next(iter(self._windows))]

    def _own(self, before: Window | None, limit: int, now: float) -> Window:
        granted = before.granted if before else 0
        ends = before.ends if before else now + self._length
        return Window(limit=limit, ends=ends, tokens=limit - granted, granted=limit)


def _verdict(window: Window, now: float, *, allowed: bool) -> Verdict:
    left = window.tokens + window.elsewhere
    return Verdict(allowed=allowed, limit=window.limit, left=left, seconds=max(math.ceil(window.ends - now), 1))
