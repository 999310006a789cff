"""How fast the registry answers, against bare handlers of the same server that return as many prebuilt bytes.

The registry checks the key and counts the request each time; the limit is high enough that none is refused. Server and
generator have a processor each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import httpx
from load import Request, interleaved, peak_memory
from registry_bench import KEY
from results import Result, at_least, at_most
from servers import backends, bare, fill, registry

_MODELS: Final = 50
_NO_LIMIT: Final = "100000000"
_KEYED: Final = {"X-API-Key": KEY}
_USAGES: Final = {"usages": [{"model": "model-7", "usage": {"input": 1200, "cachedInput": 300, "output": 450}}]}
_MOST_MEMORY: Final = 300.0


def measure() -> Iterator[Result]:
    """Give the results."""
    with backends() as found:
        fill(found, providers=1, models=_MODELS)
        with registry(found, RATECARD_RATE_LIMIT=_NO_LIMIT, RATECARD_ANONYMOUS_READ="false") as (url, pid):
            yield from _reads(url)
            yield at_most(
                1,
                "memory of the registry after that, at its peak",
                ours=peak_memory(pid),
                floor=_MOST_MEMORY,
                unit="MB",
            )


def _reads(url: str) -> Iterator[Result]:
    body, tag = _answer(Request(url=f"{url}/api/models?limit={_MODELS}", headers=_KEYED))
    one, _ = _answer(Request(url=f"{url}/api/models/model-7", headers=_KEYED))
    post = {"method": "POST", "body": json.dumps(_USAGES), "headers": {**_KEYED, "Content-Type": "application/json"}}
    cost = Request(url=f"{url}/api/cost", **post)  # type: ignore[arg-type]  # a dict
    priced, _ = _answer(cost)
    if not httpx.post(cost.url, headers=cost.headers, content=cost.body).json()["priced"]:
        raise SystemExit("POST /api/cost has no price for what is measured")
    listed = Request(url=f"{url}/api/models?limit={_MODELS}", headers=_KEYED)
    unchanged = Request(url=listed.url, headers={**_KEYED, "If-None-Match": tag})
    model = Request(url=f"{url}/api/models/model-7", headers=_KEYED)
    with bare([body, one, priced]) as floor:
        ours, theirs = interleaved(listed, Request(url=f"{floor}/{body}"))
        name = f"GET /api/models, {_MODELS} models, {body:,} bytes, with key and limit"
        yield at_least(0.85, name, ours=ours.rate, floor=theirs.rate, unit="requests/s")
        yield at_most(1.3, "  its p99", ours=ours.p99, floor=theirs.p99, unit="ms")
        again, theirs = interleaved(unchanged, Request(url=f"{floor}/{body}"))
        yield at_least(1, "  304 for the same", ours=again.rate, floor=theirs.rate, unit="requests/s")
        ours, theirs = interleaved(model, Request(url=f"{floor}/{one}"))
        yield at_least(0.6, f"GET /api/models/ID, {one:,} bytes", ours=ours.rate, floor=theirs.rate, unit="requests/s")
        ours, theirs = interleaved(cost, Request(url=f"{floor}/{priced}", **post))  # type: ignore[arg-type]  # a dict
        name = f"POST /api/cost of one line, {priced:,} bytes"
        yield at_least(0.6, name, ours=ours.rate, floor=theirs.rate, unit="requests/s")


def _answer(request: Request) -> tuple[int, str]:
    """Return how long the answer is, and its ETag."""
    answer = httpx.request(request.method, request.url, headers=request.headers, content=request.body)
    return len(answer.raise_for_status().content), answer.headers.get("ETag", "")
