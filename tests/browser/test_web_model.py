"""A model's page in a real browser: the chart is drawn, the figures are the API's, each has its evidence."""

from __future__ import annotations

import pytest
from browser_site import Opener, Site
from playwright.async_api import Page, Route, expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_INK = """canvas => {
  const box = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Map();
  for (let i = 0; i < box.length; i += 4) if (box[i + 3] > 200) {
    const colour = `${box[i]},${box[i + 1]},${box[i + 2]}`;
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return [...seen].filter(([, count]) => count > 20).map(([colour]) => colour);
}"""


async def ink(page: Page) -> set[str]:
    """Return the colours of which the chart has more than a few pixels."""
    return set(await page.locator("#chart canvas").evaluate(_INK))


async def series_colours(page: Page) -> list[str]:
    colours: list[str] = await page.evaluate(
        """() => ['--c1', '--c2', '--c3'].map((name) => {
          const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
          return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join();
        })"""
    )
    return colours


async def test_the_chart_is_drawn_with_a_step_per_component(open_page: Opener) -> None:
    page = await open_page("/models/anthropic/claude-rondo-2")
    await expect(page.locator("#chart canvas")).to_be_visible()
    colours = await series_colours(page)
    assert set(colours) <= await ink(page)
    await page.get_by_role("button", name="Change between light and dark").click()
    await page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    darker = await series_colours(page)
    assert darker != colours
    assert set(darker) <= await ink(page)
    await page.get_by_label("Tier and band").select_option("batch")
    await expect(page.get_by_role("img", name="Step chart of the batch price")).to_be_visible()


async def test_prices_and_evidence_are_those_of_the_api(open_page: Opener, site: Site) -> None:
    page = await open_page("/models/google/gemini-lark-2-pro")
    model = await site.ask("/api/models/gemini-lark-2-pro")
    await expect(page.locator("#prices tbody tr")).to_have_count(len(model["pricing"]))
    shown = await page.locator("#prices").inner_text()
    for row in model["pricing"]:
        cost = row["inputCostPerMillion"]
        assert row["state"] == "free" or {f"${cost}", f"${cost:.2f}"} & set(shown.split())
    proofs = page.locator("#evidence .proof")
    await expect(proofs).to_have_count(sum(row["evidence"] is not None for row in model["pricing"]))
    texts = await page.locator("#evidence .row-text").all_inner_texts()
    assert {" ".join(row["evidence"]["text"].split()) for row in model["pricing"]} == {
        " ".join(t.split()) for t in texts
    }
    await expect(proofs.first).to_contain_text("last verified")


async def test_the_history_tells_each_step_with_its_date(open_page: Opener, site: Site) -> None:
    page = await open_page("/models/openai/gpt-vesper-2")
    history = await site.ask("/api/models/gpt-vesper-2/pricing-history")
    await expect(page.locator("#history tbody tr")).to_have_count(history["total"])


async def test_the_link_can_be_shared(open_page: Opener) -> None:
    page = await open_page("/models/openai/gpt-vesper-2")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.locator("#shared")).to_have_text("The link is copied.")
    assert await page.evaluate("navigator.clipboard.readText()") == page.url


async def test_what_was_read_is_text_and_never_markup(open_page: Opener, site: Site) -> None:
    async def poisoned(route: Route) -> None:
        model = await site.ask("/api/models/gpt-vesper-2?provider=openai")
        markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        rows = [
            {**row, "evidence": {**row["evidence"], "text": markup, "url": "javascript:alert(3)"}}
            for row in model["pricing"]
        ]
        await route.fulfill(json={**model, "displayName": markup, "aliases": [markup], "pricing": rows})

    page = await open_page("/changes")
    await page.route("**/api/models/gpt-vesper-2?*", poisoned)
    await page.goto(site.url + "/models/openai/gpt-vesper-2")
    await expect(page.locator("#evidence .row-text").first).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(page.locator("#name")).to_contain_text("<script>")
    assert await page.locator("main img, main script, a[href^='javascript']").count() == 0
