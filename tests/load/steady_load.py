"""Hold 500 mixed reads a second for a minute while every provider is synced with changed prices: `make load`.

Prints a table and writes artifacts/load.json. The exit code is 1 if a read failed, if one in a hundred took longer
than 100 ms, or if the sync did not succeed. The sizes are variables: LOAD_PROVIDERS, LOAD_MODELS (of each provider),
LOAD_RATE (requests in a second). It runs on Apache Kafka where it can, and says so. Reads are answered by a registry
that does nothing else; whatever a sync takes, Kafka too, leaves the processor to reads first.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # what tests share lies beside them
sys.path.insert(0, str(Path(__file__).parents[1] / "external"))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import aiohttp
import made_up_providers
import msgspec
import vegeta
from latencies import HEADINGS, Latencies, latencies
from mixed_reads import SHARES, Model, mixed
from pipeline_stage import a_cluster, backends, listening, running, synced, where
from registry_bench import KEY
from results import machine
from vegeta import Answer, Request

from ratecard_cli.laptop.backends import Backends
from ratecard_shared.topics import SYNC_COMPLETED

PROVIDERS: Final = int(os.environ.get("LOAD_PROVIDERS", "20"))
MODELS: Final = int(os.environ.get("LOAD_MODELS", "500"))
RATE: Final = int(os.environ.get("LOAD_RATE", "500"))
OUT: Final = Path(__file__).parents[2] / "artifacts" / "load.json"
MOST_MS: Final = 100
"""Of the 99th percentile."""

_SECONDS_BEFORE: Final = 5
"""So long there are only reads."""

_NO_LIMIT: Final = "100000000"
"""Requests are counted, and none is refused."""

_BEHIND_READS: Final = 10
_READS_ALONE: Final = {"REGISTRY_APPLIES_SYNCS": "false"}

_ALL: Final = "all"
_DURING: Final = "all while the sync ran"
_MOST_SHOWN: Final = 5


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What `load.json` holds. The times of the sync are seconds since the first request was due; None is never."""

    machine: str
    kafka: str
    providers: int
    models: int
    rate: int
    seconds: int
    sync_began: float
    sync_ended: float | None
    reads: Sequence[Latencies]
    errors: dict[str, int]


def main(seconds: int) -> int:
    """Return the exit code."""
    vegeta.program()
    print(machine(), flush=True)
    with backends(kafka_niceness=_BEHIND_READS) as found:
        load = asyncio.run(_measure(found, seconds))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(load), indent=2) + b"\n")
    print(HEADINGS, *(kind.line() for kind in load.reads), sep="\n")
    print(f"{load.rate} requests/s for {load.seconds} s on {load.kafka}.", end=" ")
    print(f"The sync of {load.providers} x {load.models} models, a third with other prices,", end=" ")
    end = "did not end in time" if load.sync_ended is None else f"ended at {load.sync_ended} s"
    print(f"began at {load.sync_began} s and {end}.")
    for error, number in load.errors.items():
        print(f"{number} times: {error}")
    whole = next(kind for kind in load.reads if kind.kind == _ALL)
    holds = load.sync_ended is not None and not whole.errors and whole.p99 < MOST_MS
    print(f"{'holds' if holds else 'MISSED'}: a whole sync, no errors, and a p99 of all below {MOST_MS} ms")
    return 0 if holds else 1


async def _measure(found: Backends, seconds: int) -> Load:
    changed = False
    told = {"RATECARD_ADMIN_KEY": KEY, "RATECARD_RATE_LIMIT": _NO_LIMIT}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        serving = made_up_providers.serving(folder, providers=PROVIDERS, models=MODELS, time=lambda: int(changed))
        async with (
            a_cluster(found) as cluster,
            serving as providers,
            running(cluster, {**providers, **told}, niceness=_BEHIND_READS),
            running(cluster, {**providers, **told, **_READS_ALONE}, rooms=("registry",)) as reader,
            listening(cluster, SYNC_COMPLETED.name) as completions,
        ):
            print(f"the first sync took {await synced(cluster, completions, models=MODELS):.1f} s", flush=True)
            origin = f"http://127.0.0.1:{reader['registry'].port}"
            requests = await mixed(origin, KEY, _models(providers), datetime.now(UTC))
            await _try(requests)
            sending = asyncio.create_task(vegeta.attack(folder, requests, rate=RATE, seconds=seconds))
            await asyncio.sleep(min(_SECONDS_BEFORE, seconds / 4))
            os.nice(_BEHIND_READS)  # the providers that a sync asks are here; who sends the requests runs already
            changed, began, ended = True, time.time(), None
            with suppress(TimeoutError):
                ended = began + await synced(cluster, completions, models=MODELS)
            return _load(await sending, seconds, began, ended)


def _models(told: Mapping[str, str]) -> list[Model]:
    names = made_up_providers.names(MODELS)
    return [(provider, name) for provider in told["RATECARD_ENABLED_PROVIDERS"].split(",") for name in names]


async def _try(requests: Sequence[Request]) -> None:
    """Send one of each kind. Raises SystemExit if what comes is not what the load is to measure."""
    async with aiohttp.ClientSession() as session:
        for request in {request.kind: request for request in requests}.values():
            method, url, body = request.method, request.url, request.body or None
            async with session.request(method, url, headers=request.headers, data=body) as answer:
                said = await answer.json()
            if answer.status != 200 or said.get("failed"):
                raise SystemExit(f"{method} {url} is answered {answer.status} {said}")


def _load(answers: Sequence[Answer], seconds: int, began: float, ended: float | None) -> Load:
    first = min(answer.due for answer in answers)
    by_kind = {kind: [answer for answer in answers if answer.kind == kind] for kind in SHARES}
    during = [answer for answer in answers if began <= answer.due <= (ended or math.inf)]
    groups = {**by_kind, _DURING: during, _ALL: answers}
    errors = Counter(answer.error for answer in answers if answer.error)
    return Load(
        machine=machine(),
        kafka=where(),
        providers=PROVIDERS,
        models=MODELS,
        rate=RATE,
        seconds=seconds,
        sync_began=round(began - first, 1),
        sync_ended=ended and round(ended - first, 1),
        reads=[_summed(kind, group) for kind, group in groups.items()],
        errors=dict(errors.most_common(_MOST_SHOWN)),
    )


def _summed(kind: str, answers: Sequence[Answer]) -> Latencies:
    errors = sum(bool(answer.error) for answer in answers)
    return latencies(kind, [answer.seconds for answer in answers], errors=errors)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
