"""The whole of scraping over real pages that a server on loopback serves where the shipped provider files look."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from protego import Protego
from scripted_server import Reply, scripted_server
from yarl import URL

from ratecard_pages import read_page
from ratecard_providers.load import load_providers, with_addresses
from ratecard_scraper.blocking import challenge_in
from ratecard_scraper.fetch import Fetcher, Manners
from ratecard_scraper.handlers import scrape
from ratecard_scraper.readings import Readings
from ratecard_shared.chunks import CHUNK_BYTES, assemble
from ratecard_shared.codec import encode
from ratecard_shared.events import SideOutcome, SyncStarted
from ratecard_shared.http import open_client

PROVIDERS = load_providers()
PAGES = [
    ("openai", "developers-openai-com_pricing_2026-07-15.md", "https://developers.openai.com/api/docs/pricing.md"),
    (
        "anthropic",
        "platform-claude-com_about-claude-pricing_2026-08-06.md",
        "https://platform.claude.com/docs/en/about-claude/pricing.md",
    ),
    ("xai", "docs-x-ai_docs-models_2025-11-13_flight-data.html", "https://docs.x.ai/docs/models"),
]
ROBOTS = {
    "anthropic": "platform-claude-com_2026-06.txt",
    "google": "ai-google-dev_2026-06.txt",
    "openai": "developers-openai-com_2026-07-07.txt",
    "xai": "docs-x-ai_2026-07-07.txt",
}


@pytest.mark.parametrize(("provider", "name", "url"), PAGES)
async def test_a_real_page_is_fetched_read_and_said(shared_folder: Path, provider: str, name: str, url: str) -> None:
    body = (shared_folder / "real" / provider / "pricing-page" / name).read_bytes()
    robots = (shared_folder / "real" / provider / "robots" / ROBOTS[provider]).read_bytes()
    async with scripted_server() as server, open_client() as client:
        time = server.reset()
        server.answers("/robots.txt", Reply(body=robots))
        server.answers(URL(url).path, Reply(body=body))
        origin = str(URL(url).origin())
        started = SyncStarted(
            event_id="e", sync_id="s", occurred_at=time.now(), provider=provider, deadline=time.deadline()
        )
        ids = map(str, itertools.count())
        parts, _ = await scrape(
            started,
            provider=with_addresses(PROVIDERS[provider], {origin: server.url}),
            fetcher=Fetcher(client, Manners(allow_private=True), now=time.now, sleep=time.sleep),
            readings=Readings(read_page),
            now=time.now,
            new_id=lambda: next(ids),
        )
    assert all(len(encode(part)) <= CHUNK_BYTES for part in parts)
    said = assemble(parts)
    assert said is not None
    assert said.outcome is SideOutcome.COMPLETE
    assert len(said.prices) > 5
    assert {row.evidence.url for row in said.prices if row.evidence} == {server.url + URL(url).path}


def test_no_real_page_is_taken_for_a_challenge(shared_folder: Path) -> None:
    pages = [path for path in (shared_folder / "real").glob("*/pricing-page/*") if ".truth." not in path.name]
    assert pages
    assert {path.name: found for path in pages if (found := challenge_in(path.read_bytes()))} == {}


@pytest.mark.parametrize("provider", sorted(ROBOTS))
def test_real_robots_txt_lets_the_configured_pages_be_read(shared_folder: Path, provider: str) -> None:
    host = ROBOTS[provider].partition("_")[0].replace("-", ".")
    rules = Protego.parse((shared_folder / "real" / provider / "robots" / ROBOTS[provider]).read_text())
    pricing = PROVIDERS[provider].pricing
    assert pricing is not None
    urls = [page.url for page in pricing.pages if URL(page.url).host == host]
    assert urls
    assert all(rules.can_fetch(url, "Ratecard") for url in urls)
