"""The shipped provider files read the providers' real answers. Figures were looked up in the answers by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ratecard_discovery.faults import fault, is_bad_key
from ratecard_discovery.parse import ListPart, parse_list
from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.load import load_providers
from ratecard_shared.http import Answer
from ratecard_shared.retry import said_delay

PROVIDERS = load_providers()
NOW = datetime(2026, 8, 20, tzinfo=UTC)

LISTS = [
    ("openai", "openai_v1-models_2026-02.json", 119),
    ("openai", "openai_v1-models_2026-08-17.json", 118),
    ("anthropic", "anthropic_v1-models_2026-02.json", 10),
    ("anthropic", "anthropic_v1-models_2026-08-17.json", 10),
    ("google", "gemini_v1beta-models_2026-01_page-1-of-more.json", 50),
    ("google", "gemini_v1beta-models_2026-02_no-next-page.json", 45),
    ("google", "gemini_v1beta-models_2026-08-05.json", 50),
    ("xai", "xai_v1-models_2026-02.json", 13),
    ("mistral", "mistral_v1-models_2026-02.json", 55),
    ("deepseek", "deepseek_models_2026-02.json", 2),
    ("groq", "groq_openai-v1-models_2025-09-11.json", 23),
    ("openrouter", "openrouter_api-v1-models_2026-02.json", 344),
    ("perplexity", "perplexity_v1-models_2026-08-10.json", 39),
    ("huggingface", "router-huggingface_v1-models_2026-08.json", 90),  # 16 models and their 74 offers
]


def endpoint_of(provider: str) -> ListEndpoint:
    endpoint = PROVIDERS[provider].models
    assert endpoint is not None
    return endpoint


def real(shared: Path, provider: str, name: str) -> tuple[bytes, ListPart]:
    body = (shared / "real" / provider / "model-list" / name).read_bytes()
    return body, parse_list(body, endpoint_of(provider), url="https://api.example.org", fetched_at=NOW)


def answered(shared: Path, path: str) -> Answer:
    recorded: Any = msgspec.json.decode((shared / "real" / path).read_bytes())
    headers = {name.lower(): values[0] for name, values in recorded["headers"].items()}
    status = recorded["status"]["code"]
    return Answer(status=status, url=recorded["uri"], headers=headers, body=recorded["body"].encode())


@pytest.mark.parametrize(("provider", "name", "count"), LISTS)
def test_every_model_of_a_real_list_is_read(shared_folder: Path, provider: str, name: str, count: int) -> None:
    body, part = real(shared_folder, provider, name)
    endpoint = endpoint_of(provider)
    raw = msgspec.json.decode(body)[endpoint.items]
    sent = {item[endpoint.fields.id].removeprefix(endpoint.strip_prefix) for item in raw}
    if endpoint.offers is not None:
        sent |= {f"{item['id']}:{offer['provider']}" for item in raw for offer in item["providers"]}
    assert {model.id for model in part.models} == sent
    assert len(part.models) == count
    for model in part.models:
        for row in model.prices:
            assert row.evidence is not None
            assert row.evidence.text.encode() in body


def test_pages_of_real_lists_go_on_where_they_say(shared_folder: Path) -> None:
    _, first = real(shared_folder, "google", "gemini_v1beta-models_2026-01_page-1-of-more.json")
    assert first.next_token
    _, last = real(shared_folder, "google", "gemini_v1beta-models_2026-02_no-next-page.json")
    assert last.next_token is None
    _, only = real(shared_folder, "anthropic", "anthropic_v1-models_2026-08-17.json")
    assert only.next_token is None


def test_facts_of_real_models(shared_folder: Path) -> None:
    opus = real(shared_folder, "anthropic", "anthropic_v1-models_2026-08-17.json")[1].models[0]
    assert (opus.id, opus.display_name, opus.context_window, opus.max_output_tokens) == (
        "claude-opus-5",
        "Claude Opus 5",
        1_000_000,
        128_000,
    )
    said = {capability.type: capability.supported for capability in opus.capabilities}
    assert said["vision"]
    assert said["reasoning"]
    assert not said["thinking.types.enabled"]
    openai = real(shared_folder, "openai", "openai_v1-models_2026-08-17.json")[1].models
    assert {model.id: model.shutdown_date for model in openai}["gpt-3.5-turbo"] == date(2026, 10, 23)
    google = {model.id: model for model in real(shared_folder, "google", LISTS[6][1])[1].models}
    assert google["gemini-2.5-pro"].context_window == 1_048_576
    assert google["gemini-3-pro-preview"].preview
    assert "embedding" in {capability.type for capability in google["gemini-embedding-001"].capabilities}
    mistral = {model.id: model for model in real(shared_folder, "mistral", LISTS[8][1])[1].models}
    assert mistral["mistral-small-2501"].shutdown_date == date(2026, 2, 28)
    assert mistral["mistral-medium-2508"].aliases[0] == "mistral-medium-latest"
    assert mistral["mistral-medium-2508"].created is None  # the API says the time of the call


BAD_KEYS = [
    ("openai", "openai/error/401_invalid-api-key_2026-08-19.json"),
    ("anthropic", "anthropic/error/401_invalid-x-api-key_2026-08-19.json"),
    ("google", "google/error/400_api-key-invalid_2026-08-19.json"),
    ("xai", "xai/error/400_incorrect-api-key_2026-08-10.json"),
    ("mistral", "mistral/error/401_invalid-api-key.json"),
    ("deepseek", "deepseek/error/401_authentication-fails.json"),
]


@pytest.mark.parametrize(("provider", "path"), BAD_KEYS)
def test_a_real_refusal_of_a_key_is_recognised(shared_folder: Path, provider: str, path: str) -> None:
    answer = answered(shared_folder, path)
    assert is_bad_key(answer, endpoint_of(provider))
    said = fault(answer, endpoint_of(provider), "invalid-key")
    assert f"{provider.upper()}_API_KEY" in said
    assert "invalid-key" not in said


def test_other_real_faults_are_not_a_bad_key(shared_folder: Path) -> None:
    for provider, path in (
        ("anthropic", "anthropic/error/400_prompt-too-long_2026-08-19.json"),
        ("google", "google/error/429_quota_2026-08-19.json"),
    ):
        assert not is_bad_key(answered(shared_folder, path), endpoint_of(provider))


def test_the_delay_that_real_answers_ask_for(shared_folder: Path) -> None:
    assert said_delay(answered(shared_folder, "google/error/429_quota_2026-08-19.json"), NOW) == 48
    assert said_delay(answered(shared_folder, "azure/error/429_rate-limit-retry-after_2026-08-19.json"), NOW) == 1
    assert said_delay(answered(shared_folder, BAD_KEYS[0][1]), NOW) is None
