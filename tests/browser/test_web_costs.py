"""What would it cost, in a real browser: the month's sum is the exact product of tokens and prices."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from browser_site import Opener, Site
from playwright.async_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def rate(model: dict[str, Any], tier: str, above: int, name: str) -> Decimal:
    """Return what the model's row says of a component."""
    row = next(row for row in model["pricing"] if (row["tier"], row["contextLimit"]) == (tier, above))
    named = {"input": row["inputCostPerMillion"], "output": row["outputCostPerMillion"]}
    return Decimal(str(named.get(name) or row["rates"][name]["amount"]))


async def test_a_month_costs_what_the_prices_say(open_page: Opener, site: Site) -> None:
    page = await open_page("/costs?models=openai/gpt-vesper-2|openai/vesper-scribe-1")
    model = await site.ask("/api/models/gpt-vesper-2")
    await page.get_by_label("Input tokens a day").fill("1234567")
    await page.get_by_label("Cached input a day").fill("89")
    await page.get_by_label("Output tokens a day").fill("765432")
    month = (
        30
        * (
            1234567 * rate(model, "standard", 0, "input")
            + 89 * rate(model, "standard", 0, "cachedInput")
            + 765432 * rate(model, "standard", 0, "output")
        )
        / Decimal(1_000_000)
    )
    await expect(page.locator("#costs strong").first).to_have_text(f"${month:,.2f}")
    await expect(page.locator("tr", has_text="vesper-scribe-1").locator(".unknown")).to_be_visible()


async def test_long_prompts_are_priced_by_their_band_and_tiers_by_their_own(open_page: Opener, site: Site) -> None:
    page = await open_page("/costs?models=openai/gpt-vesper-2")
    model = await site.ask("/api/models/gpt-vesper-2")
    await page.get_by_label("Input tokens a day").fill("3000000")
    await page.get_by_label("Output tokens a day").fill("0")
    await page.get_by_label("Requests a day").fill("10")
    month = 30 * 3 * rate(model, "standard", 272000, "input")
    await expect(page.locator("#costs strong").first).to_have_text(f"${month:,.2f}")
    await expect(page.locator("#costs")).to_contain_text("prompts above 272,000 tokens")
    await page.get_by_label("Requests a day").fill("3000")
    await page.get_by_label("Tier").select_option("batch")
    month = 30 * 3 * rate(model, "batch", 0, "input")
    await expect(page.locator("#costs strong").first).to_have_text(f"${month:,.2f}")


async def test_models_are_added_by_name_and_left_out_again(open_page: Opener) -> None:
    page = await open_page("/costs")
    await expect(page.get_by_text("Add models to see")).to_be_visible()
    await expect(page.locator("#known option").first).to_be_attached()
    await page.get_by_label("Model", exact=True).fill("claude-rondo-2")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#costs tbody tr")).to_have_count(1)
    await page.get_by_label("Model", exact=True).fill("no such model")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is no model no such model")
    await page.get_by_role("button", name="Leave out anthropic/claude-rondo-2").click()
    await expect(page.get_by_text("Add models to see")).to_be_visible()


async def test_prices_of_another_day_are_said_to_be_unknown(open_page: Opener) -> None:
    page = await open_page("/costs?models=openai/gpt-vesper-2")
    await page.get_by_label("Prices as of").fill("2020-01-01")
    await expect(page.locator("#costs .unknown")).to_contain_text("No price was in force")


async def test_the_address_holds_what_was_asked(open_page: Opener, site: Site) -> None:
    page = await open_page("/costs?models=openai/gpt-vesper-2")
    await page.get_by_label("Input tokens a day").fill("10")
    await page.get_by_label("Output tokens a day").fill("0")
    await page.get_by_label("Tier").select_option("batch")
    model = await site.ask("/api/models/gpt-vesper-2")
    month = 30 * 10 * rate(model, "batch", 0, "input") / 1_000_000
    assert month < Decimal("0.01")
    await expect(page.locator("#costs strong")).to_have_text(f"${month:.2}")
    await page.reload()
    await expect(page.locator("#costs strong")).to_have_text(f"${month:.2}")
    await expect(page.get_by_label("Tier")).to_have_value("batch")


async def test_a_day_means_its_end_and_today_means_now(open_page: Opener) -> None:
    page = await open_page("/costs?models=openai/gpt-vesper-2")
    await expect(page.locator("#costs strong")).to_be_visible()
    for day, when in (("2026-01-31", "2026-01-31T23:59:59Z"), (f"{datetime.now(UTC):%Y-%m-%d}", None)):
        async with page.expect_request("**/api/cost") as asked:
            await page.get_by_label("Prices as of").fill(day)
        body: Any = (await asked.value).post_data_json
        assert body["usages"][0].get("when") == when
