"""The addresses that docs/api.md tells people to ask answer, and with something."""

from __future__ import annotations

import re
from pathlib import Path

from documented import a_documented_bench

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESSES = re.findall(r"^GET (/\S.*)$", PAGE, re.MULTILINE)


async def test_what_people_are_told_to_ask_is_answered(database_url: str, redis_url: str) -> None:
    assert len(ADDRESSES) > 10
    async with a_documented_bench(database_url, redis_url) as bench, bench.client() as client:
        for address in ADDRESSES:
            answer = await client.get(address)
            assert answer.status_code == 200, (address, answer.text)
            found = answer.json()
            nothing_yet = "since=latest" in address
            assert "data" not in found or found["data"] or nothing_yet, address
