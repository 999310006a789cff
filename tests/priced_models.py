"""Made-up models with prices of every kind that an export may meet, at providers whose names other tools know."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from registry_events import enriched, model, price

from ratecard_shared.events import Capability, EnrichedModel, ModelEnriched, Usability
from ratecard_shared.prices import PriceRow

_LIMITS: Final[dict[str, Any]] = {"context_window": 1_000_000, "max_output_tokens": 64_000}


def row(*, tier: str = "standard", above: int = 0, **rates: str) -> PriceRow:
    """Make a row of dollars; other fields of it are given as `model.price` takes them."""
    return price(rates={name: Decimal(rate) for name, rate in rates.items()}, tier=tier, above_tokens=above)


def chatting(name: str, *rows: PriceRow, **fields: Any) -> EnrichedModel:
    tools = (Capability(type="chat"), Capability(type="tools"), Capability(type="vision"))
    return model(name, rows, **{"capabilities": tools, "classification": ("chat", "tools"), **_LIMITS, **fields})


PLAIN: Final = (row(input="1.25", output="10"),)
LONG: Final = (
    row(input="1.25", output="10", cached_input="0.125", cache_write_5m="1.5625", cache_write_1h="2.5"),
    row(above=200_000, input="2.5", output="15", cached_input="0.25", cache_write_5m="3.125", cache_write_1h="5"),
    row(tier="batch", input="0.625", output="5", cached_input="0.0625"),
    row(tier="batch", above=200_000, input="1.25", output="7.5", cached_input="0.125"),
    row(tier="priority", input="2.1875", output="17.5", cached_input="0.21875"),
    row(tier="priority", above=200_000, input="4.375", output="26.25", cached_input="0.4375"),
)
WIDE: Final = (
    row(input="0.033333333", output="0.07", cached_input="0.0011"),
    row(above=272_000, input="0.066666666", output="0.105", cached_input="0.0022"),
    row(tier="flex", input="0.0166666665", output="0.035", cached_input="0.00055"),
    row(tier="flex", above=272_000, input="0.033333333", output="0.0525", cached_input="0.0011"),
)
HEARING: Final = (
    row(
        input="0.5",
        output="2",
        cached_input="0.05",
        audio_input="1.5",
        audio_cached_input="0.15",
        audio_output="12",
        image_input="0.75",
        image_cached_input="0.075",
    ),
)
FREE: Final = (price("0", "0", free=True),)
EMBEDDING: Final[dict[str, Any]] = {
    "classification": ("embedding",),
    "capabilities": (Capability(type="embedding"),),
    "max_output_tokens": None,
}

AT_REAL_NAMES: Final[dict[str, tuple[EnrichedModel, ...]]] = {
    "openai": (
        chatting("gpt-vesper", *WIDE),
        chatting("GPT-Capital", *PLAIN),
        chatting("gpt-hearing", *HEARING),
        chatting("vesper-embed", row(input="0.02"), row(tier="batch", input="0.01"), **EMBEDDING),
        chatting("vesper-scribe", row(audio_minute="0.006"), classification=("multimodal",)),
        chatting("vesper-voice", row(characters="15"), classification=("multimodal",)),
        chatting("vesper-paints", row(image="0.04"), classification=("multimodal",)),
        chatting("gpt-old", *PLAIN, usability=Usability.DEPRECATED),
        chatting("shared-name", *PLAIN),
    ),
    "anthropic": (chatting("claude-etude", *LONG), chatting("claude-free", *FREE)),
    "google": (
        chatting("gemini-lark", *LONG, aliases=("gemini-lark-latest",)),
        chatting("shared-name", row(input="7", output="9")),
    ),
    "xai": (chatting("grok-lark", *LONG),),
    "mistral": (chatting("mistral-breeze", *PLAIN, usability=Usability.PREVIEW),),
    "groq": (chatting("llama-swift", *FREE),),
    "deepseek": (chatting("deepseek-swift", row(input="0.28", output="0.42", cached_input="0.028")),),
    "zhipu": (chatting("glm-swift", *WIDE),),
    "openrouter": (chatting("openai/gpt-vesper", row(input="3", output="4")),),
    "acme": (chatting("swift/with:signs", *LONG),),
}
NOT_CARRIED: Final[dict[str, tuple[EnrichedModel, ...]]] = {
    "acme": (
        chatting("unknown"),
        chatting("half-known", row(input="1")),
        chatting("in-yuan", price("8", "16", currency="CNY")),
        chatting("in-europe", price("8", "16", region="eu")),
        chatting("only-batch", row(tier="batch", input="1", output="2")),
        chatting("only-long", row(above=1000, input="1", output="2")),
        chatting("half-a-band", *PLAIN, row(above=1000, input="1")),
        chatting("by-the-hour", row(cache_storage_hour="1")),
    ),
}


def events(*catalogues: dict[str, tuple[EnrichedModel, ...]]) -> Iterable[ModelEnriched]:
    """Say every model in the sync of day 0."""
    return [
        enriched(said, provider=provider)
        for catalogue in catalogues
        for provider, models in catalogue.items()
        for said in models
    ]
