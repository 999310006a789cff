"""Where providers' answers say what was used, as genai-prices' extractors: its `extract_usage` needs them in its data.

Anthropic counts cached tokens beside the input, the others inside it; xAI counts reasoning beside the output.
"""

from __future__ import annotations

from typing import Any, Final

Extractor = dict[str, Any]
_REASONING: Final = "output_reasoning_tokens"


def _extractor(
    flavour: str, root: str, must: dict[str, str], may: list[tuple[Any, str]], model: str = "model"
) -> Extractor:
    mappings = [{"path": path, "dest": dest, "required": True} for path, dest in must.items()]
    mappings += [{"path": path, "dest": dest, "required": False} for path, dest in may]
    return {"api_flavor": flavour, "root": root, "model_path": model, "mappings": mappings}


_CHAT_PARTS: Final[list[tuple[Any, str]]] = [
    (["prompt_tokens_details", "cached_tokens"], "cache_read_tokens"),
    (["prompt_tokens_details", "cache_write_tokens"], "cache_write_tokens"),
    (["prompt_tokens_details", "audio_tokens"], "input_audio_tokens"),
    (["completion_tokens_details", "audio_tokens"], "output_audio_tokens"),
    (["completion_tokens_details", "reasoning_tokens"], _REASONING),
]
_RESPONSES_PARTS: Final[list[tuple[Any, str]]] = [
    (["input_tokens_details", "cached_tokens"], "cache_read_tokens"),
    (["input_tokens_details", "cache_write_tokens"], "cache_write_tokens"),
    (["output_tokens_details", "reasoning_tokens"], _REASONING),
]
_CHAT: Final = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
_PLAIN: Final = {"input_tokens": "input_tokens", "output_tokens": "output_tokens"}


def _like_openai(beside_output: list[tuple[Any, str]]) -> list[Extractor]:
    return [
        _extractor("chat", "usage", _CHAT, _CHAT_PARTS + beside_output),
        _extractor("default", "usage", _CHAT, _CHAT_PARTS + beside_output),
        _extractor("responses", "usage", _PLAIN, _RESPONSES_PARTS),
        _extractor("embeddings", "usage", {"prompt_tokens": "input_tokens"}, []),
    ]


_LIKE_ANTHROPIC: Final = _extractor(
    "default",
    "usage",
    _PLAIN,
    [
        ("cache_creation_input_tokens", "input_tokens"),
        ("cache_read_input_tokens", "input_tokens"),
        ("cache_creation_input_tokens", "cache_write_tokens"),
        (["cache_creation", "ephemeral_1h_input_tokens"], "cache_write_1h_tokens"),
        ("cache_read_input_tokens", "cache_read_tokens"),
    ],
)


def _kind(details: str, kind: str, dest: str) -> tuple[Any, str]:
    found = {"type": "array-match", "field": "modality", "match": {"equals": kind.upper()}}
    return ([details, found, "tokenCount"], dest)


_KINDS: Final = ("audio", "image", "video")
_LIKE_GOOGLE: Final = _extractor(
    "default",
    "usageMetadata",
    {},
    [
        ("promptTokenCount", "input_tokens"),
        ("toolUsePromptTokenCount", "input_tokens"),
        ("cachedContentTokenCount", "cache_read_tokens"),
        *(_kind("promptTokensDetails", kind, f"input_{kind}_tokens") for kind in _KINDS),
        *(_kind("cacheTokensDetails", kind, f"cache_{kind}_read_tokens") for kind in _KINDS),
        *(_kind("candidatesTokensDetails", kind, f"output_{kind}_tokens") for kind in _KINDS),
        ("candidatesTokenCount", "output_tokens"),
        ("thoughtsTokenCount", "output_tokens"),
        ("thoughtsTokenCount", _REASONING),
    ],
    "modelVersion",
)


def extractors(provider: str) -> list[Extractor]:
    """Return how to read the answers of this provider, by genai-prices' name of it; most answer as OpenAI does."""
    if provider == "anthropic":
        return [_LIKE_ANTHROPIC, _like_openai([])[0]]
    if provider == "google":
        return [_LIKE_GOOGLE, _like_openai([])[0]]
    if provider == "x-ai":
        return _like_openai([(["completion_tokens_details", "reasoning_tokens"], "output_tokens")])
    return _like_openai([])
