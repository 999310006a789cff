"""The real clients read the exports of a running registry, unchanged, and calculate what its prices say.

Expected costs come from `POST /api/cost`, and are those of the prices in `/api/models`. What a client of its own
accord does not price as the provider does, such as LiteLLM's batches above 200,000 tokens, is no question to it:
docs/exports.md says what that is.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from export_clients import ask, served
from export_questions import Question, questions
from priced_models import AT_REAL_NAMES, NOT_CARRIED, events
from registry_bench import a_bench

from ratecard_providers.load import load_providers
from ratecard_registry.exports.naming import Names, Tool
from ratecard_registry.views import camel
from ratecard_shared.prices import STANDARD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_NAMES: Final = Names(providers=load_providers())
_TOKENS: Final = ("input", "output", "cached_input", "cache_write_5m", "cache_write_1h")
_MEDIA: Final = ("audio_input", "audio_output", "image_input")
_OTHER_UNITS: Final = ("characters", "audio_minute", "image")
_PER_TIER: Final = {("priority", 0), ("priority", 200_000), ("flex", 0), ("flex", 272_000)}
_WITHOUT_TIERS: Final = ("xai", "deepseek")


@pytest.fixture
async def registry(database_url: str, redis_url: str) -> AsyncIterator[str]:
    async with a_bench(database_url, redis_url) as bench:
        await bench.sync(0, *events(AT_REAL_NAMES, NOT_CARRIED))
        async with served(bench.app) as url:
            yield url


async def _questions(registry: str) -> list[Question]:
    async with httpx.AsyncClient(base_url=registry) as client:
        answer = await client.get("/api/models", params={"limit": 500, "includeDeprecated": True})
    shown = json.loads(answer.content, parse_float=Decimal)["data"]
    left_out = {model.id for models in NOT_CARRIED.values() for model in models}
    asked = list(questions(model for model in shown if model["id"] not in left_out))
    assert await _costs(registry, asked) == [one.cost for one in asked]
    return asked


async def _costs(registry: str, asked: Sequence[Question]) -> list[Decimal]:
    lines = [
        {
            "model": one.model,
            "provider": one.provider,
            "tier": one.tier,
            "usage": {camel(name): count for name, count in one.used.items()},
        }
        for one in asked
    ]
    async with httpx.AsyncClient(base_url=registry) as client:
        answer = await client.post("/api/cost", json={"usages": lines})
    said = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["lines"]
    return [line["cost"] for line in said]


def _asked(asked: Sequence[Question], tool: Tool) -> list[dict[str, Any]]:
    return [
        {
            "provider": _NAMES.of(one.provider, tool),
            "model": one.model,
            "tier": one.tier,
            "used": {name.replace("_5m", ""): count for name, count in one.used.items()},
        }
        for one in asked
    ]


def _compare(asked: Sequence[Question], answers: Sequence[str | float], *, exactly: bool) -> None:
    assert len(asked) == len(answers) > 0
    for one, answer in zip(asked, answers, strict=True):
        if exactly:
            assert Decimal(answer) == one.cost, one
        else:
            assert math.isclose(float(answer), one.cost, rel_tol=1e-12), (one, answer)


def _priced_by_litellm(one: Question) -> bool:
    if one.tier == "batch":
        return one.band == 0 and one.component in {"input", "output"} and sum(one.used.values()) < 200_000
    if one.tier != STANDARD:
        tokens = one.component in {"input", "output", "cached_input"}
        return (one.tier, one.band) in _PER_TIER and tokens and one.provider not in _WITHOUT_TIERS
    return one.component in {*_TOKENS, *_MEDIA, *_OTHER_UNITS}


async def test_litellm_takes_the_map_and_calculates_the_prices(registry: str) -> None:
    asked = [one for one in await _questions(registry) if _priced_by_litellm(one)]
    keys = ["gpt-vesper", "openai/gpt-vesper", "gemini/gemini-lark-latest", "shared-name", "acme/unknown", "in-yuan"]
    answer = await ask(
        "litellm_costs.py",
        {"questions": _asked(asked, "litellm"), "keys": keys},
        LITELLM_MODEL_COST_MAP_URL=f"{registry}/api/export/litellm.json",
        MODEL_COST_MAP_MIN_MODEL_COUNT="1",
        MODEL_COST_MAP_MAX_SHRINK_RATIO="0",
    )
    _compare(asked, answer["answers"], exactly=False)
    assert answer["known"] == ["gpt-vesper", "openai/gpt-vesper", "gemini/gemini-lark-latest"]
    assert {one.tier for one in asked} == {STANDARD, "batch", "priority", "flex"}
    assert {one.band for one in asked} == {0, 200_000, 272_000}


async def test_genai_prices_takes_the_list_and_calculates_the_prices(registry: str) -> None:
    asked = [one for one in await _questions(registry) if one.component != "image"]
    body = {
        "model": "claude-etude",
        "usage": {"input_tokens": 1000, "cache_read_input_tokens": 400, "output_tokens": 10},
    }
    extract = [{"provider": "anthropic", "flavour": "default", "body": body}]
    answer = await ask(
        "genai_prices_costs.py",
        {"questions": _asked(asked, "genai_prices"), "extract": extract},
        EXPORT_URL=f"{registry}/api/export/genai-prices.json",
    )
    _compare(asked, answer["answers"], exactly=True)
    assert [Decimal(cost) for cost in answer["extracted"]] == [Decimal("0.0014")]


def _in_openrouter(one: Question) -> bool:
    priced = {*_TOKENS, *_MEDIA, "audio_cached_input"}
    return one.tier == STANDARD and one.component in priced and "embed" not in one.model and one.model != "gpt-old"


async def test_openrouter_s_client_takes_the_pages(registry: str) -> None:
    asked = [one for one in await _questions(registry) if _in_openrouter(one)]
    about = _asked(asked, "openrouter")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    answer = await ask("openrouter_models.py", {"questions": named}, EXPORT_URL=f"{registry}/api/export/openrouter/v1")
    _compare(asked, answer["answers"], exactly=True)
    assert set(answer["known"]) == {one["model"] for one in named}


async def test_tokencost_takes_litellm_s_map(registry: str) -> None:
    asked = [
        one
        for one in await _questions(registry)
        if (one.tier, one.band) == (STANDARD, 0) and set(one.used) <= {"input", "output", "cached_input"}
    ]
    about = _asked(asked, "litellm")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    keys = ["gpt-capital", "acme/unknown", "shared-name"]
    url = f"{registry}/api/export/litellm.json"
    answer = await ask("tokencost_costs.py", {"questions": named, "keys": keys}, EXPORT_URL=url)
    _compare(asked, answer["answers"], exactly=True)
    assert answer["known"] == ["gpt-capital"]
