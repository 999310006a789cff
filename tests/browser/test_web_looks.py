"""Every page, light and dark, on a desk and a phone: nothing serious by axe-core, nothing wider than the screen."""

from __future__ import annotations

from typing import Final

import pytest
from browser_site import DESKTOP, PHONE, Opener, Site, seen_well
from playwright.async_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PAGES: Final = {
    "models": ("/", "#models tbody tr"),
    "model": ("/models/openai/gpt-vesper-2", "#evidence .proof"),
    "changes": ("/changes", "#changes li"),
    "costs": ("/costs?models=openai/gpt-vesper-2|anthropic/claude-rondo-2", "#costs tbody tr"),
    "operate": ("/operate", "#status tbody tr"),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_accessible_and_fits(
    open_page: Opener, site: Site, name: str, size: tuple[int, int], *, dark: bool
) -> None:
    path, filled = PAGES[name]
    page = await open_page(path, key=site.key if name == "operate" else None, size=size, dark=dark)
    await expect(page.locator(filled).first).to_be_visible()
    await seen_well(page, f"{name}-{'phone' if size == PHONE else 'desktop'}-{'dark' if dark else 'light'}")
