"""The bytes behind a price: given back as they were, as a file and no page; dropped when no price needs them."""

from __future__ import annotations

import hashlib
import os
import zlib
from datetime import timedelta

import pytest
from registry_bench import KEY, Bench, a_bench
from registry_events import closing, day, enriched, evidence, model, price

from ratecard_scraper.evidence import PART_BYTES, page_bytes
from ratecard_shared.chunks import alone
from ratecard_shared.events import PricingScraped, SideOutcome

PAGE = b"<!doctype html><script>alert('steal')</script><table><tr><td>Swift<td>$1.25"
BINARY = b"\xff\xfe\x00page"


async def keep(bench: Bench, body: bytes, *, parts: int | None = None) -> str:
    """Let the registry see a page as the scraper says it, or only its first parts."""
    sha256 = hashlib.sha256(body).hexdigest()
    scraped = PricingScraped(
        event_id=f"{sha256}/{bench.now}/{parts}",
        sync_id="sync-0",
        occurred_at=bench.now,
        provider="acme",
        outcome=SideOutcome.COMPLETE,
        chunk=alone("a"),
        bodies=page_bytes(body, sha256)[:parts],
    )
    await bench.registry.on_pages(scraped)
    return sha256


async def seen(bench: Bench, sha256: str, on: int) -> None:
    await bench.pool.execute("UPDATE page_bodies SET kept_at = $2 WHERE sha256 = $1", sha256, day(on))


async def kept(bench: Bench) -> set[str]:
    return {row["sha256"] for row in await bench.pool.fetch("SELECT DISTINCT sha256 FROM page_bodies")}


@pytest.mark.parametrize(
    ("body", "kind"),
    [(PAGE, "text/plain; charset=utf-8"), (BINARY, "application/octet-stream"), (b"", "text/plain; charset=utf-8")],
)
async def test_a_page_comes_back_as_a_file_that_no_browser_shows(bench: Bench, body: bytes, kind: str) -> None:
    sha256 = await keep(bench, body)
    async with bench.client() as client:
        answer = await client.get(f"/api/evidence/{sha256}")
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{sha256}.')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_long_page_comes_back_whole_once_all_of_it_is_here(bench: Bench) -> None:
    body = os.urandom(2 * PART_BYTES)
    sha256 = await keep(bench, body, parts=2)
    async with bench.client() as client:
        assert (await client.get(f"/api/evidence/{sha256}")).status_code == 404
        await keep(bench, body)
        assert (await client.get(f"/api/evidence/{sha256}")).content == body


@pytest.mark.parametrize(
    ("name", "status"), [("0" * 64, 404), ("0" * 63, 400), ("A" * 64, 400), ("..%2F..%2Fetc%2Fpasswd", 404)]
)
async def test_what_is_not_kept_or_no_hash_is_told(bench: Bench, name: str, status: int) -> None:
    async with bench.client() as client:
        answer = await client.get(f"/api/evidence/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("data", [b"not compressed", zlib.compress(b"another page")])
async def test_bytes_that_do_not_have_the_hash_are_not_given(bench: Bench, data: bytes) -> None:
    sha256 = await keep(bench, PAGE)
    await bench.pool.execute("UPDATE page_bodies SET data = $1", data)
    async with bench.client() as client:
        answer = await client.get(f"/api/evidence/{sha256}")
    assert answer.status_code == 500
    assert "damaged" in answer.json()["detail"]


async def test_evidence_needs_the_readers_scope(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=False) as closed:
        sha256 = await keep(closed, PAGE)
        async with closed.client() as client:
            assert (await client.get(f"/api/evidence/{sha256}")).status_code == 401
            answer = await client.get(f"/api/evidence/{sha256}", headers={"X-API-Key": KEY})
            assert answer.status_code == 200


async def test_a_price_names_its_evidence_in_the_api_and_in_its_event(bench: Bench) -> None:
    sha256 = await keep(bench, PAGE)
    row = price("1.25", None, evidence=evidence("Swift $1.25", sha256=sha256))
    await bench.sync(0, enriched(model(prices=[row])))
    (shown,) = (await bench.get("/api/models/swift-1"))["pricing"]
    (entry,) = (await bench.get("/api/models/swift-1/pricing-history"))["data"]
    (said,) = await bench.said("pricing.changed")
    assert shown["evidence"] == entry["evidence"]
    assert shown["evidence"]["text"] == said.evidence.text == "Swift $1.25"
    assert shown["evidence"]["sha256"] == said.evidence.sha256 == sha256


async def test_old_bytes_are_dropped_unless_a_price_needs_them(bench: Bench) -> None:
    now_in_force, first, unused, recent = [await keep(bench, bytes([65 + number]) * 9) for number in range(4)]
    for number, (amount, sha256) in enumerate([("1", first), ("2", now_in_force)]):
        row = price(amount, None, evidence=evidence(f"${amount}", sha256=sha256))
        await bench.sync(number, enriched(model(prices=[row]), on=number), closing("swift-1", on=number))
    for sha256 in (now_in_force, first, unused):
        await seen(bench, sha256, 0)
    await seen(bench, recent, 10)
    bench.now = day(29)
    assert await bench.pages.prune() == 0
    bench.now = day(31)  # the first price has ended on day 1, less than 30 days ago
    assert await bench.pages.prune() == 1
    assert await kept(bench) == {now_in_force, first, recent}
    bench.now = day(33)
    assert await bench.pages.prune() == 1
    assert await kept(bench) == {now_in_force, recent}
    bench.now = day(4000)
    assert await bench.pages.prune() == 1
    assert await kept(bench) == {now_in_force}


async def test_the_evidence_of_announced_and_held_prices_stays(bench: Bench) -> None:
    announced, held = [await keep(bench, bytes([65 + number]) * 9) for number in range(2)]
    begins = (day(900)).date()
    row = price("1", None, effective_from=begins, evidence=evidence("$1", sha256=announced))
    await bench.sync(0, enriched(model(prices=[row])))
    await bench.pool.execute(
        "INSERT INTO quarantine (provider, model_id, tier, context_limit, currency, region, held, kind, reason,"
        " suspicions, seen_in, first_seen_at, state) VALUES ('acme', 'swift-1', 'batch', 0, 'USD', 'global', $1,"
        " 'jump', '', '[]', '{}', $2, 'held')",
        {"evidence": {"sha256": held}},
        day(0),
    )
    for sha256 in (announced, held):
        await seen(bench, sha256, 0)
    bench.now = day(800)
    assert await bench.pages.prune() == 0


async def test_a_page_that_is_seen_again_counts_as_new(bench: Bench) -> None:
    sha256 = await keep(bench, PAGE)
    await seen(bench, sha256, -4000)
    bench.now += timedelta(days=1)
    await keep(bench, PAGE)
    assert await bench.pages.prune() == 0
    assert await kept(bench) == {sha256}
