"""Provider files whose pages nobody read off in full: the number of rows, and five prices each, checked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from ratecard_pages import PageReading, read_page
from ratecard_providers.load import load_providers

REAL: Final = Path(__file__).parents[2].parent / "shared" / "real"
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)

# name, tokens above which it holds, region, component, price, as a person reads them on the page
Checked = tuple[str, int, str, str, str]
CHINA: Final = "北京 上海 杭州 深圳"
PAGES: Final[dict[str, tuple[str, str, int, list[Checked]]]] = {
    "alibaba": (
        "help-aliyun_hologres-managed-models_2026-07-20.html",
        "CNY",
        28,
        [
            ("Qwen3.7-Max", 0, CHINA, "input", "14.4"),
            ("Qwen3.6-Plus", 256_000, CHINA, "output", "57.6"),
            ("Qwen3-VL-Plus", 32_000, CHINA, "cache_write", "2.25"),
            ("Qwen3.7-Max", 0, "新加坡", "output", "67.45"),
            ("Wan2.7-Image-Pro", 0, "新加坡", "image", "0.6745"),
        ],
    ),
    "kimi": (
        "platform-kimi-com_chat-k26_2026-07-17.html",
        "CNY",
        1,
        [  # all that the page states
            ("kimi-k2.6", 0, "global", "cached_input", "1.1"),
            ("kimi-k2.6", 0, "global", "input", "6.5"),
            ("kimi-k2.6", 0, "global", "output", "27"),
        ],
    ),
    "minimax": (
        "platform-minimaxi_token-plan_2026-07-20_main.html",
        "CNY",
        6,
        [
            ("MiniMax-M3", 0, "global", "input", "2.1"),
            ("MiniMax-M3", 512_000, "global", "output", "16.8"),
            ("MiniMax-M3", 512_000, "global", "cached_input", "0.84"),
            ("MiniMax-M2.7", 0, "global", "cache_write", "2.625"),
            ("speech-2.8-hd", 0, "global", "characters", "350"),
        ],
    ),
    "perplexity": (
        "docs-perplexity_pricing_2025-10_reader.md",
        "USD",
        5,
        [
            ("Sonar", 0, "global", "output", "1"),
            ("Sonar Pro", 0, "global", "output", "15"),
            ("Sonar Reasoning", 0, "global", "output", "5"),
            ("Sonar Reasoning Pro", 0, "global", "input", "2"),
            ("Sonar Deep Research", 0, "global", "output", "8"),
        ],
    ),
    "tencent": (
        "tencentcloud_model-prices_2026-07-17_tables.html",
        "USD",
        16,
        [
            ("DeepSeek-V4-Pro", 0, "global", "input", "1.74"),
            ("kimi-k2.6", 0, "global", "output", "3.566"),
            ("MiniMax-M3", 512_000, "global", "input", "0.6"),
            ("Kinfra-VL-Embedding-2b", 0, "global", "image_input", "0.098"),
            ("Hy-MT2-Plus", 0, "global", "output", "0.4"),
        ],
    ),
}
UNREAD: Final = {
    "google": "ai-google-dev_pricing_2025-10-08_reader.md",
    "groq": "console-groq_docs-models_2025-11-03_text.md",
    "openai": "openai-com_api-pricing_2025-11-03_cards.md",
    "xai": "docs-x-ai_docs-models_2025-11-03_text.md",
}
needs_pages = pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real is not there")


def _read(provider: str, page: str) -> PageReading:
    body = (REAL / provider / "pricing-page" / page).read_bytes()
    return read_page(body, url=f"file:{page}", provider=load_providers()[provider], fetched_at=NOW)


@needs_pages
@pytest.mark.parametrize("provider", sorted(PAGES))
def test_a_page_has_so_many_rows_and_these_prices(provider: str) -> None:
    page, currency, count, checked = PAGES[provider]
    reading = _read(provider, page)
    found = {(row.name, row.above_tokens, row.region): row.rates for row in reading.prices}
    assert len(reading.prices) == count
    assert {row.currency for row in reading.prices} == {currency}
    for name, above, region, component, price in checked:
        assert found[name, above, region][component] == Decimal(price)


@needs_pages
@pytest.mark.parametrize("provider", sorted(UNREAD))
def test_a_copy_that_lost_the_pages_structure_is_refused_and_never_misread(provider: str) -> None:
    reading = _read(provider, UNREAD[provider])
    assert reading.prices == ()
    assert reading.refused


@needs_pages
def test_groqs_only_page_is_a_text_copy_and_is_refused() -> None:
    reading = _read("groq", UNREAD["groq"])
    assert [page.name for page in (REAL / "groq" / "pricing-page").iterdir()] == [UNREAD["groq"]]
    assert reading.prices == ()
    assert reading.refused[0].reason == "no configured strategy found a price on the page"


@needs_pages
def test_a_crawlers_copy_of_a_page_gives_the_prices_of_the_page_itself() -> None:
    copy = _read("anthropic", "platform-claude-com_about-claude-pricing_2026-01_crawler-text.md")
    page = _read("anthropic", "platform-claude-com_about-claude-pricing_2026-01-15.md")
    assert [(row.name, row.key, row.rates) for row in copy.prices] == [(r.name, r.key, r.rates) for r in page.prices]
