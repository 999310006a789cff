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
  return [...seen];
}"""


async def ink(page: Page, *, more_than: int = 20) -> set[str]:
    """Return the colours of which the chart has more than so many pixels."""
    return {colour for colour, count in await page.locator("#chart canvas").evaluate(_INK) if count > more_than}


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


async def test_the_page_as_fetched_comes_with_the_key(open_page: Opener, site: Site) -> None:
    page = await open_page("/models/openai/gpt-vesper-2", key=site.key)
    link = page.get_by_role("link", name="The page as it was fetched").last
    async with page.expect_request("**/api/evidence/*") as asked, page.expect_download() as kept:
        await link.click()
    assert (await (await asked.value).all_headers())["authorization"] == f"Bearer {site.key}"
    text = (await (await kept.value).path()).read_text(encoding="utf-8")
    assert "gpt-vesper-2" in text


async def test_each_price_of_the_history_has_its_evidence(open_page: Opener, site: Site) -> None:
    page = await open_page("/models/google/gemini-lark-2-pro")
    history = (await site.ask("/api/models/gemini-lark-2-pro/pricing-history"))["data"]
    await page.locator("#history summary").first.click()
    await expect(page.locator("#history .row-text")).to_have_count(len(history))
    await expect(page.locator("#history .row-text").first).to_have_text(history[-1]["evidence"]["text"])
    await expect(page.locator("#history details").first.get_by_role("link").first).to_be_visible()


async def test_a_price_that_ended_is_a_line_and_no_dot(open_page: Opener, site: Site) -> None:
    async def ended(route: Route) -> None:
        page = await site.ask("/api/models/claude-rondo-2/pricing-history")
        first = next(one for one in page["data"] if (one["tier"], one["contextLimit"]) == ("standard", 0))
        first |= {"effectiveDate": "2026-01-01T00:00:00Z", "endDate": "2026-04-01T00:00:00Z", "rates": {}}
        await route.fulfill(json={"data": [first], "total": 1, "nextCursor": None})

    page = await open_page("/changes")
    await page.route("**/pricing-history?*", ended)
    await page.goto(site.url + "/models/anthropic/claude-rondo-2")
    await expect(page.locator("#chart canvas")).to_be_visible()
    assert set((await series_colours(page))[:2]) <= await ink(page, more_than=200)


async def test_no_two_series_look_the_same(open_page: Opener) -> None:
    page = await open_page("/changes")
    looks = await page.evaluate(
        "async () => { const { look } = await import('/assets/chart.js');"
        " return [...Array(13).keys()].map((index) => JSON.stringify(look(index))); }"
    )
    assert len(set(looks)) == 13


async def test_all_pages_of_a_history_are_shown(open_page: Opener, site: Site) -> None:
    page = await open_page("/changes")
    listed = await site.ask("/api/models?limit=500")
    asked = "async () => (await (await import('/assets/api.js')).askForAll('/api/models?limit=3')).map((m) => m.id)"
    assert await page.evaluate(asked) == [model["id"] for model in listed["data"]]


async def test_a_model_that_is_not_there_is_said_so(open_page: Opener) -> None:
    page = await open_page("/models/openai/vesper-scribe-9", refused=404)
    await expect(page.get_by_role("alert")).to_contain_text("vesper-scribe-9")
    await expect(page.get_by_text("Loading")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Prices in force")).to_be_hidden()
    await expect(page.get_by_role("link", name="Look for a model like it")).to_be_visible()


async def test_a_model_without_any_price_says_so_and_shows_no_empty_table(open_page: Opener) -> None:
    page = await open_page("/models/openai/vesper-scribe-1")
    await expect(page.locator("#prices .unknown")).to_have_text("unknown")
    await expect(page.get_by_text("There is no history yet.")).to_be_visible()
    await expect(page.locator("#model table")).to_have_count(0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (5, 4.5005, "▼down \N{MINUS SIGN}10%"),
        (2, 2.05, "▲up +2.5%"),
        (9, 88.8, "▲up +887%"),
        (0, 3, "▲up"),
        (3, 3, ""),
    ],
)
async def test_a_move_is_told_by_a_sign_a_word_and_a_share(
    open_page: Opener, old: float, new: float, said: str
) -> None:
    page = await open_page("/changes")
    move = "async ([a, b]) => (await import('/assets/words.js')).move(a, b)?.textContent ?? ''"
    assert await page.evaluate(move, [old, new]) == said
