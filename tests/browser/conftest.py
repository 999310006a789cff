"""A browser on the running site. Every page is watched: no error in its console, nothing asked of another host."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import pytest
from backends_isolation import FreshDatabase, without_topics
from browser_site import DESKTOP, Opener, Site, standing
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from ratecard_cli.laptop.backends import Backends

_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=30_000)  # a busy machine is no reason to fail


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what needs the site to the end: its five services would run beside all other tests."""
    items.sort(key=lambda item: "site" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
async def site(
    backends: Backends, fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """The running site, shared by all browser tests: each changes only what is its own."""
    prefix = f"t{secrets.token_hex(4)}."
    async with fresh_database() as database_url:
        environment = {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": backends.kafka,
            "KAFKA_TOPIC_PREFIX": prefix,
            "REDIS_URL": backends.redis_url,
        }
        async with standing(environment, tmp_path_factory.mktemp("providers")) as found:
            yield found
    await without_topics(backends.kafka, prefix)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, or another that is on the PATH."""
    program = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is on the PATH: `apt-get install chromium` for the tests of the web page")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def open_page(browser: Browser, site: Site) -> AsyncIterator[Opener]:
    """Give a function that opens a path of the site, with a key or without, at a width and in a colour scheme.

    `refused` is the status of answers that a test means to see, which a browser writes into its console.
    """
    problems: list[str] = []

    async with AsyncExitStack() as opened:

        async def opening(
            path: str,
            *,
            key: str | None = None,
            size: tuple[int, int] = DESKTOP,
            dark: bool = False,
            refused: int | None = None,
        ) -> Page:
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
            )
            opened.push_async_callback(context.close)
            page = await context.new_page()
            page.on("console", lambda message: problems.extend(_complaint(message, refused)))
            page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
            page.on("request", lambda asked: problems.extend(_foreign(asked.url, site.url)))
            if key:
                await page.add_init_script(f"sessionStorage.setItem('ratecard-key', '{key}')")
            await page.goto(site.url + path)
            return page

        yield opening
    assert problems == []


def _complaint(message: ConsoleMessage, refused: int | None) -> list[str]:
    meant = f"responded with a status of {refused} " in message.text
    return [f"{message.type}: {message.text}"] if message.type in {"error", "warning"} and not meant else []


def _foreign(asked: str, ours: str) -> list[str]:
    return [] if asked.startswith((ours, "data:", "blob:")) else [f"asked of another host: {asked}"]
