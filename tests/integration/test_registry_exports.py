"""The exports over the API: rendered once per state of the catalogue, with ETags, pages, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from priced_models import AT_REAL_NAMES, NOT_CARRIED, PLAIN, chatting, events
from registry_bench import KEY, Bench, a_bench
from registry_events import enriched, price

from ratecard_providers.load import load_providers
from ratecard_registry.exporting import Exports
from ratecard_registry.exports.naming import Names

FORMATS = (
    "litellm.json",
    "genai-prices.json",
    "models.dev/api.json",
    "openrouter/v1/models",
    "llm-prices/current-v1.json",
    "llm-prices/historical-v1.json",
    "prices.csv",
)


async def _get(bench: Bench, name: str, **more: Any) -> httpx.Response:
    async with bench.client() as client:
        return await client.get(f"/api/export/{name}", **more)


@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_changes_its_etag_only_with_the_catalogue(bench: Bench, name: str) -> None:
    await bench.sync(0, *events(AT_REAL_NAMES, NOT_CARRIED))
    first = await _get(bench, name)
    again = await _get(bench, name, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.headers["X-Ratecard-Left-Out"].startswith(("8; ", "9; ", "12; ", "13; ", "1; "))
    await bench.sync(1, enriched(chatting("mistral-breeze", price("77", "88")), provider="mistral", on=1))
    changed = await _get(bench, name, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert b"77" in changed.content


async def test_a_new_key_renders_no_export_again(bench: Bench) -> None:
    await bench.sync(0, *events(AT_REAL_NAMES, NOT_CARRIED))
    exports = Exports(catalogue=bench.catalogue, pool=lambda: bench.pool, names=Names(providers={}))
    first = await exports.get("csv")
    bench.versions.learn({"keys": 99})
    assert await exports.get("csv") is first


async def test_nothing_known_is_an_empty_export(bench: Bench) -> None:
    for name in FORMATS:
        answer = await _get(bench, name)
        assert (answer.status_code, answer.headers["X-Ratecard-Left-Out"]) == (200, "0")


async def test_openrouter_s_list_has_pages(bench: Bench) -> None:
    await bench.sync(0, *(enriched(chatting(f"m{number:02}", *PLAIN)) for number in range(12)))
    whole = (await _get(bench, "openrouter/v1/models")).json()
    assert (len(whole["data"]), whole["links"]["next"], whole["total_count"]) == (12, None, 12)
    seen, following = [], "openrouter/v1/models?offset=0&limit=5"
    while following:
        page = (await _get(bench, following.removeprefix("/api/export/"))).json()
        seen += [one["id"] for one in page["data"]]
        following = page["links"]["next"]
    assert seen == [f"acme/m{number:02}" for number in range(12)]
    past = (await _get(bench, "openrouter/v1/models?offset=500&limit=500")).json()
    assert (past["data"], past["links"]["next"]) == ([], None)


async def test_the_history_says_what_held_when(bench: Bench) -> None:
    await bench.sync(0, enriched(chatting("swift", price("1.25", "10"))))
    await bench.sync(4, enriched(chatting("swift", price("1", "8")), on=4))
    listed = (await _get(bench, "llm-prices/historical-v1.json")).json()["prices"]
    assert [(one["input"], one["from_date"], one["to_date"]) for one in listed] == [
        (1.25, "2031-03-01", "2031-03-05"),
        (1, "2031-03-05", None),
    ]


async def test_exports_are_closed_where_reading_needs_a_key(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=False) as bench:
        for name in FORMATS:
            assert (await _get(bench, name)).status_code == 401
            assert (await _get(bench, name, headers={"X-API-Key": KEY})).status_code == 200


async def test_an_overlay_needs_a_stored_map(bench: Bench) -> None:
    answer = await _get(bench, "litellm.json", params={"overlay": True})
    assert answer.status_code == 404
    assert "RATECARD_LITELLM_MAP" in answer.json()["detail"]


async def test_an_overlay_follows_the_file_and_the_catalogue(bench: Bench, tmp_path: Path) -> None:
    await bench.sync(0, enriched(chatting("swift", *PLAIN)))
    stored = tmp_path / "map.json"
    names = Names(providers=load_providers())
    exports = Exports(catalogue=bench.catalogue, pool=lambda: bench.pool, names=names, stored_map=stored)
    stored.write_bytes(msgspec.json.encode({"theirs": {"mode": "chat"}}))
    laid = msgspec.json.decode((await exports.get("litellm-overlay")).document.body)
    assert set(laid) == {"theirs", "acme/swift", "swift"}
    await bench.sync(1, enriched(chatting("second", *PLAIN), on=1))
    laid = msgspec.json.decode((await exports.get("litellm-overlay")).document.body)
    assert {"acme/second", "theirs"} <= set(laid)
