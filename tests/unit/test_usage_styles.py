"""Providers' usage objects: all tokens are counted once, and what is not understood is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_registry import docs
from ratecard_registry.api_cost import read_lines
from ratecard_registry.cost_views import UsageLine
from ratecard_registry.usage_counts import UsageError
from ratecard_registry.usage_styles import STYLES, convert

EXAMPLES = json.loads((Path(docs.__file__).with_name("examples") / "computeCosts.request.json").read_text("utf-8"))
PAGE = (Path(__file__).parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```json (\w+)\n(.*?)^ *```", PAGE, flags=re.MULTILINE | re.DOTALL)
SAME = {"input": 1000, "cached_input": 400, "output": 50}

counts = st.integers(0, 10**9)
parts = st.fixed_dictionaries(dict.fromkeys(("input", "cached_input", "output", "thought"), counts))


@pytest.mark.parametrize(("style", "text"), [block for block in BLOCKS if block[0] != "request"])
def test_the_page_s_examples_say_the_same(style: str, text: str) -> None:
    assert convert(style, json.loads(text)).quantities == SAME


@pytest.mark.parametrize("text", [text for style, text in BLOCKS if style == "request"])
def test_the_page_s_requests_can_be_read(text: str) -> None:
    assert all(isinstance(line, UsageLine) for line in read_lines(text.encode()).usages)


def test_the_page_has_an_example_of_each_style() -> None:
    assert {style for style, _ in BLOCKS} == {*STYLES, "request"}


@pytest.mark.parametrize("request_", EXAMPLES.values(), ids=EXAMPLES)
def test_the_description_s_examples_say_the_same(request_: dict[str, Any]) -> None:
    style = request_.get("usageStyle", "ratecard")
    assert convert(style, request_["usages"][0]["usage"]).quantities == SAME


def openai(said: dict[str, int], *, responses: bool) -> dict[str, Any]:
    asked, answered = ("input", "output") if responses else ("prompt", "completion")
    whole, answer = said["input"] + said["cached_input"], said["output"] + said["thought"]
    return {
        f"{asked}_tokens": whole,
        f"{asked}_tokens_details": {"cached_tokens": said["cached_input"], "audio_tokens": 0},
        f"{answered}_tokens": answer,
        f"{answered}_tokens_details": {"reasoning_tokens": said["thought"], "audio_tokens": None},
        "total_tokens": whole + answer,
    }


@given(said=parts, responses=st.booleans())
def test_openai_counts_inside(said: dict[str, int], responses: bool) -> None:  # noqa: FBT001  # drawn
    found = convert("openai", openai(said, responses=responses)).quantities
    assert found.get("cached_input", 0) == said["cached_input"]
    assert (found["input"], found["output"]) == (said["input"], said["output"] + said["thought"])


@given(said=parts, short=counts, long=counts)
def test_anthropic_counts_outside(said: dict[str, int], short: int, long: int) -> None:
    found = convert(
        "anthropic",
        {
            "input_tokens": said["input"],
            "cache_read_input_tokens": said["cached_input"],
            "cache_creation_input_tokens": short + long,
            "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
            "output_tokens": said["output"],
            "service_tier": "batch",
            "server_tool_use": None,
        },
    )
    assert found.tier == "batch"
    assert sum(found.quantities.values()) == said["input"] + said["cached_input"] + short + long + said["output"]
    assert (found.quantities.get("cache_write_5m", 0), found.quantities.get("cache_write_1h", 0)) == (short, long)


@given(said=parts, audio=counts, cached_audio=counts, image=counts, tools=counts)
def test_google_counts_every_token_once(
    said: dict[str, int], audio: int, cached_audio: int, image: int, tools: int
) -> None:
    cached = said["cached_input"] + cached_audio
    whole = said["input"] + cached + audio
    found = convert(
        "google",
        {
            "promptTokenCount": whole,
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": said["output"] + image,
            "thoughtsTokenCount": said["thought"],
            "toolUsePromptTokenCount": tools,
            "totalTokenCount": whole + said["output"] + image + said["thought"] + tools,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": said["input"] + said["cached_input"]},
                {"modality": "AUDIO", "tokenCount": audio + cached_audio},
            ],
            "cacheTokensDetails": [
                {"modality": "AUDIO", "tokenCount": cached_audio},
                {"modality": "TEXT", "tokenCount": said["cached_input"]},
            ],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": image}],
        },
    ).quantities
    assert sum(found.values()) == whole + said["output"] + image + said["thought"] + tools
    assert found.get("audio_input", 0) == audio
    assert found.get("audio_cached_input", 0) == cached_audio
    assert found.get("image_output", 0) == image
    assert (found["input"], found["output"]) == (said["input"] + tools, said["output"] + said["thought"])


def test_google_s_sdk_has_underscores() -> None:
    said = {"prompt_token_count": 10, "candidates_token_count": 2, "total_token_count": 12, "traffic_type": "ON_DEMAND"}
    assert convert("google", said).quantities == {"input": 10, "output": 2}


def test_openai_s_audio_is_a_part_of_its_own() -> None:
    said = {
        "input_tokens": 100,
        "input_token_details": {
            "text_tokens": 40,
            "audio_tokens": 60,
            "cached_tokens": 30,
            "cached_tokens_details": {"text_tokens": 10, "audio_tokens": 20},
        },
        "output_tokens": 50,
        "output_token_details": {"text_tokens": 20, "audio_tokens": 30},
        "total_tokens": 150,
    }
    expected = {"input": 30, "cached_input": 10, "audio_input": 40, "audio_cached_input": 20}
    assert convert("openai", said).quantities == expected | {"output": 20, "audio_output": 30}


def test_cache_writes_without_a_length_are_the_usual_ones() -> None:
    said = {"input_tokens": 1, "cache_creation_input_tokens": 7, "output_tokens": 1}
    assert convert("anthropic", said).quantities["cache_write_5m"] == 7


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("ratecard", {}),
        ("ratecard", {"prompt_tokens": 1}),
        ("ratecard", {"input": "1"}),
        ("ratecard", {"input": True}),
        ("ratecard", {"input": None}),
        ("ratecard", {"input": -1}),
        ("ratecard", {"input": 10**16}),
        ("ratecard", {"cachedInput": 1, "cached_input": 1}),
        ("openai", {}),
        ("openai", {"id": "x"}),
        ("openai", {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 12}),
        ("openai", {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 11}}),
        ("openai", {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"smell_tokens": 1}}),
        ("openai", {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": 3}),
        (
            "openai",
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 1},
            },
        ),
        ("openai", {"input_tokens": 1, "cache_read_input_tokens": 4, "output_tokens": 1}),
        ("anthropic", {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 1}),
        ("anthropic", {"prompt_tokens": 10, "completion_tokens": 1}),
        ("anthropic", {"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 2}}),
        (
            "anthropic",
            {"input_tokens": 1, "cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 4}},
        ),
        ("google", {"promptTokenCount": 1, "totalTokenCount": 3}),
        ("google", {"promptTokenCount": 1, "smellTokenCount": 3}),
        ("google", {"promptTokenCount": 1, "promptTokensDetails": [{"modality": "SMELL", "tokenCount": 1}]}),
        ("google", {"promptTokenCount": 1, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}]}),
        (
            "google",
            {
                "promptTokenCount": 5,
                "cachedContentTokenCount": 2,
                "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}],
            },
        ),
    ],
)
def test_what_is_not_understood_is_refused(style: str, said: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"\w"):
        convert(style, said)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "input, input_tokens, output_tokens, prompt_tokens_details, cached_tokens, total_tokens, cache_creation, "
    "promptTokenCount, promptTokensDetails, cacheTokensDetails, service_tier, speed, server_tool_use"
)
names = st.sampled_from(re.findall(r"\w+", NAMES))


@given(style=st.sampled_from(sorted(STYLES)), said=st.dictionaries(names | st.text(max_size=6), anything, max_size=6))
def test_any_object_is_read_or_refused(style: str, said: dict[str, Any]) -> None:
    try:
        found = convert(style, said)
    except UsageError:
        return
    assert all(count >= 0 for count in found.quantities.values())
