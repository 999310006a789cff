"""An own price on the web page: marked wherever it is shown, and charged in the chart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from browser_site import Opener, Site
from playwright.async_api import expect

MODEL = "grok-marlin-2-fast"


@pytest.fixture
async def own(site: Site) -> AsyncIterator[dict[str, Any]]:
    said = {"provider": "xai", "model": MODEL, "kind": "negotiated", "rates": {"input": 0.125, "output": 0.5}}
    made = await site.ask("/api/admin/own-prices", {**said, "evidence": {"text": "contract 4711"}})
    yield made
    await site.ask(f"/api/admin/own-prices/{made['number']}/withdraw", {})


@pytest.mark.usefixtures("own")
async def test_it_is_marked_in_the_table_in_comparisons_and_in_costs(open_page: Opener) -> None:
    page = await open_page("/?compare=xai%2Fgrok-marlin-2-fast%7Copenai%2Fvesper-scribe-1")
    row = page.locator("#models tbody tr", has_text=MODEL)
    await expect(row.locator("td.number").nth(1)).to_have_text("$0.125")
    await expect(row.locator("th")).to_contain_text("own: negotiated")
    await page.get_by_role("button", name="Compare", exact=True).click()
    cells = page.locator("#side tr", has_text="standard: Input").first.locator("td")
    await expect(cells).to_have_text(["$0.125 own: negotiated", "unknown"], use_inner_text=True)
    page = await open_page(f"/costs?models=xai/{MODEL}")
    await expect(page.locator("#costs tbody tr")).to_contain_text("own: negotiated")
    await page.get_by_label("Model", exact=True).fill("vesper-scribe-1")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#costs .unknown")).to_have_text("No price is known.")


@pytest.mark.usefixtures("own")
async def test_its_evidence_is_the_operators_and_no_page(open_page: Opener) -> None:
    page = await open_page(f"/models/xai/{MODEL}")
    proof = page.locator("#evidence .proof", has_text="own: negotiated")
    await expect(proof).to_contain_text("contract 4711")
    await expect(proof).not_to_contain_text("As the page prints it")
    await expect(proof.locator("a")).to_have_count(0)


async def test_the_chart_shows_what_was_charged_when(open_page: Opener) -> None:
    page = await open_page("/changes")

    def entry(since: str, until: str | None, amount: float, **own: Any) -> dict[str, Any]:
        place = {"tier": "standard", "contextLimit": 0, "currency": "USD", "region": "global"}
        return {**place, "effectiveDate": since, "endDate": until, "inputCostPerMillion": amount, "own": own or None}

    history = [
        entry("2031-01-01", "2031-03-01", 1),
        entry("2031-02-01", "2031-05-01", 9, kind="negotiated", number=1),
        entry("2031-02-15", "2031-04-01", 8, kind="correction", number=2),
        entry("2031-03-01", None, 2),
        {**entry("2031-02-01", None, 5), "tier": "batch"},
    ]
    ask = """async (history) => (await import("/assets/charged.js")).charged(history).map((one) =>
        [one.tier, new Date(one.from).toISOString().slice(0, 10), one.inputCostPerMillion, one.until === null])"""
    assert await page.evaluate(ask, history) == [
        ["standard", "2031-01-01", 1, False],
        ["standard", "2031-02-01", 9, False],
        ["standard", "2031-02-15", 9, False],
        ["standard", "2031-03-01", 9, False],
        ["standard", "2031-04-01", 9, False],
        ["standard", "2031-05-01", 2, True],
        ["batch", "2031-02-01", 5, True],
    ]


@pytest.mark.usefixtures("own")
async def test_its_change_is_marked(open_page: Opener) -> None:
    page = await open_page("/changes")
    await expect(page.locator("#changes li", has_text=MODEL).first.locator(".tag.own")).to_have_text("own: negotiated")
