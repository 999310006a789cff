"""The reads of a load, mixed as by users of a catalogue: most ask for a model, some for lists, the past and costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from vegeta import Request

SHARES: Final = {"list page": 15, "model": 40, "history": 15, "model at a time": 10, "changes": 5, "cost of 10": 15}
"""The kinds, and of how many in a hundred requests."""

_REQUESTS: Final = 5000
_PAGE: Final = 50
_MOST_PAGES: Final = 200
_LINES: Final = 10
_SEED: Final = 1

Model = tuple[str, str]
"""Provider and id."""


async def mixed(origin: str, key: str, models: Sequence[Model], at: datetime) -> list[Request]:
    """Return requests to the API at `origin`, with this key; `at` is the time whose prices some of them ask for."""
    chance = random.Random(_SEED)  # noqa: S311  # the same requests each time
    async with aiohttp.ClientSession(origin, headers={"X-API-Key": key}, raise_for_status=True) as session:
        pages = await _places(session, "/api/models", "cursor")
        changes = await _places(session, "/api/changes", "since")
    moment = urlencode({"at": at.isoformat()})

    def one() -> str:
        provider, name = chance.choice(models)
        return f"/api/models/{quote(name)}{{}}?{urlencode({'provider': provider})}"

    paths: dict[str, Callable[[], str]] = {
        "list page": lambda: chance.choice(pages),
        "model": lambda: one().format(""),
        "history": lambda: one().format("/pricing-history"),
        "model at a time": lambda: f"{one().format('')}&{moment}",
        "changes": lambda: chance.choice(changes),
        "cost of 10": lambda: "/api/cost",
    }
    kinds = chance.choices([*SHARES], [*SHARES.values()], k=_REQUESTS)
    return [_request(kind, origin + paths[kind](), key, chance.choices(models, k=_LINES)) for kind in kinds]


def _request(kind: str, url: str, key: str, models: Sequence[Model]) -> Request:
    headers = {"X-API-Key": key}
    if kind != "cost of 10":
        return Request(kind=kind, url=url, headers=headers)
    usage = {"input": 1200, "cachedInput": 300, "output": 450}
    lines = [{"provider": provider, "model": name, "usage": usage} for provider, name in models]
    body = msgspec.json.encode({"usages": lines})
    return Request(
        kind=kind, url=url, method="POST", headers={**headers, "Content-Type": "application/json"}, body=body
    )


async def _places(session: aiohttp.ClientSession, path: str, name: str) -> list[str]:
    """Walk through the pages, and return where each is."""
    found: list[str] = []
    page = {"limit": str(_PAGE)}
    while len(found) < _MOST_PAGES:
        found.append(f"{path}?{urlencode(page)}")
        async with session.get(path, params=page) as answer:
            body = await answer.json()
        if not body["data"] or not body["nextCursor"]:
            break
        page = {"limit": str(_PAGE), name: body["nextCursor"]}
    return found
