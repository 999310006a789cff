"""A pause between any two requests to the same provider, measured from start to start, whoever sends them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from ratecard_shared.retry import Now, Sleep


class Throttle:
    """Lets requests through one at a time per provider."""

    def __init__(self, *, now: Now, sleep: Sleep) -> None:
        """Measure with `now`, wait with `sleep`."""
        self._now = now
        self._sleep = sleep
        self._last: dict[str, datetime] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def turn(self, provider: str, delay: float) -> None:
        """Return when the next request to `provider` may be sent: `delay` seconds after the last one."""
        async with self._locks[provider]:
            pause = timedelta(seconds=delay)
            if (last := self._last.get(provider)) is not None:
                # A clock that was put back must not stretch the pause.
                wait = min(last + pause - self._now(), pause)
                if wait > timedelta(0):
                    await self._sleep(wait.total_seconds())
            self._last[provider] = self._now()
