"""What a model is for: tags from the words of its id and name, and from what its API says it can do.

Tags add up. A word for a job (embedding, speech, moderation) keeps the `chat` of the family name away, because
`gemini-embedding` does not chat; only the API's own word brings it back. A model without any tag is `general`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from ratecard_shared.events import Capability, DiscoveredModel, Usability

TAGS: Final = ("chat", "reasoning", "coding", "multimodal", "embedding", "tools", "general")

_CHAT_FAMILIES: Final = (
    "gpt|chatgpt|claude|gemini|gemma|grok|llama|mistral|mixtral|ministral|magistral|command|deepseek|qwen|qwq|glm|"
    "kimi|sonar|nova|jamba|phi|granite|olmo|hermes|minimax|o[134]"
)
_JOBS: Final = (
    "embed|embedding|embeddings|tts|stt|asr|whisper|transcribe|speech|image|imagen|dall|video|veo|sora|moderation|ocr|"
    "rerank|guard"
)

_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (rf"(?:{_CHAT_FAMILIES})\d*", ("chat",)),
    ("chat|instruct|it", ("chat",)),
    (r"o[134]|r1|qwq|magistral|reasoner|think|thinking|deep-research", ("reasoning",)),
    (r"(?<!non-)(?<!non )reasoning", ("reasoning",)),
    ("code|coder|coding|codex|codestral|devstral|codegemma|codellama|starcoder", ("coding",)),
    ("vision|vl|omni|multimodal|4o|gemini|pixtral|voxtral|image|imagen|dall|audio|realtime|live", ("multimodal",)),
    ("tts|stt|asr|whisper|transcribe|speech|video|veo|sora", ("multimodal",)),
    ("embed|embedding|embeddings", ("embedding",)),
    ("tools|tool-use|function-calling|computer-use|agent|agentic", ("tools",)),
)
_PATTERNS: Final = tuple((re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z])"), tags) for words, tags in _WORDS)
_JOB: Final = re.compile(rf"(?<![a-z0-9])(?:{_JOBS})(?![a-z])")
_PREVIEW: Final = re.compile(r"(?<![a-z0-9])(?:preview|beta|alpha|exp|experimental)(?![a-z])")

_BY_CAPABILITY: Final[dict[str, str]] = {
    "chat": "chat",
    "embedding": "embedding",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "tools": "tools",
    "function_calling": "tools",
    "vision": "multimodal",
    **{f"{kind}_{way}": "multimodal" for kind in ("image", "audio", "video") for way in ("input", "output")},
}
_INFERRED: Final = ("chat", "embedding", "tools")


def classify(
    *texts: str, capabilities: Iterable[Capability] = (), words: Mapping[str, Iterable[str]] | None = None
) -> tuple[str, ...]:
    """Return the tags, in the order of `TAGS`, of a model with this id and these names.

    `words` are those of the provider's file: a word, and the tags it stands for in an id of this provider.
    """
    said = {tag for text in texts for tag in _tags_of(text.casefold())}
    if any(_JOB.search(text.casefold()) for text in texts):
        said.discard("chat")
    said |= {tag for word, tags in (words or {}).items() for tag in tags if _says(texts, word)}
    said |= {_BY_CAPABILITY[one.type] for one in capabilities if one.supported and one.type in _BY_CAPABILITY}
    return tuple(tag for tag in TAGS if tag in said) or ("general",)


def capabilities_of(model: DiscoveredModel, classification: Iterable[str]) -> tuple[Capability, ...]:
    """Return what the API says the model can do or, where it says nothing, what its tags mean without doubt."""
    if model.capabilities:
        return model.capabilities
    return tuple(Capability(type=tag) for tag in classification if tag in _INFERRED)


def usability_of(model: DiscoveredModel, today: date | None) -> Usability:
    """Return whether the model can be used: by the API's flags and dates, else by the words of its id and name."""
    if model.deprecated or (today and model.shutdown_date and model.shutdown_date <= today):
        return Usability.DEPRECATED
    if model.preview or says_preview(model.id) or says_preview(model.display_name or ""):
        return Usability.PREVIEW
    return Usability.AVAILABLE


def says_preview(text: str) -> bool:
    """Return whether a name says that the model is not final."""
    return bool(_PREVIEW.search(text.casefold()))


@lru_cache(maxsize=16_384)
def _tags_of(text: str) -> frozenset[str]:
    return frozenset(tag for pattern, tags in _PATTERNS if pattern.search(text) for tag in tags)


def _says(texts: Iterable[str], word: str) -> bool:
    end = r"(?![a-z0-9])" if word[-1:].isalnum() else ""
    pattern = re.compile(rf"(?<![a-z0-9]){re.escape(word.casefold())}{end}")
    return any(pattern.search(text.casefold()) for text in texts)
