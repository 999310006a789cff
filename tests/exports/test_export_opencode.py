"""opencode, where it is installed, shows every priced model of the models.dev export with its prices."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from export_clients import served
from priced_models import AT_REAL_NAMES, NOT_CARRIED, events
from registry_bench import a_bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
async def registry(database_url: str, redis_url: str) -> AsyncIterator[str]:
    if shutil.which("opencode") is None:
        pytest.skip("opencode is not on the PATH (npm install -g opencode-ai)")
    async with a_bench(database_url, redis_url) as bench:
        await bench.sync(0, *events(AT_REAL_NAMES, NOT_CARRIED))
        async with served(bench.app) as url:
            yield url


async def _shown(url: str, home: Path) -> dict[str, Any]:
    keys = {"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x", "GOOGLE_API_KEY": "x"}
    said = home / "models.txt"
    # It shows a catalogue of its own until it is told to fetch; and it may end before a pipe has taken all it said.
    with said.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            str(shutil.which("opencode")),
            *("models", "--refresh", "--verbose", "--pure"),
            env={
                "HOME": str(home),
                "OPENCODE_MODELS_URL": url,
                "PATH": "/usr/bin:/bin",
                "NO_PROXY": "127.0.0.1",
                **keys,
            },
            cwd=home,
            stdout=out,
        )
        assert await process.wait() == 0
    found = re.findall(r"^(\w[^\n]*/[^\n]*)\n(\{.*?^\})", said.read_text(), re.MULTILINE | re.DOTALL)
    return {name: json.loads(body) for name, body in found}


async def test_opencode_shows_the_prices(registry: str, tmp_path: Path) -> None:
    shown = await _shown(f"{registry}/api/export/models.dev", tmp_path)
    etude = shown["anthropic/claude-etude"]["cost"]
    assert (etude["input"], etude["output"]) == (1.25, 10)
    assert etude["cache"] == {"read": 0.125, "write": 1.5625}
    (tier,) = etude["tiers"]
    assert (tier["input"], tier["tier"]) == (2.5, {"type": "context", "size": 200_000})
    assert etude["experimentalOver200K"]["output"] == 15
    assert shown["anthropic/claude-free"]["cost"]["input"] == 0
    assert shown["openai/gpt-vesper"]["cost"]["tiers"][0]["tier"]["size"] == 272_000
    assert not {"openai/vesper-embed", "openai/gpt-old"} & shown.keys()
