"""The words that names of models are made of. Only conventions of naming stand here: no model, no pair, no price.

A word missing here costs a match, never makes a wrong one, except where a comment says so.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOSTS: Final = _words(
    "models publishers accounts vertexai vertex bedrock azure azureai openrouter gemini fireworks fireworksai "
    "togetherai together groq databricks huggingface deepinfra replicate novita"
)
"""Path segments in front of an id that say where a model is served, not who made it."""

REGIONS: Final = _words("us eu ap apac global jp au ca uk emea")
"""Path segments that change the price: they stay part of the name."""

MAKERS: Final[dict[str, str]] = {
    **{maker: maker for maker in _words("openai anthropic google amazon cohere nvidia microsoft perplexity ai21 meta")},
    **dict.fromkeys(("xai", "spacexai"), "xai"),
    **dict.fromkeys(("mistral", "mistralai"), "mistral"),
    **dict.fromkeys(("metallama", "facebook"), "meta"),
    **dict.fromkeys(("deepseek", "deepseekai"), "deepseek"),
    **dict.fromkeys(("zai", "zaiorg", "zhipu", "zhipuai", "thudm"), "zai"),
    **dict.fromkeys(("moonshot", "moonshotai"), "moonshotai"),
    **dict.fromkeys(("minimax", "minimaxai"), "minimax"),
    **dict.fromkeys(("qwen", "alibaba"), "qwen"),
    **dict.fromkeys(("nous", "nousresearch"), "nous"),
    **dict.fromkeys(("writer", "stability", "luma", "twelvelabs"), ""),
}
"""Who made a model, as prefixes of ids and of names spell it (separators left out)."""

PURE_MAKERS: Final = _words("openai anthropic google amazon cohere nvidia microsoft perplexity meta moonshotai xai zai")
"""Makers whose name is no model's name: in front of a name they say only who made it."""

BRANDS: Final[dict[str, str]] = {
    "claude": "anthropic",
    "llama": "meta",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "minimax": "minimax",
}
"""First words that a page may leave out of its names while a family word still tells the model ("Haiku 4.5")."""

OPEN_WEIGHTS: Final = _words("llama mistral mixtral ministral gemma qwen kimi phi granite olmo falcon yi")
"""Families published as base and instruct weights: a host that says neither serves the instruct one."""

TUNED: Final = "instruct"
MODES: Final = _words("instruct chat base thinking think reasoning coder vision")
"""Words that tell the trainings of one set of weights apart."""

DATED_RELEASES: Final = _words("deepseek qwen qwq kimi glm minimax yi")
"""Families whose dates (and `-latest`) name releases, each a model and a price of its own, and not snapshots."""

MOVING: Final = tuple(
    map(_words, ("mistral small", "mistral medium", "mistral large", "ministral", "magistral", "devstral"))
)
"""Families, by their words, that go through versions under one name: an id without a version says only a date."""

STAGES: Final = _words("preview exp experimental beta alpha")
"""Words for a model that is not final. With a day and no year (`preview-05-06`) each is a model of its own."""

NUMBERED_SNAPSHOTS: Final = _words("gemini imagen veo lyria")
"""Families whose ids end in the number of a stable snapshot (`-001`). Elsewhere such a number names a model."""

GENERIC: Final = _words(
    "mini nano micro tiny small medium large xlarge big lite light ultra pro plus max premier turbo fast flash instant "
    "high low air preview beta alpha exp experimental stable free thinking think reasoning reasoner non instruct "
    "chat base coder code codex vision vl image images audio speech video voice tts stt asr ocr embed embedding text "
    "moderation transcribe translate realtime live search research deep api tool tools agent omni multi native latest "
    "model classifier generate generation edit hd standard preset batch v x o s r"
)
"""Words for a size, a job or a stage. Alone, without a version letter, they do not tell whose model it is."""

FAMILIES: Final = _words(
    "gpt chatgpt dall sora whisper davinci babbage claude haiku sonnet opus fable mythos gemini gemma imagen veo lyria "
    "grok imagine mistral mixtral ministral magistral codestral devstral voxtral pixtral leanstral mathstral llama "
    "scout maverick guard nova titan command aya jamba deepseek qwen qwq kimi glm cogview cogvideo minimax sonar phi "
    "granite olmo nemotron nemo hermes palmyra ernie compound robotics"
)
KNOWN: Final = GENERIC | FAMILIES | MODES
"""Two different words of this list are never typing errors of each other."""

NOTES: Final = _words("deprecated retired legacy new older maas open")
"""Words about a model's state or hosting; they are not part of its name."""

SPELLINGS: Final = {"embeddings": "embedding", "it": TUNED}
"""Two ways to write one word."""

WINDOWED: Final = _words("phi moonshot yi claude")
"""Families with models that differ by nothing but the context window in their names (`moonshot-v1-128k`)."""

NICKNAMES: Final = r"\(?\bnano banana(?: pro| lite| \d)*\b\)?"
"""Marketing names that pages print beside the full name."""
