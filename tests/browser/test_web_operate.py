"""The administrator's page in a real browser: a key is asked for, syncs run live, held prices are decided."""

from __future__ import annotations

import re

import pytest
from browser_site import ROWS, Opener, Site, seen_well
from playwright.async_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_key_is_asked_for_and_forgotten_with_the_tab(open_page: Opener, site: Site) -> None:
    page = await open_page("/operate")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("takes an admin key")
    await page.get_by_label("API key").fill(site.key)
    await page.get_by_role("button", name="Use it").click()
    await expect(page.locator("#status tbody tr").first).to_be_visible()
    assert await page.evaluate("localStorage.getItem('ratecard-key')") is None
    assert site.key not in await page.content()


async def test_a_sync_is_started_and_followed(open_page: Opener, site: Site) -> None:
    page = await open_page("/operate", key=site.key)
    await page.get_by_label("anthropic").check()
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.locator("#running")).to_contain_text("Done.", timeout=60_000)
    await expect(page.locator("#running tbody tr")).to_have_count(1)
    await expect(page.locator("#running tbody tr")).to_contain_text("joined")


async def test_a_sync_that_somebody_else_asks_for_is_shown_with_its_stages(open_page: Opener, site: Site) -> None:
    page = await open_page("/operate", key=site.key)
    await expect(page.locator("#status tbody tr").first).to_be_visible()
    async with page.expect_response("**/api/admin/syncs?limit=1"):
        pass
    asked = await site.ask("/api/admin/sync/trigger", {"providers": ["google"]})
    await expect(page.locator("#running h3")).to_contain_text(asked["syncId"][:8])
    await expect(page.locator("#running")).to_contain_text("Done.")
    done = page.locator("#running tbody .stage.done")
    await expect(done).to_have_text([f"✓ {name} done" for name in ("discovery", "pricing", "enrichment", "storage")])


async def test_a_wrong_key_is_said_to_be_wrong(open_page: Opener, site: Site) -> None:
    page = await open_page("/operate", key="no-such-key", refused=401)
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("does not take this key")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("alert")).to_contain_text("admin")
    await expect(page.get_by_text("Loading")).to_have_count(0)
    await page.get_by_role("button", name="Use a key").click()
    await expect(dialog).to_contain_text("takes an admin key")
    await page.get_by_label("API key").fill(site.key)
    await page.get_by_role("button", name="Use it").click()
    await expect(page.locator("#status tbody tr").first).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_key_that_may_only_read_is_said_so_and_asks_no_more(open_page: Opener, site: Site) -> None:
    made = await site.ask("/api/admin/keys", {"name": "reader", "scopes": ["read"]})
    page = await open_page("/changes", key=made["key"], refused=403)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.clock.install()
    await page.goto(site.url + "/operate")
    await expect(page.get_by_role("alert")).to_contain_text("lacks the scope")
    for _ in range(3):
        await page.clock.fast_forward(6_000)
    assert [url for url in asked if "/api/admin/syncs" in url] == []


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_a_held_price_is_decided_beside_its_evidence(open_page: Opener, site: Site, verdict: str) -> None:
    name = {"approve": "Acme Anvil 1", "reject": "Acme Rocket 1"}[verdict]
    site.acme_says(ROWS)
    await site.sync("acme")
    site.acme_says({**ROWS, name: (ROWS[name][0], "$88.80")})
    await site.sync("acme")
    page = await open_page("/operate", key=site.key)
    held = page.locator("#quarantine article", has_text=name)
    await expect(held).to_contain_text("jump")
    await expect(held.locator(".row-text")).to_contain_text("$88.80")
    await seen_well(page, "quarantine")
    await held.get_by_placeholder("Why (optional)").fill("looked at the page")
    button = "Approve: it is right" if verdict == "approve" else "Reject: keep the old"
    await held.get_by_role("button", name=button).click()
    await expect(held).to_have_count(0)
    model = await site.ask(f"/api/models/{name}?provider=acme")
    assert model["outputCostPerMillion"] == (88.8 if verdict == "approve" else float(ROWS[name][1].removeprefix("$")))


async def test_a_configuration_is_tried_then_stored_then_taken_back(open_page: Opener, site: Site) -> None:
    site.acme_says(ROWS)
    await site.sync("acme")
    page = await open_page("/operate", key=site.key)
    await page.get_by_label("Provider of the configuration").select_option("acme")
    draft = page.get_by_label("Scraping configuration of acme")
    await expect(draft).to_have_value(re.compile("acme.example/pricing"))
    good = await draft.input_value()
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator("#trial")).to_contain_text(f"It reads {len(ROWS)} price rows.")
    await page.locator("#trial summary").click()
    await expect(page.locator("#trial tr", has_text="Acme Feather 1").locator(".free")).to_be_visible()
    await seen_well(page, "trial")
    await draft.fill(good.replace('"columns"', '"transposed"'))
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator("#trial")).to_contain_text("It does not pass.")
    await draft.fill("{")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("alert")).to_contain_text("This is no JSON")
    await draft.fill(good)
    await page.get_by_placeholder("Why", exact=True).fill("as a test")
    await page.get_by_role("button", name="Save and use").click()
    await expect(page.locator("#config-of")).to_contain_text("In force: what was stored here")
    await expect(page.get_by_role("region", name="Versions of acme")).to_contain_text("as a test")
    await page.get_by_role("button", name="Back to the provider file").click()
    await expect(page.locator("#config-of")).to_contain_text("In force: the provider file")
