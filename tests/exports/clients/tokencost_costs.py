# /// script
# requires-python = ">=3.11"
# dependencies = ["tokencost==0.1.26"]
# ///
"""Answers questions about costs with tokencost: a JSON list on standard input, a JSON list on standard output."""

import json
import os
import sys
from typing import Any

import tokencost
import tokencost.constants

NAMES = {"input": "input", "output": "output", "cached_input": "cached"}


def cost(question: dict[str, Any]) -> str:
    used = question["used"].items()
    parts = [tokencost.calculate_cost_by_tokens(count, question["model"], NAMES[name]) for name, count in used]
    return str(sum(parts))


if __name__ == "__main__":
    tokencost.constants.PRICES_URL = os.environ["EXPORT_URL"]
    tokencost.constants.refresh_prices(write_file=False)
    asked = json.load(sys.stdin)
    answers = [cost(question) for question in asked["questions"]]
    json.dump({"answers": answers, "known": [key for key in asked["keys"] if key in tokencost.TOKEN_COSTS]}, sys.stdout)
