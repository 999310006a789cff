"""Sync, read, and break one thing after the other for a while; then judge what is left behind: `make soak MINUTES=10`.

Needs Java, Maven and Debian's PostgreSQL and Redis: delivery is promised on Apache Kafka. A run prints its seed; SEED=n
asks for the same syncs, reads and faults in the same order. Services' logs are in artifacts/soak. The exit code is 1 if
a promise is broken, a read failed that should have been answered, or memory grew.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # what tests share lies beside them
sys.path.insert(0, str(Path(__file__).parents[1] / "external"))

import apache_kafka
import debian
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from history import SUBSCRIPTIONS, History, read_history, until_caught_up
from history_checker import faults
from latencies import HEADINGS
from replicas import PROVIDERS, System, running
from soak_faults import Faults
from soak_memory import RULE, Memory
from soak_reads import PATIENCE, Reads

from ratecard_cli.laptop.processes import terminate_like_ctrl_c
from ratecard_shared.topics import SYNC_REQUESTED

REPLICAS: Final = dict.fromkeys(("scheduler", "discovery", "scraper", "enricher", "registry"), 2)
LOGS: Final = Path(__file__).parents[2] / "artifacts" / "soak"
_SECONDS_TO_CATCH_UP: Final = 400
_PRICE_LISTS: Final = 40

_MOST_SHOWN: Final = 20
_MOST_LETTERS: Final = 400


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a soak does, and what came of it."""

    system: System
    breaks: Faults
    reads: Reads
    memory: Memory


def main(minutes: float, seed: int) -> int:
    """Return the exit code."""
    os.environ["RATECARD_TEST_BACKENDS"] = "external"
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # Kafka is to be away
    debian.install_what_is_absent()
    apache_kafka.fetched()
    print(f"{minutes:g} minutes with SEED={seed}", flush=True)
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, terminate_like_ctrl_c():
        found = asyncio.run(_soak(Path(folder), minutes, seed))
    (LOGS / "findings.txt").write_text("".join(f"{one}\n" for one in found), encoding="utf-8")
    for one in found[:_MOST_SHOWN]:
        print(f"FOUND {one[:_MOST_LETTERS]}")
    looked = f": {LOGS} has all of them in findings.txt, and what each service logged" if found else ""
    print(f"{len(found)} findings with SEED={seed}{looked}")
    return 1 if found else 0


async def _soak(folder: Path, minutes: float, seed: int) -> list[str]:
    def chance(what: str) -> random.Random:
        return random.Random(f"{seed} {what}")  # noqa: S311  # no secret, and the same again

    async with running(folder, several=REPLICAS, logs=LOGS) as system:
        await system.until("SELECT EXISTS (SELECT FROM syncs WHERE state = 'completed')")
        breaks = Faults(system, chance("faults"))
        reads = Reads(system.of("registry"), chance("reads"), datetime.now(UTC), breaks.postgresql_was_away)
        run = Run(system=system, breaks=breaks, reads=reads, memory=Memory(system.replicas))
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as beside:
            beside.create_task(reads.read_until(ended))
            beside.create_task(run.memory.watch_until(ended))
            asking = beside.create_task(_ask_on(system, chance("syncs")))
            found = await _break_things(run, minutes, chance("pauses"))
            asking.cancel()
            await asyncio.wait([asking])
            found += await _catch_up(system)
            ended.set()
        return found + await _judged(run)


async def _break_things(run: Run, minutes: float, chance: random.Random) -> list[str]:
    began = time.monotonic()

    def tell(what: str) -> None:
        answered = sum(sum(outcomes.values()) for outcomes in run.reads.outcomes.values())
        failed = len(run.reads.failures)
        print(f"{time.monotonic() - began:6.0f} s  {what}; {answered} reads, {failed} failed", flush=True)

    try:
        while time.monotonic() - began < 60 * minutes:
            await asyncio.sleep(chance.uniform(1, 5))
            tell(await run.breaks.next())
        if told := await run.breaks.at_last():
            tell(told)
    except TimeoutError as error:
        return [str(error)]
    return []


async def _ask_on(system: System, chance: random.Random) -> None:
    """Ask for syncs of all or of some providers, whose prices have changed since."""
    while True:
        system.time = chance.choice([time for time in range(_PRICE_LISTS) if time != system.time])
        some = chance.sample(range(PROVIDERS), chance.choice((1, 2, PROVIDERS)))
        asked = {"providers": [f"made-up-{number:02}" for number in some]} if len(some) < PROVIDERS else {}
        with suppress(KafkaError, OSError):  # while Kafka is away nobody can ask
            await _ask(system, asked)
        await asyncio.sleep(chance.uniform(2, 6))


async def _ask(system: System, asked: dict[str, Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=system.environment["KAFKA_BOOTSTRAP_SERVERS"])
    try:
        await producer.start()
        await producer.send_and_wait(SYNC_REQUESTED.name, msgspec.json.encode(asked))
    finally:
        await producer.stop()


async def _catch_up(system: System) -> list[str]:
    """Wait until nothing is left to do, sync all once more, and return what does not end."""
    try:
        await until_caught_up(system.environment, seconds=_SECONDS_TO_CATCH_UP)
        await _ask(system, {})
        await until_caught_up(system.environment, seconds=_SECONDS_TO_CATCH_UP)
    except TimeoutError as error:
        return [str(error)]
    return []


async def _judged(run: Run) -> list[str]:
    history = await read_history(run.system.environment)
    kept = faults(history, redelivered=None, republished=None)
    slots = sum(row["requested_by"] == "schedule" for row in history.tables["syncs"])
    kept["5: one sync per slot of the schedule"] = [] if slots == 1 else [f"{slots} syncs of the only slot"]
    print("", *_delivered(history), sep="\n")
    print("", "promise", *(f"  {promise}: {len(broken)} broken" for promise, broken in kept.items()), sep="\n")
    print("", HEADINGS, *(kind.line() for kind in run.reads.summed()), sep="\n")
    for kind, outcomes in run.reads.outcomes.items():
        print(f"  {kind}: " + ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common()))
    print(f"  a read was sent {run.reads.latest:.1f} s late at most")
    print(f"  a replica that hangs has {PATIENCE} s before another is asked")
    print("", *run.memory.lines(), f"  {RULE}", sep="\n")
    print("", "faults: " + ", ".join(f"{number} x {name}" for name, number in run.breaks.done.items()), sep="\n")
    print("killed: " + ", ".join(f"{number} x {name}" for name, number in run.breaks.kills.items()))
    broken = [f"promise {promise}: {one}" for promise, those in kept.items() for one in those]
    return [*broken, *(f"read: {one}" for one in run.reads.failures), *(f"memory: {one}" for one in run.memory.grown())]


def _delivered(history: History) -> Iterator[str]:
    yield f"{'group':20} {'records':>8} {'effects':>8} {'duplicates':>11} {'dead letters':>13}"
    sides = Counter(row["side"] for row in history.tables["join_sides"])
    answers = {"discovery": sides["discovery"], "scraper": sides["pricing"]}
    for group, topic in SUBSCRIPTIONS.items():
        rows = [row for row in history.tables["inbox"] if row["consumer"] == group]
        effects, again = answers.get(group, len(rows)), sum(row["duplicates"] for row in rows)
        counts = f"{len(history.records[topic]):8,} {effects:8,} {again:11,} {len(history.letters[group]):13,}"
        yield f"{group:20} {counts}"


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**6)))
