"""Tags, capabilities and usability of a model: from its id, its API's words, and nothing where nobody says anything."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_enricher.classify import TAGS, capabilities_of, classify, usability_of
from ratecard_shared.events import Capability, DiscoveredModel, Usability

PATTERNS = {
    "gpt-": "chat",
    "claude-": "chat",
    "gemini-": "chat",
    "grok-": "chat",
    "embedding-": "embedding",
    "text-embedding-": "embedding",
    "codex-": "coding",
    "o3-": "reasoning",
    "dall-e-": "multimodal",
    "computer-use-": "tools",
}
CAPABILITIES = {
    "chat": "chat",
    "embedding": "embedding",
    "vision": "multimodal",
    "audio_input": "multimodal",
    "function_calling": "tools",
    "tools": "tools",
    "reasoning": "reasoning",
}
MEANINGLESS = st.text("bdkqz0123456789-", min_size=1, max_size=12)
TODAY = date(2026, 3, 1)


@given(st.sampled_from(sorted(PATTERNS)), MEANINGLESS)
def test_property_11_a_known_pattern_in_an_id_gives_its_tag(pattern: str, rest: str) -> None:
    assert PATTERNS[pattern] in classify(pattern + rest)
    assert PATTERNS[pattern] in classify((pattern + rest).upper())


@given(st.sampled_from(sorted(CAPABILITIES)), MEANINGLESS)
def test_property_12_a_capability_of_the_api_gives_its_tag(kind: str, model_id: str) -> None:
    assert CAPABILITIES[kind] in classify(model_id, capabilities=[Capability(type=kind)])
    assert classify(model_id, capabilities=[Capability(type=kind, supported=False)]) == ("general",)


@given(st.sets(st.sampled_from(sorted(CAPABILITIES))), st.sets(st.sampled_from(sorted(PATTERNS))))
def test_property_13_every_tag_that_applies_is_given(kinds: set[str], patterns: set[str]) -> None:
    said = {CAPABILITIES[kind] for kind in kinds} | {PATTERNS[pattern] for pattern in patterns}
    tags = classify("".join(sorted(patterns)) or "zz", capabilities=[Capability(type=kind) for kind in kinds])
    # A job in the id says that a family name does not mean chat.
    jobs = {"embedding-", "text-embedding-", "dall-e-"} & patterns
    assert set(tags) >= (said - {"chat"} if jobs and "chat" not in kinds else said)
    assert list(tags) == sorted(tags, key=TAGS.index)


@given(MEANINGLESS)
def test_property_14_without_any_sign_a_model_is_general(model_id: str) -> None:
    assert classify(model_id) == ("general",)
    assert classify(model_id, capabilities=[Capability(type="batch_requests")]) == ("general",)


@pytest.mark.parametrize(
    ("model_id", "tags"),
    [
        ("gpt-zeta-mini", ("chat",)),
        ("gpt-4o", ("chat", "multimodal")),
        ("gpt-zeta-transcribe", ("multimodal",)),
        ("gemini-embedding-7", ("multimodal", "embedding")),
        ("omni-moderation-latest", ("multimodal",)),
        ("grok-9-fast-reasoning", ("chat", "reasoning")),
        ("grok-9-fast-non-reasoning", ("chat",)),
        ("deepseek-reasoner", ("chat", "reasoning")),
        ("Qwen9-Coder-30B", ("chat", "coding")),
        ("whisper-9", ("multimodal",)),
        ("llama9-8b-instruct", ("chat",)),
        ("encode-turbo", ("general",)),
        ("Claude Quill 9", ("chat",)),
    ],
)
def test_families_and_jobs(model_id: str, tags: tuple[str, ...]) -> None:
    assert classify(model_id) == tags


def test_the_api_word_brings_chat_back() -> None:
    assert "chat" not in classify("gemini-9-image")
    assert "chat" in classify("gemini-9-image", capabilities=[Capability(type="chat")])


def test_a_provider_file_adds_words_of_its_own() -> None:
    words = {"zeta-5": ("reasoning", "tools")}
    assert classify("zeta-5-mini", words=words) == ("reasoning", "tools")
    assert classify("zeta-50", words=words) == ("general",)


def test_a_display_name_counts_too() -> None:
    assert classify("zeta-1", "Zeta Embedding 1") == ("embedding",)


def test_what_the_api_says_of_capabilities_is_kept_as_it_is() -> None:
    said = (Capability(type="vision", supported=False),)
    assert capabilities_of(DiscoveredModel(id="gpt-9", capabilities=said), ("chat",)) == said


def test_tags_mean_capabilities_where_the_api_is_silent() -> None:
    model = DiscoveredModel(id="gpt-9")
    assert capabilities_of(model, ("chat", "multimodal")) == (Capability(type="chat"),)
    assert capabilities_of(model, ("general",)) == ()


@pytest.mark.parametrize(
    ("model", "usability"),
    [
        (DiscoveredModel(id="zeta-1"), Usability.AVAILABLE),
        (DiscoveredModel(id="zeta-1", preview=True), Usability.PREVIEW),
        (DiscoveredModel(id="zeta-1-preview-05-06"), Usability.PREVIEW),
        (DiscoveredModel(id="zeta-1-exp"), Usability.PREVIEW),
        (DiscoveredModel(id="zeta-1", display_name="Zeta 1 (Beta)"), Usability.PREVIEW),
        (DiscoveredModel(id="zeta-expert"), Usability.AVAILABLE),
        (DiscoveredModel(id="zeta-1", deprecated=True, preview=True), Usability.DEPRECATED),
        (DiscoveredModel(id="zeta-1", shutdown_date=TODAY), Usability.DEPRECATED),
        (DiscoveredModel(id="zeta-1", shutdown_date=TODAY + timedelta(1)), Usability.AVAILABLE),
    ],
)
def test_usability(model: DiscoveredModel, usability: Usability) -> None:
    assert usability_of(model, TODAY) is usability
