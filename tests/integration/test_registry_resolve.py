"""What a spelling means, asked over HTTP: one model with the name a page gives it, several, or none and why."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from registry_bench import Bench, a_bench
from registry_events import enriched, model, price

from ratecard_shared.events import MatchExplained

MATCH = MatchExplained(name="Swift One", method="normalised", score=99, refused=("Swift Two: another version",))


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_bench(database_url, redis_url) as made:
        await made.sync(
            0,
            enriched(model("swift-1", prices=[price()], match=MATCH)),
            enriched(model("swift-1-mini")),
            enriched(model("twin")),
            enriched(model("twin"), provider="zenith"),
        )
        yield made


async def test_an_id_is_shown_with_its_name_on_the_page(bench: Bench) -> None:
    found = await bench.get("/api/resolve", model="swift-1")
    assert (found["provider"], found["id"], found["method"], found["score"]) == ("acme", "swift-1", "exact", 100)
    assert found["priceState"] == "priced"
    assert found["match"] == {
        "name": "Swift One",
        "method": "normalised",
        "score": 99,
        "refused": ["Swift Two: another version"],
    }
    assert (await bench.get(found["href"]))["id"] == "swift-1"


@pytest.mark.parametrize(
    ("asked", "method"), [("acme/swift-1", "exact"), ("the swift", "alias"), ("Swift 1", "normalised")]
)
async def test_other_spellings_say_how_they_were_found(bench: Bench, asked: str, method: str) -> None:
    found = await bench.get("/api/resolve", model=asked, provider="acme")
    assert (found["id"], found["method"]) == ("swift-1", method)


async def test_two_candidates_are_told_and_neither_is_taken(bench: Bench) -> None:
    async with bench.client() as client:
        answer = await client.get("/api/resolve", params={"model": "twin"})
    assert answer.status_code == 409
    assert [(one["provider"], one["id"]) for one in answer.json()["candidates"]] == [
        ("acme", "twin"),
        ("zenith", "twin"),
    ]
    assert (await bench.get("/api/resolve", model="twin", provider="zenith"))["provider"] == "zenith"


async def test_a_near_miss_is_no_answer_and_says_why(bench: Bench) -> None:
    async with bench.client() as client:
        answer = await client.get("/api/resolve", params={"model": "swift-1-nano"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    refused = {one["id"]: one["reason"] for one in answer.json()["refused"]}
    assert refused.keys() == {"swift-1", "swift-1-mini"}
    assert refused["swift-1-mini"] == "another word: mini, not nano"


@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 400), ({"model": ""}, 400), ({"model": "x" * 301}, 400), ({"model": "swift-1", "provider": "nobody"}, 404)],
)
async def test_wrong_questions_are_problem_details(bench: Bench, params: dict[str, str], status: int) -> None:
    async with bench.client() as client:
        answer = await client.get("/api/resolve", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


async def test_a_page_name_means_the_model_that_an_api_has_named_since(bench: Bench) -> None:
    await bench.sync(1, enriched(model("Heron Air", [price()], found_on_page=True), on=1))
    match = MatchExplained(name="Heron Air", method="alias", score=100)
    await bench.sync(2, enriched(model("heron-x", [price()], match=match), on=2))
    found = await bench.get("/api/resolve", model="Heron Air")
    assert (found["id"], found["match"]["name"]) == ("heron-x", "Heron Air")
