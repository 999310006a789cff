"""The simulated providers on one port of this machine: a path prefix each, and one state that can be moved on.

Only addresses differ from the real ones, so the shipped provider files read them as they are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from ratecard_cli.simulated import anthropic, google, openai, xai
from ratecard_cli.simulated.asking import KEY, Refused, Request
from ratecard_cli.simulated.catalogue import Catalogue, State, catalogues

HOST: Final = "127.0.0.1"
ORIGINS: Final = {
    "openai": ("https://api.openai.com", "https://developers.openai.com"),
    "anthropic": ("https://api.anthropic.com", "https://platform.claude.com", "https://claude.com"),
    "google": ("https://generativelanguage.googleapis.com", "https://ai.google.dev"),
    "xai": ("https://api.x.ai", "https://docs.x.ai"),
}
"""Whom each simulated provider stands for: every origin in the four shipped files."""
KEYS: Final = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "XAI_API_KEY"), KEY)
_ROBOTS: Final = "User-agent: *\nAllow: /\nDisallow: /private/\n"

Lists = Callable[[Catalogue, Request], dict[str, Any]]
Prices = Callable[[Catalogue], str]

_LISTS: Final[dict[tuple[str, str], Lists]] = {
    ("openai", "/v1/models"): openai.models,
    ("anthropic", "/v1/models"): anthropic.models,
    ("google", "/v1beta/models"): google.models,
    ("xai", "/v1/models"): xai.models,
    ("xai", "/v1/language-models"): xai.language_models,
    ("xai", "/v1/image-generation-models"): xai.image_models,
}
_PAGES: Final[dict[tuple[str, str], tuple[Prices, str]]] = {
    ("openai", "/api/docs/pricing"): (openai.pricing, "text/html"),
    ("anthropic", "/docs/en/about-claude/pricing.md"): (anthropic.pricing, "text/markdown"),
    ("google", "/gemini-api/docs/pricing.md.txt"): (google.pricing, "text/plain"),
    ("xai", "/docs/models"): (xai.pricing, "text/html"),
}


class Simulated(msgspec.Struct, kw_only=True):
    """Running simulated providers. Set `state` to move all of them on."""

    port: int
    state: State = "before"

    @property
    def addresses(self) -> dict[str, str]:
        """What `RATECARD_PROVIDER_ADDRESSES` says so that the shipped files lead here."""
        base = f"http://{HOST}:{self.port}"
        return {origin: f"{base}/{provider}" for provider, origins in ORIGINS.items() for origin in origins}


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Simulated]:
    """Serve the simulated providers on `port` (0 is any free one) while the block lasts."""
    simulated = Simulated(port=port)
    runner = web.AppRunner(_app(simulated), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        simulated.port = runner.addresses[0][1]
        yield simulated
    finally:
        await runner.cleanup()


def _app(simulated: Simulated) -> web.Application:
    app = web.Application()
    app.add_routes(_routes(simulated, catalogues()))
    return app


def _routes(simulated: Simulated, known: dict[str, Catalogue]) -> Iterable[web.RouteDef]:
    yield web.get("/robots.txt", _robots)
    for (provider, path), answer in _LISTS.items():
        yield web.get(f"/{provider}{path}", _list(simulated, known[provider], answer))
    for (provider, path), (write, kind) in _PAGES.items():
        yield web.get(f"/{provider}{path}", _page(simulated, known[provider], write, kind))


async def _robots(_request: web.Request) -> web.Response:
    return web.Response(text=_ROBOTS)


def _list(simulated: Simulated, known: Catalogue, answer: Lists) -> Any:
    async def handle(request: web.Request) -> web.Response:
        asked = Request(headers={name.lower(): value for name, value in request.headers.items()}, query=request.query)
        try:
            return web.json_response(answer(known.at(simulated.state), asked))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)

    return handle


def _page(simulated: Simulated, known: Catalogue, write: Prices, kind: str) -> Any:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=write(known.at(simulated.state)), content_type=kind)

    return handle
