"""What changed, in a real browser: a change appears while one looks, marked up or down."""

from __future__ import annotations

import pytest
from browser_site import ROWS, Opener, Site
from playwright.async_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_change_appears_without_reload(open_page: Opener, site: Site) -> None:
    site.acme_says(ROWS)
    await site.sync("acme")
    page = await open_page("/changes")
    await expect(page.locator("#live")).to_have_class("live on")
    before = await page.locator("#changes li").count()
    assert before > 0
    marked = await page.evaluate("window.stays = Math.random()")
    site.acme_says({**ROWS, "Acme Rocket 1": ("$3.00", "$7.20")})
    await site.sync("acme")
    newest = page.locator("#changes li").first
    await expect(newest).to_contain_text("acme/Acme Rocket 1", timeout=15_000)
    await expect(newest).to_contain_text("$9.00 → $7.20")
    await expect(newest.locator(".down")).to_contain_text("20%")
    await expect(newest).to_contain_text("down")
    assert await page.evaluate("window.stays") == marked
    site.acme_says({**ROWS, "Acme Rocket 1": ("$3.00", "$9.00")})
    await site.sync("acme")
    await expect(page.locator("#changes li").first.locator(".up")).to_contain_text("+25%", timeout=15_000)


async def test_the_newest_come_first_and_each_once(open_page: Opener, site: Site) -> None:
    page = await open_page("/changes")
    await expect(page.locator("#changes li").first).to_be_visible()
    while await page.get_by_role("button", name="Show older changes").count():
        await page.get_by_role("button", name="Show older changes").click()
        await page.wait_for_timeout(200)
    shown = await page.locator("#changes li").evaluate_all("lines => lines.map((line) => line.dataset.cursor)")
    told: list[str] = []
    since, more = "", True
    while more:
        answer = await site.ask(f"/api/changes?limit=500{since}")
        told += [change["cursor"] for change in answer["data"]]
        since, more = f"&since={answer['nextCursor']}", answer["more"]
    assert shown == told[::-1]


async def test_changes_can_be_sifted(open_page: Opener) -> None:
    page = await open_page("/changes")
    await expect(page.locator("#changes li").first).to_be_visible()
    await page.get_by_label("Model", exact=True).fill("google/")
    visible = page.locator("#changes li:visible")
    assert await visible.count() > 0
    assert all("google/" in text for text in await visible.all_inner_texts())
    await page.get_by_label("Of what").select_option("model.changed")
    types = await visible.evaluate_all("lines => lines.map((line) => line.dataset.type)")
    assert set(types) == {"model.changed"}


async def test_a_stream_that_falls_silent_is_cut_and_read_again(open_page: Opener, site: Site) -> None:
    page = await open_page("/models/openai/gpt-vesper-2")
    await page.clock.install()
    await page.goto(site.url + "/changes")
    await expect(page.locator("#live")).to_have_class("live on")
    await page.clock.fast_forward(46_000)
    await expect(page.locator("#live")).to_have_text("Not connected: trying again.")
    async with page.expect_request("**/api/changes/stream?since=*"):
        await page.clock.fast_forward(2_000)
    await expect(page.locator("#live")).to_have_class("live on")


async def test_a_change_shows_where_it_was_read(open_page: Opener) -> None:
    page = await open_page("/changes")
    line = page.locator("#changes li", has_text="google/gemini-lark-2-pro").filter(has=page.locator("details")).first
    await line.get_by_text("Evidence").click()
    await expect(line.locator(".row-text")).to_be_visible()
    await expect(line.get_by_role("link", name="The page as it was fetched")).to_be_visible()
