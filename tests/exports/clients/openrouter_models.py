# /// script
# requires-python = ">=3.11"
# dependencies = ["openrouter==1.3.84"]
# ///
"""Reads all pages of models with OpenRouter's client, which validates each; calculates as its descriptions say."""

import json
import os
import sys
from decimal import Decimal
from typing import Any

from openrouter import OpenRouter

NAMES = {
    "input": "prompt",
    "output": "completion",
    "cached_input": "input_cache_read",
    "cache_write": "input_cache_write",
    "cache_write_1h": "input_cache_write_1h",
    "audio_input": "audio",
    "audio_cached_input": "input_audio_cache",
    "audio_output": "audio_output",
    "image_input": "image_token",
}


def models(url: str) -> dict[str, Any]:
    found = {}
    with OpenRouter(api_key="x", server_url=url) as client:
        page = client.models.list(limit=7)
        while page is not None:
            found |= {one.id: one for one in page.result.data}
            page = page.next()
    return found


def cost(model: Any, used: dict[str, int]) -> str:
    prompt = sum(count for name, count in used.items() if "output" not in name)
    prices = model.pricing.model_dump()
    for override in model.pricing.overrides or ():
        if prompt > override.min_prompt_tokens:
            prices |= {key: value for key, value in override.model_dump().items() if value is not None}
    return str(sum((Decimal(prices[NAMES[name]]) * count for name, count in used.items()), Decimal(0)))


if __name__ == "__main__":
    known = models(os.environ["EXPORT_URL"])
    asked = json.load(sys.stdin)
    answers = [cost(known[question["model"]], question["used"]) for question in asked["questions"]]
    json.dump({"answers": answers, "known": sorted(known)}, sys.stdout)
