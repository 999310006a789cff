"""Providers of any size, for measuring a sync: a file each, and over HTTP a model list and a page with its prices."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

TIERS: Final = ("Standard", "Batch", "Flex")
_FAMILIES: Final = ("nimbus", "swift-air", "heron-coder", "glide", "petrel-vision")
_SIZES: Final = ("", "-mini", "-nano", "-pro")
_FILE: Final = """\
id = "{id}"
name = "{id}"

[models]
url = "{origin}/{id}/models"
fields = {{ context_window = "context_length" }}

[pricing]
[[pricing.pages]]
url = "{origin}/{id}/pricing.md"
strategies = ["columns"]
"""


def names(count: int) -> list[str]:
    """Return ids of `count` models, named as models are."""
    versions = (f"{number // 10 + 1}.{number % 10}" for number in itertools.count())
    return list(itertools.islice(_named(versions), count))


def _named(versions: Iterator[str]) -> Iterator[str]:
    for version in versions:
        for family, size in itertools.product(_FAMILIES, _SIZES):
            yield f"{family}-{version}{size}"


def model_list(models: Sequence[str]) -> bytes:
    """Return the models as an OpenAI-like API lists them."""
    listed = [
        {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "acme", "context_length": 128_000}
        for name in models
    ]
    return msgspec.json.encode({"object": "list", "data": listed})


def pricing_page(models: Sequence[str], time: int = 0) -> bytes:
    """Return a page in markdown with a table per tier, as it is at a time: later, a third of the prices is another."""
    return "\n".join(line for tier, name in enumerate(TIERS) for line in _table(name, tier, models, time)).encode()


def input_cents(place: int, tier: int, time: int) -> Decimal:
    """Return what a million input tokens of the model at this place cost. No price is another row's of another time."""
    later = Decimal(time) / 100 if place % 3 == 0 else 0
    return Decimal(100 + 8 * (place % 90) - 20 * tier) + later


def _table(tier: str, number: int, models: Sequence[str], time: int) -> Iterator[str]:
    yield from (f"## {tier}", "", "Prices per 1M tokens.", "")
    yield from ("| Model | Input | Cached input | Output |", "|---|---|---|---|")
    for place, name in enumerate(models):
        cents = input_cents(place, number, time)
        yield f"| {name} | ${cents / 100} | ${cents / 400} | ${cents / 50} |"
    yield ""


@asynccontextmanager
async def serving(
    folder: Path, *, providers: int, models: int, time: Callable[[], int] = lambda: 0
) -> AsyncIterator[dict[str, str]]:
    """Serve that many providers of that many models each; give what services need in their environment to sync them."""
    known = names(models)
    listed, page = model_list(known), lru_cache(lambda now: pricing_page(known, now))

    async def answer(request: web.Request) -> web.Response:
        what = request.match_info["what"]
        body = listed if what == "models" else page(time()) if what == "pricing.md" else None
        return web.Response(body=body) if body else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{provider}/{what}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        every = [f"made-up-{number:02}" for number in range(providers)]
        for one in every:
            folder.joinpath(f"{one}.toml").write_text(_FILE.format(id=one, origin=origin))
        yield {"RATECARD_PROVIDERS": str(folder), "RATECARD_ENABLED_PROVIDERS": ",".join(every)}
    finally:
        await runner.cleanup()
