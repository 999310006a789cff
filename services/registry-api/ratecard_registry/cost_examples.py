"""One request per style of usage, for the API's description: 1,000 fresh tokens, 400 cached ones, 50 answered."""

from __future__ import annotations

from typing import Any, Final

_OPENAI: Final = {
    "prompt_tokens": 1400,
    "completion_tokens": 50,
    "total_tokens": 1450,
    "prompt_tokens_details": {"cached_tokens": 400},
}
_ANTHROPIC: Final = {"input_tokens": 1000, "cache_read_input_tokens": 400, "output_tokens": 50}
_GOOGLE: Final = {
    "promptTokenCount": 1400,
    "cachedContentTokenCount": 400,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 30,
    "totalTokenCount": 1450,
}
_RATECARD: Final = {"input": 1000, "cachedInput": 400, "output": 50}


def _request(usage: dict[str, Any], **more: Any) -> dict[str, Any]:
    line = {"model": "swift-1", "provider": "acme", "when": "2031-03-01T12:00:00Z", "usage": usage}
    return {"usages": [line], **more}


EXAMPLES: Final = {
    "Disjoint components": _request(_RATECARD),
    "OpenAI's usage": _request(_OPENAI, usageStyle="openai"),
    "Anthropic's usage": _request(_ANTHROPIC, usageStyle="anthropic"),
    "Google's usageMetadata": _request(_GOOGLE, usageStyle="google"),
    "Restated as it was believed": _request(_RATECARD, knownAt="2031-03-02T00:00:00Z"),
}
