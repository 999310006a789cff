"""The real clients read the exports of a running registry, unchanged, and calculate what its prices say.

Expected costs come from `POST /api/cost`, and are those of the prices in `/api/models`. What a client of its own
accord does not price as the provider does, such as LiteLLM's batches above 200,000 tokens, is no question to it:
docs/exports.md says what that is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Final

import pytest
from export_clients import ask, served
from export_comparing import MEDIA, TOKENS, compare, priced_by_litellm, priced_questions, put_to
from export_questions import Question
from priced_models import AT_REAL_NAMES, NOT_CARRIED, events
from registry_bench import a_bench

from ratecard_shared.prices import STANDARD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_LEFT_OUT: Final = {model.id for models in NOT_CARRIED.values() for model in models}


@pytest.fixture
async def registry(database_url: str, redis_url: str) -> AsyncIterator[str]:
    async with a_bench(database_url, redis_url) as bench:
        await bench.sync(0, *events(AT_REAL_NAMES, NOT_CARRIED))
        async with served(bench.app) as url:
            yield url


async def test_litellm_takes_the_map_and_calculates_the_prices(registry: str) -> None:
    asked = [one for one in await priced_questions(registry, _LEFT_OUT) if priced_by_litellm(one)]
    keys = ["gpt-vesper", "openai/gpt-vesper", "gemini/gemini-lark-latest", "shared-name", "acme/unknown", "in-yuan"]
    answer = await ask(
        "litellm_costs.py",
        {"questions": put_to(asked, "litellm"), "keys": keys},
        LITELLM_MODEL_COST_MAP_URL=f"{registry}/api/export/litellm.json",
        MODEL_COST_MAP_MIN_MODEL_COUNT="1",
        MODEL_COST_MAP_MAX_SHRINK_RATIO="0",
    )
    compare(asked, answer["answers"], exactly=False)
    assert answer["known"] == ["gpt-vesper", "openai/gpt-vesper", "gemini/gemini-lark-latest"]
    assert {one.tier for one in asked} == {STANDARD, "batch", "priority", "flex"}
    assert {one.band for one in asked} == {0, 200_000, 272_000}


async def test_genai_prices_takes_the_list_and_calculates_the_prices(registry: str) -> None:
    asked = [one for one in await priced_questions(registry, _LEFT_OUT) if one.component != "image"]
    body = {
        "model": "claude-etude",
        "usage": {"input_tokens": 1000, "cache_read_input_tokens": 400, "output_tokens": 10},
    }
    extract = [{"provider": "anthropic", "flavour": "default", "body": body}]
    answer = await ask(
        "genai_prices_costs.py",
        {"questions": put_to(asked, "genai_prices"), "extract": extract},
        EXPORT_URL=f"{registry}/api/export/genai-prices.json",
    )
    compare(asked, answer["answers"], exactly=True)
    assert [Decimal(cost) for cost in answer["extracted"]] == [Decimal("0.0014")]


def _in_openrouter(one: Question) -> bool:
    priced = {*TOKENS, *MEDIA, "audio_cached_input"}
    return one.tier == STANDARD and one.component in priced and "embed" not in one.model and one.model != "gpt-old"


async def test_openrouter_s_client_takes_the_pages(registry: str) -> None:
    asked = [one for one in await priced_questions(registry, _LEFT_OUT) if _in_openrouter(one)]
    about = put_to(asked, "openrouter")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    answer = await ask("openrouter_models.py", {"questions": named}, EXPORT_URL=f"{registry}/api/export/openrouter/v1")
    compare(asked, answer["answers"], exactly=True)
    assert set(answer["known"]) == {one["model"] for one in named}


async def test_tokencost_takes_litellm_s_map(registry: str) -> None:
    asked = [
        one
        for one in await priced_questions(registry, _LEFT_OUT)
        if (one.tier, one.band) == (STANDARD, 0) and set(one.used) <= {"input", "output", "cached_input"}
    ]
    about = put_to(asked, "litellm")
    named = [{**one, "model": f"{one['provider']}/{one['model']}"} for one in about]
    keys = ["gpt-capital", "acme/unknown", "shared-name"]
    url = f"{registry}/api/export/litellm.json"
    answer = await ask("tokencost_costs.py", {"questions": named, "keys": keys}, EXPORT_URL=url)
    compare(asked, answer["answers"], exactly=True)
    assert answer["known"] == ["gpt-capital"]
