"""The clients of the exports calculate with every price that real pages print, as `POST /api/cost` does.

The pages lie in `../shared/real`, which is no part of the project: where it is absent these tests are skipped.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from export_clients import ask, served
from export_comparing import MEDIA, NAMES, TOKENS, compare, priced_by_litellm, priced_questions, put_to
from export_questions import Question
from registry_bench import a_bench
from registry_events import START, enriched, model

from ratecard_pages import read_page
from ratecard_providers.load import load_providers
from ratecard_shared.events import ModelEnriched
from ratecard_shared.prices import STANDARD, PriceRow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_TRUTH: Final = ".truth.json"
_MODES: Final = {"audio_minute": "audio_transcription", "characters": "audio_speech", "image": "image_generation"}
_GENAI: Final = {
    *TOKENS,
    *("characters", "audio_minute"),
    *(f"{kind}_{part}" for kind in ("audio", "image", "video") for part in ("input", "cached_input", "output")),
}


def _read(folder: Path) -> Iterable[ModelEnriched]:
    """Say each model that the newest page of a provider names, with its prices."""
    providers = load_providers()
    for provider in sorted(folder.glob("*/pricing-page")):
        name = provider.parent.name
        page = max((path for path in provider.iterdir() if path.with_name(path.name + _TRUTH).exists()), default=None)
        if page is None:
            continue
        reading = read_page(page.read_bytes(), url=f"file:{page.name}", provider=providers[name], fetched_at=START)
        rows: dict[str, list[PriceRow]] = defaultdict(list)
        for row in reading.prices:
            rows[row.name].append(row)
        for model_id, prices in rows.items():
            said = model(model_id, prices, context_window=1_000_000, max_output_tokens=64_000)
            yield enriched(said, provider=name)


@pytest.fixture
async def registry(database_url: str, redis_url: str, shared_folder: Path) -> AsyncIterator[str]:
    async with a_bench(database_url, redis_url) as bench:
        await bench.sync(0, *_read(shared_folder / "real"))
        async with served(bench.app) as url:
            yield url


async def _exported(registry: str, name: str) -> Any:
    async with httpx.AsyncClient(base_url=registry) as client:
        answer = await client.get(f"/api/export/{name}")
    return json.loads(answer.content, parse_float=Decimal)


def _are_many(asked: list[Question]) -> None:
    """Hold the questions to what the pages of the four great providers hold, so that none is passed over in silence."""
    assert {"openai", "anthropic", "google", "xai"} <= {one.provider for one in asked}
    assert {"input", "output", "cached_input"} <= {one.component for one in asked}
    assert len({(one.provider, one.model) for one in asked}) > 50


async def test_litellm(registry: str) -> None:
    document = await _exported(registry, "litellm.json")
    every = await priced_questions(registry)
    rows = [(one, document.get(f"{NAMES.of(one.provider, 'litellm')}/{one.model}")) for one in every]
    # A row has one mode: of a model that also chats, it says no price per minute, character or image.
    carried = [
        one
        for one, row in rows
        if row and priced_by_litellm(one) and _MODES.get(one.component, row["mode"]) == row["mode"]
    ]
    answer = await ask(
        "litellm_costs.py",
        {"questions": put_to(carried, "litellm"), "keys": []},
        LITELLM_MODEL_COST_MAP_URL=f"{registry}/api/export/litellm.json",
        MODEL_COST_MAP_MIN_MODEL_COUNT="1",
        MODEL_COST_MAP_MAX_SHRINK_RATIO="0",
    )
    compare(carried, answer["answers"], exactly=False)
    _are_many(carried)
    assert {one.band for one in carried} > {0}
    assert {one.tier for one in carried} >= {STANDARD, "batch"}


async def test_genai_prices(registry: str) -> None:
    document = await _exported(registry, "genai-prices.json")
    known = {(provider["id"], one["id"]) for provider in document for one in provider["models"]}
    every = await priced_questions(registry)
    carried = [
        one for one in every if (NAMES.of(one.provider, "genai_prices"), one.model) in known and one.component in _GENAI
    ]
    answer = await ask(
        "genai_prices_costs.py",
        {"questions": put_to(carried, "genai_prices"), "extract": []},
        EXPORT_URL=f"{registry}/api/export/genai-prices.json",
    )
    compare(carried, answer["answers"], exactly=True)
    _are_many(carried)
    assert {one.tier for one in carried} >= {STANDARD, "batch"}


async def test_openrouter(registry: str) -> None:
    document = await _exported(registry, "openrouter/v1/models")
    known = {one["id"] for one in document["data"]}
    every = await priced_questions(registry)
    priced = {*TOKENS, *MEDIA, "audio_cached_input"}
    carried = [
        one
        for one in every
        if f"{NAMES.of(one.provider, 'openrouter')}/{one.model}" in known
        and one.tier == STANDARD
        and one.component in priced
    ]
    about = put_to(carried, "openrouter")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    answer = await ask("openrouter_models.py", {"questions": named}, EXPORT_URL=f"{registry}/api/export/openrouter/v1")
    compare(carried, answer["answers"], exactly=True)
    _are_many(carried)


async def test_tokencost(registry: str) -> None:
    document = await _exported(registry, "litellm.json")
    every = await priced_questions(registry)
    carried = [
        one
        for one in every
        if (one.tier, one.band) == (STANDARD, 0)
        and set(one.used) <= {"input", "output", "cached_input"}
        and f"{NAMES.of(one.provider, 'litellm')}/{one.model}" in document
    ]
    about = put_to(carried, "litellm")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    url = f"{registry}/api/export/litellm.json"
    answer = await ask("tokencost_costs.py", {"questions": named, "keys": []}, EXPORT_URL=url)
    compare(carried, answer["answers"], exactly=True)
    _are_many(carried)


_MODELS_DEV: Final = {
    "input": "input",
    "output": "output",
    "cached_input": "cache_read",
    "cache_write_5m": "cache_write",
    "cache_write": "cache_write",
    "audio_input": "input_audio",
    "audio_output": "output_audio",
}


async def test_models_dev(registry: str) -> None:
    """Its clients only show prices, so the costs are calculated here as the format says."""
    document = await _exported(registry, "models.dev/api.json")
    carried = [
        one
        for one in await priced_questions(registry)
        if one.tier == STANDARD
        and set(one.used) <= _MODELS_DEV.keys()
        and one.model in document.get(NAMES.of(one.provider, "models_dev"), {"models": {}})["models"]
    ]
    answers = [
        _by_models_dev(document[NAMES.of(one.provider, "models_dev")]["models"][one.model]["cost"], one)
        for one in carried
    ]
    compare(carried, answers, exactly=True)
    _are_many(carried)


def _by_models_dev(cost: Any, question: Question) -> str:
    prompt = sum(count for name, count in question.used.items() if "output" not in name)
    rates = cost
    for tier in cost.get("tiers", ()):
        rates = tier if prompt > tier["tier"]["size"] else rates
    parts = (Decimal(rates[_MODELS_DEV[name]]) * count for name, count in question.used.items())
    return str(sum(parts, Decimal(0)) / 1_000_000)


async def test_llm_prices(registry: str) -> None:
    listed = (await _exported(registry, "llm-prices/current-v1.json"))["prices"]
    prices = {(one["vendor"], one["id"]): one for one in listed}
    names = {"input": "input", "output": "output", "cached_input": "input_cached"}
    every = await priced_questions(registry)
    carried = [
        one
        for one in every
        if one.tier == STANDARD and set(one.used) <= names.keys() and (one.provider, _in_llm_prices(one)) in prices
    ]
    answers = []
    for one in carried:
        price = prices[one.provider, _in_llm_prices(one)]
        parts = (Decimal(price[names[name]]) * count for name, count in one.used.items())
        answers.append(str(sum(parts, Decimal(0)) / 1_000_000))
    compare(carried, answers, exactly=True)
    _are_many(carried)


def _in_llm_prices(question: Question) -> str:
    return f"{question.model}-200k" if question.band == 200_000 else question.model


async def test_the_table_has_every_row(registry: str) -> None:
    async with httpx.AsyncClient(base_url=registry) as client:
        table = list(csv.DictReader((await client.get("/api/export/prices.csv")).text.splitlines()))
        shown = (await client.get("/api/models", params={"limit": 500})).content
    models = json.loads(shown, parse_float=Decimal, parse_int=Decimal)["data"]
    rows = [(one, row) for one in models for row in one["pricing"]]
    assert len(rows) == len(table) > 50
    for (one, row), line in zip(rows, table, strict=True):
        assert (line["provider"], line["model"].removeprefix("'")) == (one["provider"], one["id"])
        assert (line["tier"], line["above_tokens"], line["currency"]) == (
            row["tier"],
            str(row["contextLimit"]),
            row["currency"],
        )
        stated = line["input per million tokens"]
        assert (Decimal(stated) if stated else None) == row["inputCostPerMillion"] or row["state"] == "free"
