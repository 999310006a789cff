"""A running Ratecard to look at: the five services, simulated providers, and one more whose page a test may change."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from scripted_server import Reply, ScriptedServer, scripted_server
from stack import services

from ratecard_cli.simulated.server import KEYS, Simulated, serving
from ratecard_shared.admin import create_topics
from ratecard_shared.settings import KafkaSettings, load

ARTIFACTS: Final = Path(__file__).parents[1] / "artifacts" / "screens"
DESKTOP: Final = (1280, 900)
PHONE: Final = (390, 844)

Opener = Callable[..., Awaitable[Page]]
"""Opens a path of the site: `key`, `size` and `dark` as keywords."""

ACME: Final = """
id = "acme"
name = "Acme"
[pricing]
[[pricing.pages]]
url = "https://acme.example/pricing"
strategies = ["columns"]
"""
ROWS: Final = {
    "Acme Anvil 1": ("$2.00", "$8.00"),
    "Acme Feather 1": ("Free", "Free"),
    "Acme Rocket 1": ("$3.00", "$9.00"),
}


class Site(msgspec.Struct, kw_only=True):
    """What a browser test works with. `key` is the admin key."""

    url: str
    key: str
    simulated: Simulated
    acme: ScriptedServer

    def acme_says(self, rows: dict[str, tuple[str, str]]) -> None:
        """Let Acme's page print these prices; none at all is a page that cannot be read."""
        self.acme.answers("/pricing", Reply(body=acme_page(rows), headers={"Content-Type": "text/html"}))

    async def sync(self, *providers: str) -> dict[str, Any]:
        """Sync these providers and return how it went."""
        asked = {"providers": providers or ("acme", "anthropic", "google", "openai", "xai")}
        ended: dict[str, Any] = await self.ask("/api/admin/sync/trigger?wait=true", asked)
        return ended

    async def ask(self, path: str, body: Any = None) -> Any:
        """Return what the API answers an administrator."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            method = session.get(self.url + path) if body is None else session.post(self.url + path, json=body)
            async with method as response:
                assert response.ok, await response.text()
                return await response.json()


def acme_page(rows: dict[str, tuple[str, str]]) -> bytes:
    """Return a page with these prices."""
    lines = "".join(f"<tr><td>{name}</td><td>{i}</td><td>{o}</td></tr>" for name, (i, o) in rows.items())
    head = "<tr><th>Model</th><th>Input (per 1M tokens)</th><th>Output (per 1M tokens)</th></tr>"
    table = f"<table>{head}{lines}</table>" if rows else "<p>We are moving.</p>"
    return f"<!doctype html><html><body><h1>Acme API pricing</h1>{table}</body></html>".encode()


@asynccontextmanager
async def standing(
    environment: dict[str, str], folder: Path, ports: Mapping[str, int] | None = None
) -> AsyncIterator[Site]:
    """Run everything and give the site after a first sync. `folder` is for Acme's provider file."""
    await create_topics(load(KafkaSettings, environment))
    key = secrets.token_urlsafe(16)
    async with serving() as simulated, scripted_server() as acme:
        acme.answers("/robots.txt", Reply(status=404))
        told = {
            **environment,
            **KEYS,
            "RATECARD_PROVIDER_ADDRESSES": json.dumps({**simulated.addresses, "https://acme.example": acme.url}),
            "RATECARD_PROVIDERS": str(folder),
            "RATECARD_ENABLED_PROVIDERS": "acme,anthropic,google,openai,xai",
            "RATECARD_ADMIN_KEY": key,
            "RATECARD_ANONYMOUS_READ": "true",
            "SCRAPING_ALLOW_PRIVATE": "true",
            "SCRAPING_DELAY_MS": "10",
            "ENABLE_AUTO_SYNC": "false",
        }
        (folder / "acme.toml").write_text(ACME, encoding="utf-8")
        async with services(told, ports) as url:
            site = Site(url=url, key=key, simulated=simulated, acme=acme)
            site.acme_says(ROWS)
            await site.sync()
            yield site


async def seen_well(page: Page, name: str) -> None:
    """Keep a picture of what is shown, which has nothing serious by axe-core and is no wider than the screen."""
    found = await Axe().run(page)
    serious = [one for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    assert serious == [], found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await _keep_screenshot(page, name)


async def _keep_screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page as an artifact."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
