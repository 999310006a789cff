# /// script
# requires-python = ">=3.11"
# dependencies = ["litellm==1.96.2"]
# ///
"""Answers questions about costs with LiteLLM: a JSON list on standard input, a JSON list on standard output."""

import json
import sys
from typing import Any

import litellm
from litellm.cost_calculator import default_image_cost_calculator
from litellm.litellm_core_utils.get_model_cost_map import get_model_cost_map_source_info
from litellm.types.utils import (
    CacheCreationTokenDetails,
    CompletionTokensDetailsWrapper,
    PromptTokensDetailsWrapper,
    Usage,
)


def usage_of(used: dict[str, int]) -> Any:
    prompt = sum(count for name, count in used.items() if "output" not in name)
    completion = sum(count for name, count in used.items() if "output" in name)
    short, long = used.get("cache_write", 0), used.get("cache_write_1h", 0)
    written = CacheCreationTokenDetails(ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=used.get("cached_input", 0),
            audio_tokens=used.get("audio_input", 0),
            image_tokens=used.get("image_input", 0),
            cache_creation_tokens=short + long,
            cache_creation_token_details=written if short + long else None,
        ),
        completion_tokens_details=CompletionTokensDetailsWrapper(audio_tokens=used.get("audio_output", 0)),
    )


def cost(question: dict[str, Any]) -> float:
    used, tier = question["used"], question["tier"]
    about = {"model": question["model"], "custom_llm_provider": question["provider"]}
    if "image" in used:
        return default_image_cost_calculator(n=used["image"], **about)
    if "characters" in used:
        return sum(litellm.cost_per_token(call_type="speech", prompt_characters=used["characters"], **about))
    if "audio_minute" in used:
        seconds = 60 * used["audio_minute"]
        return sum(
            litellm.cost_per_token(call_type="transcription", audio_transcription_file_duration=seconds, **about)
        )
    if tier == "batch":
        return sum(litellm.cost_per_token(call_type="retrieve_batch", usage_object=usage_of(used), **about))
    service_tier = None if tier == "standard" else tier
    return sum(litellm.cost_per_token(usage_object=usage_of(used), service_tier=service_tier, **about))


if __name__ == "__main__":
    source = get_model_cost_map_source_info()
    assert source["source"] == "remote", source
    asked = json.load(sys.stdin)
    answers = [cost(question) for question in asked["questions"]]
    known = [key for key in asked["keys"] if key in litellm.model_cost]
    json.dump({"answers": answers, "known": known, "size": len(litellm.model_cost)}, sys.stdout)
