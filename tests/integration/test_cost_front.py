"""`POST /api/cost` is answered before the framework, and nobody can tell: not by an answer, a refusal or a metric."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Final, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from registry_bench import Bench, a_bench
from registry_events import closing, day, enriched, model, price

from ratecard_registry.api_cost import MOST_BYTES, MOST_LINES

_OF_THE_FRONT: Final = {"cache-control", "content-security-policy", "x-content-type-options"}
_LINE: Final[dict[str, Any]] = {"model": "swift-1", "when": day(0).isoformat(), "usage": {"input": 10, "output": 5}}


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    await bench.sync(0, enriched(model(prices=[price("1")])), closing("swift-1"))
    return bench


async def post(app: Any, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ratecard") as client:
        return await client.post("/api/cost", content=content, headers=headers)


def told(answer: httpx.Response) -> Any:
    own = {name: value for name, value in answer.headers.items() if name not in _OF_THE_FRONT}
    return answer.status_code, own, answer.content


lines = st.fixed_dictionaries(
    {"model": st.sampled_from(["swift-1", "acme/swift-1", "other", "a\0b"]), "usage": st.just({"input": 10})},
    optional={
        "when": st.sampled_from([day(0).isoformat(), "1971-01-01", 3]),
        "provider": st.sampled_from(["acme", "none"]),
        "tier": st.sampled_from(["standard", "batch"]),
        "other": st.none(),
    },
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "usages": st.lists(lines, max_size=4) | st.none(),
        "usageStyle": st.sampled_from(["ratecard", "openai", "cohere"]),
        "knownAt": st.sampled_from([day(1).isoformat(), "0001-01-01T00:00:00Z", None]),
        "own": st.booleans() | st.just(3),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=requests)
async def test_it_answers_as_the_framework_does(bench: Bench, asked: Any) -> None:
    body = json.dumps(asked).encode()
    assert told(await post(bench.app, body)) == told(await post(bench.framework, body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        json.dumps({"usages": [0] * (MOST_LINES + 1)}).encode(),
        b" " * (MOST_BYTES + 1),
    ],
    ids=range(6),
)
async def test_it_refuses_as_the_framework_does(bench: Bench, body: bytes) -> None:
    refused = await post(bench.app, body)
    assert refused.is_client_error
    assert told(refused) == told(await post(bench.framework, body))


async def in_parts(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 7):
        yield body[at : at + 7]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_may_come_in_parts(bench: Bench, *, declared: bool) -> None:
    body = json.dumps({"usages": [_LINE]}).encode()
    length = {"content-length": str(len(body))} if declared else {}
    answer = await post(bench.app, in_parts(body), **length)
    assert told(answer) == told(await post(bench.framework, body))
    assert answer.json()["priced"] == 1


async def test_nothing_of_a_body_that_is_too_long_is_read(bench: Bench) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await post(bench.app, unread(), **{"content-length": str(MOST_BYTES + 1)})
    assert answer.status_code == 413


async def test_who_goes_before_the_end_gets_no_answer_and_harms_nothing(bench: Bench) -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/cost",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
    }
    headers = [(b"host", b"ratecard"), (b"content-length", b"9")]
    await bench.app(
        cast(Any, {**scope, "headers": headers, "client": ("127.0.0.1", 1), "server": ("x", 1)}), receive, send
    )
    assert sent[0]["status"] == 500
    assert (await post(bench.app, json.dumps({"usages": [_LINE]}).encode())).json()["priced"] == 1


async def test_without_the_right_to_read_the_guard_says_why(database_url: str, redis_url: str) -> None:
    async with a_bench(database_url, redis_url, anonymous_read=False) as bench:
        body = json.dumps({"usages": [_LINE]}).encode()
        refused = await post(bench.app, body)
        assert refused.status_code == 401
        assert told(refused) == told(await post(bench.framework, body))


async def test_it_is_observed_by_its_route(bench: Bench) -> None:
    labels = {"method": "POST", "route": "/api/cost", "status": "200"}
    before = REGISTRY.get_sample_value("ratecard_http_request_seconds_count", labels) or 0
    answer = await post(bench.app, json.dumps({"usages": [_LINE]}).encode())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert REGISTRY.get_sample_value("ratecard_http_request_seconds_count", labels) == before + 1
