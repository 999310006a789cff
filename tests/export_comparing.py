"""What the tests of the exports' clients share: what is asked, and whether `POST /api/cost` and the client agree."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, Final

import httpx
from export_questions import Question, questions

from ratecard_providers.load import load_providers
from ratecard_registry.exports.naming import Names, Tool
from ratecard_registry.views import camel
from ratecard_shared.prices import STANDARD

NAMES: Final = Names(providers=load_providers())
TOKENS: Final = ("input", "output", "cached_input", "cache_write_5m", "cache_write_1h")
MEDIA: Final = ("audio_input", "audio_output", "image_input")
_OTHER_UNITS: Final = ("characters", "audio_minute", "image")
_PER_TIER: Final = {("priority", 0), ("priority", 200_000), ("flex", 0), ("flex", 272_000)}
_WITHOUT_TIERS: Final = ("xai", "deepseek")
_AT_ONCE: Final = 10_000


async def priced_questions(registry: str, left_out: Collection[str] = ()) -> list[Question]:
    """Return every question there is to models but those left out; `POST /api/cost` must agree with each price."""
    async with httpx.AsyncClient(base_url=registry) as client:
        answer = await client.get("/api/models", params={"limit": 500, "includeDeprecated": True})
    page = json.loads(answer.content, parse_float=Decimal)
    assert page["nextCursor"] is None
    shown = page["data"]
    asked = list(questions(model for model in shown if model["id"] not in left_out))
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        assert await _costs(registry, some) == [one.cost for one in some]
    return asked


async def _costs(registry: str, asked: Sequence[Question]) -> list[Decimal]:
    lines = [
        {
            "model": one.model,
            "provider": one.provider,
            "tier": one.tier,
            "usage": {camel(name): count for name, count in one.used.items()},
        }
        for one in asked
    ]
    async with httpx.AsyncClient(base_url=registry) as client:
        answer = await client.post("/api/cost", json={"usages": lines})
    said = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["lines"]
    return [line["cost"] for line in said]


def put_to(asked: Sequence[Question], tool: Tool) -> list[dict[str, Any]]:
    return [
        {
            "provider": NAMES.of(one.provider, tool),
            "model": one.model,
            "tier": one.tier,
            "used": {name.replace("_5m", ""): count for name, count in one.used.items()},
        }
        for one in asked
    ]


def compare(asked: Sequence[Question], answers: Sequence[str | float], *, exactly: bool) -> None:
    assert len(asked) == len(answers) > 0
    for one, answer in zip(asked, answers, strict=True):
        if exactly:
            assert Decimal(answer) == one.cost, one
        else:
            assert math.isclose(float(answer), one.cost, rel_tol=1e-12), (one, answer)


def priced_by_litellm(one: Question) -> bool:
    if one.tier == "batch":
        return one.band == 0 and one.component in {"input", "output"} and sum(one.used.values()) < 200_000
    if one.tier != STANDARD:
        tokens = one.component in {"input", "output", "cached_input"}
        return (one.tier, one.band) in _PER_TIER and tokens and one.provider not in _WITHOUT_TIERS
    return one.component in {*TOKENS, *MEDIA, *_OTHER_UNITS}
