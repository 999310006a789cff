"""The routes answer as the API's description says: each example of an answer has the shape of a real one."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_schema import content_of, faults, operations
from documented import ASKED, a_documented_bench, ask
from export_clients import served
from openapi_document import FILE
from registry_bench import KEY, Bench


@pytest.fixture
async def bench(database_url: str, redis_url: str) -> AsyncIterator[Bench]:
    async with a_documented_bench(database_url, redis_url) as made:
        yield made


def shape(value: Any) -> Any:
    """Return a value without what it says: names, and kinds of values."""
    if isinstance(value, dict):
        return {"id" if name.isdigit() else name: shape(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


async def test_answers_have_the_shape_of_their_examples(bench: Bench) -> None:
    for name in ASKED:
        operation, status = name.split(".")
        answer = await ask(bench, name)
        assert answer.status_code == int(status), (name, answer.text)
        kind = answer.headers["content-type"].partition(";")[0]
        content = content_of(operation, status)[kind]
        if kind == "application/json":
            assert faults(content["schema"], answer.json()) == [], name
            assert shape(answer.json()) == shape(content["example"]), name
        else:
            assert answer.text.splitlines()[0] == content["example"].splitlines()[0], name


def test_every_answer_that_has_an_example_is_asked_for() -> None:
    shown = {
        f"{operation['operationId']}.{status}"
        for _, _, operation in operations()
        for status, response in operation["responses"].items()
        if any("example" in content for content in response.get("content", {}).values())
    }
    # With `wait` a trigger answers once the sync has ended; what is not ready has the shape of what is. The others' own
    # tests make what they show; here they are held to the schema only.
    others = {"listSyncs.200", "importPrices.200", *(name for name in shown if "ScrapingConfig" in name)}
    assert shown - ASKED.keys() <= {"triggerSync.200", "isReady.503", "isAlive.503", "getHealth.503", *others}


def test_what_the_front_answers_is_described_too() -> None:
    for method, path, operation in operations():
        said = operation["responses"]
        if path.startswith("/api/"):
            assert "Retry-After" in said["429"]["headers"], path
            assert ("415" in said) == ("requestBody" in operation), path
            reads = method.lower() == "get" and path != "/api/changes/stream"
            assert ("304" in said) == reads, path
            assert not reads or {"ETag", "Cache-Control"} <= said["200"]["headers"].keys(), path
        if path.startswith("/api/export/"):
            assert "X-Ratecard-Left-Out" in said["200"]["headers"], path


async def test_the_page_loads_nothing_from_elsewhere(bench: Bench) -> None:
    async with bench.client() as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert len(loaded) == 5
        for path in loaded:
            answer = await client.get(path)
            assert path.startswith("/docs/"), path
            assert answer.status_code == 200, path
            assert not re.search(rb'(?:src|href)="https?:|@import|url\(["\']?https?:', answer.content), path
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert (await client.get("/docs/assets/..%2fdocs.py")).status_code == 404
        served = (await client.get("/docs/openapi.json")).json()
    assert served == json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.slow
async def test_a_browser_shows_the_page_without_a_fault(bench: Bench, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is absent: the page's HTML is looked at by another test")
    async with served(bench.app) as url:
        process = await asyncio.create_subprocess_exec(
            *(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *("--enable-logging=stderr", "--virtual-time-budget=20000", f"--user-data-dir={tmp_path}"),
            *("--dump-dom", f"{url}/docs"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        dom, log = await asyncio.wait_for(process.communicate(), 90)
    said = [line for line in log.decode(errors="replace").splitlines() if "CONSOLE" in line]
    assert said == []
    assert b"/api/models/{id}/pricing-history" in re.sub(rb"<wbr[^>]*>|\xe2\x80\x8b", b"", dom)


_EXPECTED = """
# A line that cannot be read is an error of that line: others are priced all the same.
[[operations]]
include-operation-id = "computeCosts"
checks.negative_data_rejection.enabled = false
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_schemathesis_finds_nothing(bench: Bench, tmp_path: Path) -> None:
    """Examples, then a short fuzz of every operation: no fault of the server's, and no answer that is not described."""
    async with served(bench.app) as url:
        async with httpx.AsyncClient(base_url=url) as client:
            (tmp_path / "schemathesis.toml").write_text(_EXPECTED)
            (tmp_path / "openapi.json").write_bytes((await client.get("/docs/openapi.json")).content)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", str(tmp_path / "openapi.json"), "--url", url),
            *("--phases", "examples,fuzzing", "--max-examples", "12", "--seed", "1", "--request-timeout", "10"),
            *("--header", f"Authorization: Bearer {KEY}", "--continue-on-failure", "--warnings", "off", "--no-color"),
            *("--exclude-checks", "positive_data_acceptance,ignored_auth,unsupported_method"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        said, _ = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0, said.decode()[-15000:]
    assert f"Tested: {len(list(operations()))}" in said.decode()
