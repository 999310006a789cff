"""The table of models in a real browser: filters, sorts, compares, and tells a price from what is none."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from browser_site import DESKTOP, PHONE, ROWS, Opener, Site, seen_well
from playwright.async_api import Page, Route, expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def names(page: Page) -> list[str]:
    return await page.locator("#models tbody tr:not(.detail) th a").all_inner_texts()


async def column(page: Page, number: int) -> list[str]:
    return await page.locator(f"#models tbody tr:not(.detail) > :nth-child({number})").all_inner_texts()


async def test_the_table_has_every_model_that_the_api_lists(open_page: Opener, site: Site) -> None:
    page = await open_page("/")
    listed = await site.ask("/api/models?limit=500")
    await expect(page.locator("#models tbody tr")).to_have_count(listed["total"])
    assert sorted(await names(page)) == sorted(model["displayName"] for model in listed["data"])
    for model in listed["data"]:
        row = page.locator("#models tbody tr", has_text=model["id"]).first
        if isinstance(model["inputCostPerMillion"], int | float) and model["priceState"] == "priced":
            await expect(row.locator("td").nth(4)).to_contain_text(f"${model['inputCostPerMillion']:.2f}"[:4])


async def test_it_filters_as_one_types_and_remembers_in_the_address(open_page: Opener, site: Site) -> None:
    page = await open_page("/")
    await expect(page.locator("#models tbody tr").first).to_be_visible()
    await page.get_by_label("Search").press_sequentially("rondo cl")
    await expect(page.locator("#models tbody tr")).to_have_count(1)
    assert await names(page) == ["Claude Rondo 2"]
    await expect(page.locator("#count")).to_contain_text("1 of ")
    assert parse_qs(urlparse(page.url).query)["q"] == ["rondo cl"]
    await page.reload()
    await expect(page.locator("#models tbody tr")).to_have_count(1)
    await page.get_by_role("button", name="Clear").first.click()
    await page.get_by_role("combobox", name="Provider").select_option("google")
    await page.get_by_label("Input up to").fill("0.5")
    listed = await site.ask("/api/models?provider=google")
    cheap = [model["displayName"] for model in listed["data"] if model["inputCostPerMillion"] <= 0.5]
    await expect(page.locator("#models tbody tr")).to_have_count(len(cheap))
    assert sorted(await names(page)) == sorted(cheap)
    assert 0 < len(cheap) < listed["total"]
    await page.get_by_label("Input up to").fill("")
    await page.get_by_label("Context from").select_option("1000000")
    assert len(await names(page)) == sum((m["contextWindow"] or 0) >= 1e6 for m in listed["data"])
    await page.get_by_label("Search").fill("no such model")
    await expect(page.get_by_text("No model is like that")).to_be_visible()


async def test_it_sorts_by_price_with_unknown_prices_last(open_page: Opener) -> None:
    page = await open_page("/")
    await expect(page.locator("#models tbody tr").first).to_be_visible()
    for label, turned in (("ascending", False), ("descending", True)):
        await page.get_by_role("button", name="Output").click()
        await expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", label)
        shown = await column(page, 8)
        priced = [float(text.removeprefix("$")) for text in shown if text.startswith("$")]
        assert priced == sorted(priced, reverse=turned)
        assert [text for text in shown if text == "unknown"] == shown[-shown.count("unknown") :]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["by its head", "by the list of a phone"])
async def test_it_sorts_by_any_column(open_page: Opener, site: Site, size: tuple[int, int]) -> None:
    listed = (await site.ask("/web/models.json"))["data"]
    fields = {"kind": "classification", "context": "contextWindow"}
    page = await open_page("/", size=size)
    await expect(page.locator("#models tbody tr").first).to_be_visible()
    for name in ("provider", "kind", "context", "input", "cached", "output", "name"):
        values = {one["name"]: _sortable(one[fields.get(name, name)]) for one in listed}
        for mark in ("", "-"):
            if size == PHONE:
                await page.get_by_label("Sort by").select_option(f"{mark}{name}")
            else:
                await page.locator(f"[data-sort={name}]").click()
            shown = [values[one] for one in await names(page)]
            known = [value for value in shown if value is not None]
            assert len({*known}) > 1
            assert shown == sorted(known, reverse=bool(mark)) + [None] * (len(shown) - len(known))


def _sortable(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) else value.lower() if isinstance(value, str) else value


async def test_unknown_free_and_stale_look_different_from_a_price(open_page: Opener, site: Site) -> None:
    site.acme_says(ROWS)
    await site.sync("acme")
    page = await open_page("/")
    look = "e => e.textContent && getComputedStyle(e).color + getComputedStyle(e).fontStyle"
    price = page.locator("tr", has_text="Claude Rondo 2").locator("td.number").nth(1)
    unknown = page.locator("tr", has_text="vesper-scribe-1").locator(".unknown").first
    free = page.locator("tr", has_text="Acme Feather 1").locator(".free").first
    await expect(unknown).to_have_text("unknown")
    await expect(free).to_have_text("free")
    looks = [await one.evaluate(look) for one in (price, unknown, free)]
    site.acme_says({})
    await site.sync("acme")
    await page.reload()
    stale = page.locator("tr", has_text="Acme Anvil 1").locator(".stale").first
    await expect(stale).to_contain_text("(stale)")
    assert len({*looks, await stale.evaluate(look)}) == 4
    await expect(page.locator("tr", has_text="Acme Feather 1").locator(".stale").first).to_have_text("free (stale)")
    await seen_well(page, "stale")


@pytest.mark.parametrize("size", [DESKTOP, (1024, 768), PHONE], ids=["desktop", "tablet", "phone"])
async def test_tiers_and_bands_open_on_demand(open_page: Opener, site: Site, size: tuple[int, int]) -> None:
    page = await open_page("/?q=gemini-lark-2-pro", size=size)
    width = "e => e.getBoundingClientRect().width"
    before = await page.locator("#models tbody th").first.evaluate(width)
    await page.get_by_role("button", name="Tiers and bands of Gemini Lark 2 Pro").click()
    model = await site.ask("/api/models/gemini-lark-2-pro")
    rows = page.locator("tr.detail tbody tr")
    await expect(rows).to_have_count(len(model["pricing"]))
    assert {row["tier"] for row in model["pricing"]} <= set(
        " ".join(await rows.all_inner_texts()).replace(",", " ").split()
    )
    assert await page.locator("#models tbody th").first.evaluate(width) == before
    await seen_well(page, f"tiers-{size[0]}")
    await page.get_by_role("button", name="Tiers and bands of Gemini Lark 2 Pro").click()
    await expect(page.locator("tr.detail")).to_have_count(0)


async def test_chosen_models_stand_side_by_side(open_page: Opener) -> None:
    page = await open_page("/")
    await page.get_by_label("Compare Claude Rondo 2").check()
    await page.get_by_label("Compare gpt-vesper-2", exact=True).check()
    await page.get_by_role("button", name="Compare", exact=True).click()
    side = page.locator("#side-by-side")
    await expect(side).to_be_visible()
    assert (await side.locator("thead th").all_inner_texts())[1:] == ["Claude Rondo 2", "gpt-vesper-2"]
    row = side.locator("tr", has_text="standard: Output").first
    texts = await row.locator("td").all_inner_texts()
    assert all(text.startswith("$") for text in texts)
    await seen_well(page, "compared")
    await page.keyboard.press("Escape")
    await expect(side).to_be_hidden()
    assert "compare=" in page.url


async def test_two_thousand_rows_stay_few_in_the_page(open_page: Opener, site: Site) -> None:
    async def many(route: Route) -> None:
        known = (await site.ask("/web/models.json"))["data"]
        made = [{**known[n % len(known)], "id": f"made-{n}", "name": f"Made {n}"} for n in range(2000)]
        await route.fulfill(json={"data": made})

    page = await open_page("/changes")
    await page.route("**/web/models.json", many)
    await page.goto(site.url + "/")
    await page.get_by_label("Deprecated too").check()
    await expect(page.locator("#count")).to_contain_text("2,000 models")
    assert await page.locator("#models tbody tr").count() <= 200
    await page.get_by_label("Search").press_sequentially("made 1999")
    await expect(page.locator("#models tbody tr")).to_have_count(1)
    await page.get_by_label("Search").fill("")
    for rows in (150, 250, 350):
        await page.locator("#more").scroll_into_view_if_needed()
        await expect(page.locator("#models tbody tr").nth(rows)).to_be_attached()


async def test_every_control_can_be_reached_by_keyboard(open_page: Opener) -> None:
    page = await open_page("/")
    await expect(page.locator("#models tbody tr").first).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the content")
    seen = set()
    for _ in range(30):
        await page.keyboard.press("Tab")
        seen.add(await page.evaluate("(document.activeElement.name || document.activeElement.textContent).trim()"))
    assert {"q", "provider", "kind", "gone", "Output"} <= seen


async def test_an_address_that_nobody_made_for_it_does_no_harm(open_page: Opener) -> None:
    page = await open_page("/?sort=toString&length=5&item=1&provider=nobody")
    await expect(page.locator("#models tbody tr").first).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()
