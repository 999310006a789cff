# /// script
# requires-python = ">=3.11"
# dependencies = ["genai-prices==0.2.3"]
# ///
"""Answers questions about costs with genai-prices: a JSON list on standard input, a JSON list on standard output."""

import json
import os
import sys
from typing import Any

from genai_prices import UpdatePrices, Usage, calc_price, extract_usage

KINDS = ("audio", "image", "video")


def usage_of(used: dict[str, int]) -> Any:
    if "characters" in used:
        return Usage(input_characters=used["characters"])
    if "audio_minute" in used:
        return Usage(audio_seconds=60 * used["audio_minute"])
    cached = {kind: used.get(f"{kind}_cached_input", 0) for kind in KINDS}
    counts = {
        "input_tokens": sum(count for name, count in used.items() if "output" not in name),
        "output_tokens": sum(count for name, count in used.items() if "output" in name),
        "cache_read_tokens": used.get("cached_input", 0) + sum(cached.values()),
        "cache_write_tokens": used.get("cache_write", 0) + used.get("cache_write_1h", 0),
        "cache_write_1h_tokens": used.get("cache_write_1h", 0),
        **{f"input_{kind}_tokens": used.get(f"{kind}_input", 0) + cached[kind] for kind in KINDS},
        **{f"cache_{kind}_read_tokens": cached[kind] for kind in KINDS},
        **{f"output_{kind}_tokens": used.get(f"{kind}_output", 0) for kind in KINDS},
    }
    return Usage(**{name: count for name, count in counts.items() if count})


def cost(question: dict[str, Any]) -> str:
    tier = question["tier"]
    context = {"batch": {"processing": "batch"}, "standard": None}.get(tier, {"service_tier": tier})
    provider = question["provider"]
    found = calc_price(
        usage_of(question["used"]), question["model"], provider_id=provider or None, price_context=context
    )
    return str(found.total_price)


def extracted(answer: dict[str, Any]) -> str:
    found = extract_usage(answer["body"], provider_id=answer["provider"], api_flavor=answer["flavour"])
    return str(found.calc_price().total_price)


if __name__ == "__main__":
    update = UpdatePrices(url=os.environ["EXPORT_URL"])
    update.start(wait=10)
    asked = json.load(sys.stdin)
    answers = [cost(question) for question in asked["questions"]]
    json.dump({"answers": answers, "extracted": [extracted(one) for one in asked["extract"]]}, sys.stdout)
    update.stop()
