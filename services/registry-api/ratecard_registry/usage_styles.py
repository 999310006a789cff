"""Providers' own usage objects to disjoint components. Pure, and strict: a count that is not understood is refused.

OpenAI counts cached tokens inside the prompt, Anthropic outside; Google counts thinking outside the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ratecard_registry.cost import Quantity
from ratecard_registry.usage_counts import Counts, UsageError, as_component, quantity

MOST_PARTS: Final = 64


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """Disjoint quantities by component, and the tier and region if the object itself names them."""

    quantities: dict[str, Quantity]
    tier: str | None = None
    region: str | None = None


def convert(style: str, usage: Mapping[str, Any]) -> Converted:
    """Return what a usage object of this style says. Raises UsageError."""
    if len(usage) > MOST_PARTS:
        raise UsageError(f"A usage has at most {MOST_PARTS} members, not {len(usage)}.")
    converted = STYLES[style](usage)
    if not converted.quantities:
        raise UsageError("The usage holds no count.")
    return converted


def _ratecard(usage: Mapping[str, Any]) -> Converted:
    found: dict[str, Quantity] = {}
    for name, value in usage.items():
        component = as_component(name)
        if component in found:
            raise UsageError(f"{component} is given twice.")
        found[component] = quantity(name, value, component)
    return Converted(quantities=found)


def _openai(usage: Mapping[str, Any]) -> Converted:
    counts = Counts(usage)
    whole, answer = counts.take("prompt_tokens", "input_tokens"), counts.take("completion_tokens", "output_tokens")
    total = counts.take("total_tokens")
    asked = counts.part("prompt_tokens_details", "input_tokens_details", "input_token_details")
    said = counts.part("completion_tokens_details", "output_tokens_details", "output_token_details")
    cached = _one_of(asked.take("cached_tokens"), counts.take("cached_tokens", "prompt_cache_hit_tokens"))
    written = asked.take("cache_write_tokens")
    kinds = {kind: asked.take(f"{kind}_tokens") for kind in ("audio", "image", "video")}
    of_cached = asked.part("cached_tokens_details")
    cached_kinds = {kind: of_cached.take(f"{kind}_tokens") for kind in kinds}
    thought = said.take("reasoning_tokens")
    outside = thought if total == whole + answer + thought else 0
    if counts.has("total_tokens") and total != whole + answer + outside:
        raise UsageError(f"total_tokens is {total}, and its parts sum up to {whole + answer}.")
    if any(kinds.values()) and (written or (cached and not of_cached.given)):
        raise UsageError("Which of the cached tokens are audio or images cannot be told without their details.")
    said_kinds = {kind: said.take(f"{kind}_tokens") for kind in kinds}
    for part, known in ((asked, ("text_tokens",)), (of_cached, ("text_tokens",)), (said, _OF_ANSWER)):
        part.pass_over(*known)
    counts.pass_over("prompt_cache_miss_tokens")
    counts.finish()
    fresh_kinds = {kind: kinds[kind] - cached_kinds[kind] for kind in kinds}
    return _converted(
        {
            "input": whole - cached - written - sum(fresh_kinds.values()),
            "cached_input": cached - sum(cached_kinds.values()),
            "cache_write": written,
            **{f"{kind}_input": count for kind, count in fresh_kinds.items()},
            **{f"{kind}_cached_input": count for kind, count in cached_kinds.items()},
            "output": answer + outside - sum(said_kinds.values()),
            **{f"{kind}_output": count for kind, count in said_kinds.items()},
        }
    )


_OF_ANSWER: Final = ("text_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")


def _anthropic(usage: Mapping[str, Any]) -> Converted:
    counts = Counts(usage)
    written = counts.take("cache_creation_input_tokens")
    lengths = counts.part("cache_creation")
    short, long = lengths.take("ephemeral_5m_input_tokens"), lengths.take("ephemeral_1h_input_tokens")
    if lengths.given and counts.has("cache_creation_input_tokens") and written != short + long:
        raise UsageError(f"cache_creation_input_tokens is {written}, and cache_creation sums up to {short + long}.")
    quantities = {
        "input": counts.take("input_tokens"),
        "cached_input": counts.take("cache_read_input_tokens"),
        "cache_write_5m": short if lengths.given else written,
        "cache_write_1h": long,
        "output": counts.take("output_tokens"),
    }
    tier = counts.word("speed", usual="standard") or counts.word("service_tier", usual="standard")
    region = counts.word("inference_geo", usual="global")
    counts.finish()
    return _converted(quantities, tier=tier, region=None if region == "not_available" else region)


def _google(usage: Mapping[str, Any]) -> Converted:
    counts = Counts(usage, snake=True)
    whole, cached = counts.take("prompt_token_count"), counts.take("cached_content_token_count")
    tools, thought = counts.take("tool_use_prompt_token_count"), counts.take("thoughts_token_count")
    answer = counts.take("candidates_token_count", "response_token_count")
    total = counts.take("total_token_count")
    if counts.has("total_token_count") and total != whole + tools + thought + answer:
        raise UsageError(f"totalTokenCount is {total}, and its parts sum up to {whole + tools + thought + answer}.")
    kinds, tool_kinds = counts.modalities("prompt_tokens_details"), counts.modalities("tool_use_prompt_tokens_details")
    cached_kinds = counts.modalities("cache_tokens_details")
    if cached and kinds.keys() - {"text"} and not cached_kinds:
        raise UsageError("Which of the cached tokens are audio or images cannot be told without cacheTokensDetails.")
    said_kinds = counts.modalities("candidates_tokens_details", "response_tokens_details")
    counts.finish()
    quantities = {"input": whole - cached + tools, "cached_input": cached, "output": answer + thought}
    for kind in ("audio", "image", "video"):
        fresh = kinds.get(kind, 0) + tool_kinds.get(kind, 0) - cached_kinds.get(kind, 0)
        parts = {"input": fresh, "cached_input": cached_kinds.get(kind, 0), "output": said_kinds.get(kind, 0)}
        for name, count in parts.items():
            quantities[name] -= count
            quantities[f"{kind}_{name}"] = count
    return _converted(quantities)


def _one_of(count: int, other: int) -> int:
    if count and other and count != other:
        raise UsageError(f"The cached tokens are given as {count} and as {other}.")
    return count or other


def _converted(quantities: Mapping[str, int], *, tier: str | None = None, region: str | None = None) -> Converted:
    for name, count in quantities.items():
        if count < 0:
            raise UsageError(f"The parts are more than the whole: {name} would be {count}.")
    told: dict[str, Quantity] = {
        name: count for name, count in quantities.items() if count or name in {"input", "output"}
    }
    return Converted(quantities=told, tier=tier, region=region)


STYLES: Final[dict[str, Callable[[Mapping[str, Any]], Converted]]] = {
    "ratecard": _ratecard,
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}
