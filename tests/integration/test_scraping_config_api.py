"""Scraping configurations over the API, PostgreSQL and Redis: versions, dry runs, who sees what when both change it."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from pricing_pages import Priced, html_columns
from registry_bench import KEY, Bench, a_bench
from registry_events import closing, day, enriched, model, price

from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Expectations, Provider
from ratecard_registry.scraping_pages import QUERIES
from ratecard_shared.database import connected, queries

ADMIN = {"Authorization": f"Bearer {KEY}"}
URL = "https://prices.example/acme"
FILE = Pricing(pages=(Page(url=URL, strategies=("columns",)),))
ACME = Provider(id="acme", name="Acme", pricing=FILE, expect=Expectations(fewest_prices=2))
CONFIG = {"pages": [{"url": URL, "strategies": ["kinds", "columns"]}]}
OTHER = {"pages": [{"url": "https://prices.example/elsewhere", "strategies": ["columns"]}]}
SWIFT = Priced(name="Swift 1", input=Decimal("1.25"), cached_input=Decimal("0.5"), output=Decimal(10))
SLOW = Priced(name="Slow 2", input=Decimal(3), cached_input=Decimal("0.3"), output=Decimal(12))


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    providers = {"acme": ACME, "zenith": Provider(id="zenith", name="Zenith")}
    async with a_bench(database_url, redis_url, providers=providers) as made:
        yield made


async def ask(bench: Bench, method: str, path: str = "", *, seen: str | None = None, **more: Any) -> Any:
    headers = ADMIN if seen is None else {**ADMIN, "If-Match": seen}
    async with bench.client() as client:
        return await client.request(method, f"/api/admin/scraping-config{path}", headers=headers, **more)


async def kept(bench: Bench, *models: Priced, url: str = URL) -> str:
    """Keep a page as the newest one that was fetched."""
    body = html_columns(models).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    await bench.pool.execute(
        "INSERT INTO page_bodies (sha256, index, total, data) VALUES ($1, 0, 1, $2)", sha256, zlib.compress(body)
    )
    await bench.pool.execute(
        "INSERT INTO pages (provider, url, sha256, checked_at) VALUES ('acme', $1, $2, $3) "
        "ON CONFLICT (provider, url) DO UPDATE SET sha256 = EXCLUDED.sha256",
        url,
        sha256,
        day(0),
    )
    return sha256


async def test_every_query_fits_the_schema(database_url: str) -> None:
    found = queries(QUERIES)
    async with connected(database_url) as connection:
        for name in found.available_queries:
            await connection.prepare(getattr(found, name).sql)


async def test_without_a_stored_one_the_file_is_in_force(bench: Bench) -> None:
    listed = (await ask(bench, "GET")).json()
    assert listed["total"] == 2
    assert [(one["provider"], one["source"], one["pages"]) for one in listed["data"]] == [
        ("acme", "file", [URL]),
        ("zenith", "none", []),
    ]
    answer = await ask(bench, "GET", "/acme")
    assert answer.headers["ETag"] == '"0"'
    said = answer.json()
    assert (said["source"], said["version"], said["config"]) == ("file", None, said["fileConfig"])
    assert said["config"] == {"pages": [{"url": URL, "strategies": ["columns"]}]}
    unknown = await ask(bench, "GET", "/nobody")
    assert (unknown.status_code, "Known are acme, zenith" in unknown.json()["detail"]) == (404, True)


async def test_a_put_is_a_new_version_and_each_can_be_had_back(bench: Bench) -> None:
    first = await ask(bench, "PUT", "/acme", seen='"0"', json=CONFIG, params={"note": "their new page"})
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
    second = await ask(bench, "PUT", "/acme", seen=first.headers["ETag"], json=OTHER)
    assert (second.json()["version"], second.json()["config"]) == (2, OTHER)
    back = await ask(bench, "POST", "/acme/versions/1/activate", seen=second.headers["ETag"])
    assert (back.json()["version"], back.json()["config"], back.json()["note"]) == (1, CONFIG, "their new page")
    third = await ask(bench, "PUT", "/acme", seen="*", json=OTHER)
    assert third.json()["version"] == 3
    versions = (await ask(bench, "GET", "/acme/versions")).json()["data"]
    assert [(one["version"], one["active"], one["config"]) for one in versions] == [
        (3, True, OTHER),
        (2, False, OTHER),
        (1, False, CONFIG),
    ]
    off = (await ask(bench, "POST", "/acme/deactivate")).json()
    assert (off["source"], off["version"], off["lastVersion"], off["config"]) == ("file", None, 3, off["fileConfig"])
    again = await ask(bench, "POST", "/acme/deactivate")
    assert again.status_code == 409
    assert (await ask(bench, "POST", "/acme/versions/9/activate")).status_code == 404
    assert (await ask(bench, "POST", "/acme/versions/99999999999/activate")).status_code == 404
    assert (await ask(bench, "GET", "/acme/versions")).json()["total"] == 3


async def test_two_administrators_do_not_overwrite_each_other(bench: Bench) -> None:
    unseen = await ask(bench, "PUT", "/acme", json=CONFIG)
    assert (unseen.status_code, "If-Match" in unseen.json()["detail"]) == (428, True)
    both = await asyncio.gather(*(ask(bench, "PUT", "/acme", seen='"0"', json=one) for one in (CONFIG, OTHER)))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    late = next(answer for answer in both if answer.status_code == 412).json()
    assert (late["revision"], "Read it again" in late["detail"]) == (1, True)
    assert (await ask(bench, "POST", "/acme/deactivate", seen='"0"')).status_code == 412
    assert (await ask(bench, "POST", "/acme/versions/1/activate", seen='"7"')).status_code == 412
    assert (await ask(bench, "PUT", "/acme", seen="newest", json=CONFIG)).status_code == 400
    assert (await ask(bench, "GET", "/acme")).headers["ETag"] == '"1"'
    assert (await ask(bench, "GET", "/acme/versions")).json()["total"] == 1


async def test_what_is_wrong_is_said_in_full(bench: Bench) -> None:
    config = {"pages": [{"url": "http://127.0.0.1/", "strategies": ["xpath"]}], "currency": "dollars"}
    answer = await ask(bench, "PUT", "/acme", seen="*", json=config)
    assert answer.status_code == 422
    assert [error.partition("`:")[0] for error in answer.json()["errors"]] == [
        "`currency",
        "`pages[0].strategies",
        "`pages[0].url",
    ]
    by_number = {"url": URL, "selectors": {"table": "table", "modelNameColumn": 0}}
    refused = (await ask(bench, "PUT", "/acme", seen="*", json=by_number)).json()
    assert "columns by number are not taken" in refused["detail"]
    assert (await ask(bench, "PUT", "/acme", seen="*", json=refused["writeInstead"])).status_code == 200
    assert (await ask(bench, "PUT", "/acme", seen="*", content=b"[]")).status_code == 400
    assert (await ask(bench, "PUT", "/acme", seen="*", content=b"{")).status_code == 400
    assert (await ask(bench, "PUT", "/acme", seen="*", json={"pages": ["x" * 70_000]})).status_code == 413
    assert (await ask(bench, "PUT", "/nobody", seen="*", json=CONFIG)).status_code == 404


async def test_what_does_not_read_the_newest_page_is_refused_unless_forced(bench: Bench) -> None:
    await kept(bench, SWIFT, SLOW)
    wrong = {"pages": [{"url": URL, "strategies": ["bands"]}]}
    refused = await ask(bench, "PUT", "/acme", seen="*", json=wrong)
    assert refused.status_code == 422
    assert "`?force=true` takes it nevertheless" in refused.json()["detail"]
    assert refused.json()["trial"]["pages"][0]["error"]
    assert (await ask(bench, "GET", "/acme")).json()["source"] == "file"
    forced = await ask(bench, "PUT", "/acme", seen="*", json=wrong, params={"force": "true"})
    assert (forced.status_code, forced.json()["trial"]["passes"]) == (200, False)
    taken = await ask(bench, "PUT", "/acme", seen="*", json=CONFIG)
    assert (taken.status_code, taken.json()["trial"]["pages"][0]["rows"]) == (200, 2)
    assert (await ask(bench, "POST", "/acme/versions/1/activate")).status_code == 422
    assert (await ask(bench, "POST", "/acme/versions/1/activate", params={"force": "true"})).status_code == 200


async def test_fewer_prices_than_expected_are_refused(bench: Bench) -> None:
    await kept(bench, SWIFT)
    refused = await ask(bench, "PUT", "/acme", seen="*", json=CONFIG)
    assert refused.status_code == 422
    assert "at least 2 are expected" in refused.json()["detail"]


async def test_a_dry_run_reads_a_page_and_compares_and_changes_nothing(bench: Bench) -> None:
    rates = {"input": Decimal(1), "cached_input": Decimal("0.5"), "output": Decimal(10)}
    await bench.sync(0, enriched(model(prices=[price(rates=rates)])), closing("swift-1"))
    newest = await kept(bench, SWIFT, SLOW)
    by_config = (await ask(bench, "POST", "/acme/dry-run", json={"config": CONFIG})).json()
    in_force = (await ask(bench, "POST", "/acme/dry-run")).json()
    by_hash = (await ask(bench, "POST", "/acme/dry-run", json={"config": CONFIG, "sha256": newest})).json()
    text = html_columns([SWIFT, SLOW])
    by_text = (await ask(bench, "POST", "/acme/dry-run", json={"config": CONFIG, "page": text, "url": URL})).json()
    for said in (by_config, in_force, by_hash, by_text):
        assert (said["passes"], said["tried"], said["pages"][0]["sha256"]) == (True, True, newest)
        assert [row["name"] for row in said["rows"]] == ["Swift 1", "Slow 2"]
        assert said["rows"][0]["rates"] == {"input": 1.25, "cachedInput": 0.5, "output": 10}
        assert said["unmatchedNames"] == ["Slow 2"]
        (changed,) = said["differences"]
        assert (changed["kind"], changed["modelId"]) == ("changed", "swift-1")
        assert (changed["inForce"]["input"], changed["read"]["input"]) == (1, 1.25)
    assert (await ask(bench, "GET", "/acme/versions")).json()["total"] == 0
    assert await bench.pool.fetchval("SELECT count(*) FROM scraping_config") == 0
    assert (await bench.get("/api/models/swift-1"))["inputCostPerMillion"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"page": "x", "sha256": "a" * 64}, 400),
        ({"sha256": "a" * 64}, 404),
        ({"sha256": "no hash"}, 400),
        ({"url": "https://prices.example/none-of-its"}, 400),
        ({"config": {"pages": []}}, 422),
        ({"konfig": {}}, 400),
    ],
)
async def test_a_dry_run_says_what_it_cannot_use(bench: Bench, body: Any, status: int) -> None:
    answer = await ask(bench, "POST", "/acme/dry-run", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


async def test_nothing_to_try_is_said(bench: Bench) -> None:
    said = (await ask(bench, "POST", "/acme/dry-run")).json()
    assert (said["passes"], said["tried"], said["pages"][0]["sha256"]) == (True, False, None)
    assert (await ask(bench, "POST", "/zenith/dry-run")).status_code == 400


async def test_one_that_was_written_by_hand_becomes_a_version(bench: Bench) -> None:
    await bench.pool.execute("INSERT INTO scraping_config (provider, config) VALUES ('acme', $1)", OTHER)
    shown = await ask(bench, "GET", "/acme")
    assert (shown.json()["source"], shown.json()["config"]) == ("stored", OTHER)
    await ask(bench, "PUT", "/acme", seen=shown.headers["ETag"], json=CONFIG)
    versions = (await ask(bench, "GET", "/acme/versions")).json()["data"]
    assert [(one["version"], one["config"]) for one in versions] == [(2, CONFIG), (1, OTHER)]


async def test_every_change_is_audited_and_what_changed_nothing_is_not(bench: Bench) -> None:
    await ask(bench, "PUT", "/acme", seen="*", json=CONFIG, params={"note": "their new page"})
    await ask(bench, "PUT", "/acme", seen='"0"', json=OTHER)
    await ask(bench, "POST", "/acme/dry-run", json={"config": CONFIG})
    await ask(bench, "POST", "/acme/deactivate")
    await ask(bench, "POST", "/acme/deactivate")
    await ask(bench, "POST", "/acme/versions/1/activate")
    rows = await bench.pool.fetch("SELECT caller, action, target, outcome, details FROM audit_log ORDER BY id")
    assert [(row["action"], row["target"], row["details"]["version"]) for row in rows] == [
        ("scraping-config.put", "acme", 1),
        ("scraping-config.deactivate", "acme", 1),
        ("scraping-config.activate", "acme", 1),
    ]
    assert rows[0]["details"]["note"] == "their new page"
    assert {(row["caller"], row["outcome"]) for row in rows} == {("administrator", "done")}
    assert (await ask(bench, "GET", "/acme")).json()["changedBy"] == "administrator"


async def test_only_administrators_come_near(bench: Bench) -> None:
    async with bench.client() as client:
        for method, path in (("GET", ""), ("GET", "/acme"), ("PUT", "/acme"), ("POST", "/acme/dry-run")):
            assert (await client.request(method, f"/api/admin/scraping-config{path}")).status_code == 401
