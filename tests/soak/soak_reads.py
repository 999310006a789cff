"""Reads all the while, from one registry after the other as behind a balancer: what came of each, and how soon.

A read that fails at one replica is asked of the next. While PostgreSQL is away only models, lists and costs can be
answered; what else says 503 then is `away`. What is not answered otherwise is a failure, and so is a past that changes.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import made_up_providers
from latencies import Latencies, latencies
from replicas import MODELS, PROVIDERS, Replica

ALWAYS: Final = ("models", "model", "cost")
PAST: Final = ("history", "model at a time", "changes")
_SECONDS_BETWEEN: Final = 0.05
PATIENCE: Final = 15
"""After so many seconds a replica that hangs is given up, and the next one asked."""
_UNAVAILABLE: Final = 503


class Reads:
    """What was read. `failures` say when, what, and what came instead."""

    def __init__(
        self, replicas: Sequence[Replica], chance: random.Random, at: datetime, away: Callable[[float], bool]
    ) -> None:
        """Begin. `at` is a past time; `away(since)` tells whether PostgreSQL was away at some time since then."""
        self._replicas = replicas
        self._chance = chance
        self._at = at.isoformat()
        self._away = away
        self._names = made_up_providers.names(MODELS)
        self._then: dict[str, Any] = {}
        self._since = ""
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.failures: list[str] = []
        self.latest = 0.0
        """By how many seconds a read was sent late: on a machine that is too busy nothing else is soon either."""

    async def read_until(self, ended: asyncio.Event) -> None:
        """Send a read every moment, whether those before are answered or not."""
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        wide = aiohttp.TCPConnector(limit=0)  # reads of a replica that hangs would take those of the others
        async with aiohttp.ClientSession(connector=wide, timeout=patience) as session, asyncio.TaskGroup() as group:
            while not ended.is_set():
                due = time.monotonic() + _SECONDS_BETWEEN
                group.create_task(self._read(session, self._chance.choice(ALWAYS + PAST)))
                await asyncio.sleep(_SECONDS_BETWEEN)
                self.latest = max(self.latest, time.monotonic() - due)

    def summed(self) -> list[Latencies]:
        """Return how long reads of each kind took."""
        kinds = {kind: self._seconds[kind] for kind in ALWAYS + PAST}
        every = [seconds for kind in kinds.values() for seconds in kind]
        failed = {kind: self.outcomes[kind]["failed"] for kind in kinds}
        rows = [latencies(kind, seconds, errors=failed[kind]) for kind, seconds in kinds.items()]
        return [*rows, latencies("all", every, errors=sum(failed.values()))]

    async def _read(self, session: aiohttp.ClientSession, kind: str) -> None:
        path, body = self._question(kind)
        first = self._chance.randrange(len(self._replicas))
        began, tried = time.monotonic(), []
        for replica in [*self._replicas[first:], *self._replicas[:first]]:
            wrong = await self._ask(session, replica, kind, path, body)
            if not wrong:
                break
            tried.append(f"{replica.name}: {wrong}")
        self._seconds[kind].append(time.monotonic() - began)
        if len(tried) < len(self._replicas):
            self.outcomes[kind]["by another" if tried else "answered"] += 1
        elif kind in PAST and self._away(began) and all(str(_UNAVAILABLE) in wrong for wrong in tried):
            self.outcomes[kind]["away"] += 1
        else:
            self.outcomes[kind]["failed"] += 1
            self.failures.append(f"{time.strftime('%X')} {path} after {time.monotonic() - began:.1f} s: {tried}")

    async def _ask(self, session: aiohttp.ClientSession, replica: Replica, kind: str, path: str, body: Any) -> str:
        """Return what is wrong with the answer, if anything."""
        url = f"http://127.0.0.1:{replica.port}{path}"
        try:
            async with session.request("POST" if body else "GET", url, json=body) as answer:
                said = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return repr(error)
        if answer.status != 200:
            return f"{answer.status} {said}"
        return self._judged(kind, path, said)

    def _judged(self, kind: str, path: str, said: Any) -> str:
        if kind == "cost" and said["failed"]:
            return f"no cost: {said}"
        if kind == "changes":
            self._since = said["nextCursor"] or self._since
        if kind == "model at a time":
            price = said["inputCostPerMillion"]
            if price != self._then.setdefault(path, price):
                return f"the past has changed: it was {self._then[path]} and is {price}"
        return ""

    def _question(self, kind: str) -> tuple[str, Any]:
        provider, name = f"made-up-{self._chance.randrange(PROVIDERS):02}", self._chance.choice(self._names)
        if kind == "models":
            return "/api/models?limit=20", None
        if kind == "changes":
            return "/api/changes?" + urlencode({"since": self._since} if self._since else {}), None
        if kind == "cost":
            usage = {"model": name, "provider": provider, "usage": {"input": 1000}}
            return "/api/cost", {"usages": [usage]}
        rest = "/pricing-history" if kind == "history" else ""
        when = {"at": self._at} if kind == "model at a time" else {}
        return f"/api/models/{name}{rest}?" + urlencode({"provider": provider, **when}), None
