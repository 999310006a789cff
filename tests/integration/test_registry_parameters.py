"""A parameter that a route does not know is refused by name, whoever would have answered: memory, front, framework."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import httpx
import pytest
from api_schema import operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_bench import KEY, Bench
from registry_events import closing, day, enriched, model, price

_EXPORTS: Final = "/api/export/"
_READS: Final = [
    (path, sorted(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"))
    for method, path, operation in operations()
    if method == "get" and path.startswith("/api/")
]
_STRICT: Final = [read for read in _READS if not read[0].startswith(_EXPORTS)]
_LENIENT: Final = [path for path, _ in _READS if path.startswith(_EXPORTS)]

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price()])), closing("swift-1"))
    return bench


async def ask(bench: Bench, method: str, path: str, **more: Any) -> httpx.Response:
    async with bench.client() as client:
        return await client.request(method, path, headers={"Authorization": f"Bearer {KEY}"}, **more)


def judge(answer: httpx.Response, name: str, known: list[str]) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), answer.text
    said = answer.json()
    assert [(fault["key"], fault["source"]) for fault in said["errors"]] == [(name, "query")]
    assert f"`{name}`" in said["detail"]
    assert said["detail"].endswith(f"It takes {', '.join(known)}." if known else "It takes none.")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(read=st.sampled_from(_STRICT), name=names, value=names)
async def test_every_read_names_what_it_does_not_know_and_lists_what_it_does(
    bench: Bench, read: tuple[str, list[str]], name: str, value: str
) -> None:
    path, known = read
    name = f"{name}?" if name in known else name
    judge(await ask(bench, "GET", re.sub(r"{[^}]*}", "1", path), params={name: value}), name, known)


async def test_memory_does_not_answer_what_it_was_not_asked(bench: Bench) -> None:
    first = await ask(bench, "GET", "/api/models?provider=acme")
    assert first.status_code == 200
    refused = await ask(bench, "GET", "/api/models?provider=acme&provder=x")
    assert refused.json()["errors"] == [
        {
            "message": "`provder` is no parameter of this route (did you mean `provider`?)",
            "key": "provder",
            "source": "query",
        }
    ]
    assert (await ask(bench, "GET", "/api/models?provider=acme")).content == first.content


async def test_costs_take_no_parameter(bench: Bench) -> None:
    body = json.dumps({"usages": [{"model": "swift-1", "when": day(0).isoformat(), "usage": {"input": 1}}]})
    judge(await ask(bench, "POST", "/api/cost?own=false", content=body), "own", [])
    assert (await ask(bench, "POST", "/api/cost", content=body)).json()["priced"] == 1


async def test_a_model_does_not_take_what_its_history_takes(bench: Bench) -> None:
    assert (await ask(bench, "GET", "/api/models/swift-1/pricing-history?startDate=2031-03-01")).status_code == 200
    judge(await ask(bench, "GET", "/api/models/swift-1?limit=1"), "limit", ["at", "knownAt", "provider"])


async def test_an_administrator_s_slip_does_nothing(bench: Bench) -> None:
    refused = await ask(bench, "POST", "/api/admin/sync/trigger?waits=true")
    judge(refused, "waits", ["wait"])
    assert bench.asked == []


@pytest.mark.parametrize("path", _LENIENT)
async def test_exports_take_what_tools_send(bench: Bench, path: str) -> None:
    assert (await ask(bench, "GET", f"{path}?supported_parameters=tools")).status_code == 200


async def test_a_query_of_many_slips_gets_a_short_answer(bench: Bench) -> None:
    refused = await ask(bench, "GET", "/api/models", params={f"p{number}{'x' * 90}": "" for number in range(300)})
    assert refused.status_code == 400
    assert len(refused.json()["errors"]) == 5
    assert len(refused.content) < 3000


async def test_the_document_says_that_it_is_refused() -> None:
    for method, path, operation in operations():
        if path.startswith("/api/"):
            says = "a parameter is unknown" in operation["responses"]["400"]["description"].lower()
            assert says != path.startswith(_EXPORTS), (method, path)
