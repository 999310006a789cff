"""Prices that APIs state, in providers' real answers: the number of rows, and five prices each, looked up by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from ratecard_discovery.parse import ListPart, parse_list
from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.load import load_providers

NOW: Final = datetime(2026, 8, 22, tzinfo=UTC)


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, how many rows it states (in bands above a number of tokens, free), and figures as a person reads them.

    A figure is the model, the tokens above which it holds, the component and the price.
    """

    answer: str
    items: str = "data"
    rows: int
    above: int = 0
    free: int = 0
    figures: tuple[tuple[str, int, str, str], ...]


ANSWERS: Final = {
    "openrouter": Stated(
        answer="openrouter/model-list/openrouter_api-v1-models_2026-02.json",
        rows=342,  # of 344 models; the price of two is -1, it depends on the model that answers
        free=32,
        figures=(
            ("anthropic/claude-opus-4.6", 0, "cache_write", "6.25"),
            ("qwen/qwen3-max-thinking", 0, "input", "1.2"),
            ("mistralai/mistral-small-3.2-24b-instruct", 0, "cached_input", "0.03"),
            ("openai/gpt-4o-audio-preview", 0, "audio_input", "40"),
            ("google/gemini-2.5-flash", 0, "output", "2.5"),
        ),
    ),
    "openrouter, later": Stated(
        answer="price-lists/openrouter/openrouter_models_2026-08-22.json",
        items="body.data",
        rows=480,  # 421 models, five of them without a price of their own, and 64 bands
        above=64,
        free=22,
        figures=(
            ("openai/gpt-5.6-sol", 0, "input", "2"),
            ("openai/gpt-5.6-sol", 272_000, "output", "15"),
            ("openai/gpt-5.6-luna", 272_000, "cached_input", "0.04"),
            ("anthropic/claude-fable-5", 0, "cache_write_1h", "20"),
            ("anthropic/claude-sonnet-4.6", 0, "cache_write", "3.75"),
        ),
    ),
    "perplexity": Stated(
        answer="perplexity/model-list/perplexity_v1-models_2026-08-10.json",
        rows=39,
        figures=(
            ("anthropic/claude-haiku-4-5", 0, "cache_write", "1.25"),
            ("anthropic/claude-fable-5", 0, "output", "50"),
            ("xai/grok-4.5", 0, "cached_input", "0.3"),
            ("openai/gpt-5.4-nano", 0, "input", "0.2"),
            ("google/gemini-3.1-pro-preview", 0, "output", "12"),
        ),
    ),
    "huggingface": Stated(
        answer="huggingface/model-list/router-huggingface_v1-models_2026-08.json",
        rows=60,  # of 74 offers of 16 models; the others state no price
        figures=(
            ("zai-org/GLM-5.2:scaleway", 0, "input", "2.052"),
            ("zai-org/GLM-5.2:novita", 0, "output", "4.4"),
            ("openai/gpt-oss-20b:groq", 0, "output", "0.5"),
            ("Qwen/Qwen3.6-27B:ovhcloud", 0, "input", "0.47"),
            ("meta-llama/Llama-3.3-70B-Instruct:novita", 0, "input", "0.135"),
        ),
    ),
}


def endpoint_of(provider: str) -> ListEndpoint:
    endpoint = load_providers()[provider].models
    assert endpoint is not None
    return endpoint


def read(shared: Path, provider: str, answer: str, items: str) -> ListPart:
    endpoint = replace(endpoint_of(provider), items=items)
    body = (shared / "real" / answer).read_bytes()
    return parse_list(body, endpoint, url=endpoint.url, fetched_at=NOW)


@pytest.mark.parametrize("source", sorted(ANSWERS))
def test_an_api_states_so_many_prices_and_these(shared_folder: Path, source: str) -> None:
    stated = ANSWERS[source]
    part = read(shared_folder, source.split(",", maxsplit=1)[0], stated.answer, stated.items)
    rows = [row for model in part.models for row in model.prices]
    assert len(rows) == stated.rows
    assert sum(row.above_tokens > 0 for row in rows) == stated.above
    assert sum(row.free for row in rows) == stated.free
    assert {row.currency for row in rows} == {"USD"}
    rates = {(row.name, row.above_tokens): row.rates for row in rows}
    for name, above, component, price in stated.figures:
        assert rates[name, above][component] == Decimal(price), (name, above, component)


def test_a_price_that_depends_on_who_answers_is_none(shared_folder: Path) -> None:
    models = {m.id: m for m in read(shared_folder, "openrouter", ANSWERS["openrouter"].answer, "data").models}
    assert models["openrouter/auto"].prices == ()
    assert models["openrouter/bodybuilder"].prices == ()


def test_hugging_faces_router_has_a_price_for_each_partner_and_none_of_its_own(shared_folder: Path) -> None:
    models = {m.id: m for m in read(shared_folder, "huggingface", ANSWERS["huggingface"].answer, "data").models}
    plain = [model_id for model_id in models if ":" not in model_id]
    assert len(plain) == 16
    assert all(models[model_id].prices == () for model_id in plain)
    partners = {i.rpartition(":")[2]: m for i, m in models.items() if i.startswith("zai-org/GLM-5.2:")}
    assert sorted(partners) == [
        "baseten", "deepinfra", "featherless-ai", "fireworks-ai", "novita", "scaleway", "together", "zai-org",
    ]  # fmt: skip
    assert partners["featherless-ai"].prices == ()  # it states none
    assert (partners["together"].context_window, partners["novita"].context_window) == (512_000, 1_048_576)
    assert partners["scaleway"].context_window is None
    tools = {name: {c.type: c.supported for c in m.capabilities}.get("tools") for name, m in partners.items()}
    assert (tools["novita"], tools["deepinfra"], tools["featherless-ai"]) == (True, False, None)


def test_the_figure_that_an_api_sends_is_kept_to_its_last_digit(shared_folder: Path) -> None:
    models = {m.id: m for m in read(shared_folder, "huggingface", ANSWERS["huggingface"].answer, "data").models}
    (row,) = models["zai-org/GLM-5.2:deepinfra"].prices
    assert row.rates["input"] == Decimal("0.7499999999999999")
    assert row.evidence is not None
    assert "0.7499999999999999" in row.evidence.text
    assert "deepinfra" in row.evidence.text


def test_xais_language_models_state_five_prices_that_its_documentation_shows(shared_folder: Path) -> None:
    page = (shared_folder / "real/xai/model-list/docs-x-ai_api-reference_2025-11-03_doc-example.md").read_text()
    blocks = page.split("```")[1::2]
    answers = [said for said in blocks if '"models"' in said and "cached_prompt_text_token" in said]
    spec = next(also for also in endpoint_of("xai").also if also.prices)
    part = parse_list(answers[0].encode(), spec, url=spec.url, fetched_at=NOW)
    rates = {model.id: model.prices[0].rates for model in part.models}
    assert len(rates) == 3
    assert rates["grok-3"] == {"input": 3, "cached_input": Decimal("0.75"), "output": 15}
    assert rates["grok-3-mini"]["input"] == Decimal("0.3")
    assert rates["grok-3-mini"]["output"] == Decimal("0.5")
