"""A service that keeps a copy of Ratecard's prices: it reads `pricing.changed` and needs only aiokafka beside Python.

Events come at least once, so each may come again, and late. `revision` grows with every event of a model: of one price
the event with the greatest is right, and what is not newer changes nothing. The revisions are kept with the prices, in
one SQLite file, so that this holds over a restart; Kafka is told how far we are only after that file is written.

    pip install aiokafka
    python consumer.py --kafka localhost:9092 --state prices.db
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
from decimal import Decimal

from aiokafka import AIOKafkaConsumer

_TABLE = """
CREATE TABLE IF NOT EXISTS prices (
    provider TEXT, model_id TEXT, tier TEXT, above_tokens INTEGER, currency TEXT, region TEXT, announced_for TEXT,
    revision INTEGER NOT NULL, kind TEXT NOT NULL, rates TEXT,
    PRIMARY KEY (provider, model_id, tier, above_tokens, currency, region, announced_for)
)"""
_TAKE = """
INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET revision = excluded.revision, kind = excluded.kind, rates = excluded.rates
WHERE excluded.revision > revision"""


def opened(path: str) -> sqlite3.Connection:
    """Return the file with the prices, made if there is none."""
    state = sqlite3.connect(path)
    state.execute(_TABLE)
    return state


def take(state: sqlite3.Connection, event: dict) -> bool:
    """Store the price that the event says. Return False, and change nothing, if it is a repeat or comes late."""
    # An announcement stands beside the price in force: the day it is for tells it apart.
    announced_for = event["effective_date"] if event["kind"] == "scheduled" else ""
    price = (event["tier"], event["above_tokens"], event["currency"], event["region"], announced_for)
    rates = event["new"] and json.dumps(event["new"]["rates"], default=str)
    row = (event["provider"], event["model_id"], *price, event["revision"], event["kind"], rates)
    with state:
        return state.execute(_TAKE, row).rowcount == 1


def read(body: bytes | None) -> dict | None:
    """Return the event in a record, None if there is none in it. Fields that are left out have their usual value."""
    usual = {"tier": "standard", "above_tokens": 0, "currency": "USD", "region": "global", "old": None, "new": None}
    try:
        return usual | json.loads(body or b"", parse_float=Decimal)
    except (ValueError, TypeError):
        return None


def line(event: dict) -> str:
    """Return the event in one line: what happened to which price, from what to what."""
    where = " ".join(str(event[name]) for name in ("tier", "above_tokens", "currency", "region"))
    was, now = (_said(event[name]) for name in ("old", "new"))
    return f"{event['kind']} {event['provider']}/{event['model_id']} r{event['revision']} ({where}): {was} -> {now}"


def _said(price: dict | None) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in price["rates"].items()) if price else "none"


async def follow(kafka: str, topic: str, group: str, state: sqlite3.Connection) -> None:
    """Take events until the process ends."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async for record in consumer:
            event = read(record.value)
            if event is None:
                print(f"skipped {record.topic} {record.partition} {record.offset}: not an event", file=sys.stderr)
            elif take(state, event):
                print(line(event), flush=True)
            await consumer.commit()
    finally:
        await consumer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Keep a copy of Ratecard's prices.")
    parser.add_argument("--kafka", default="localhost:9092")
    parser.add_argument("--topic", default="pricing.changed")
    parser.add_argument("--group", default="price-copy")
    parser.add_argument("--state", default="prices.db")
    said = parser.parse_args()
    try:
        asyncio.run(follow(said.kafka, said.topic, said.group, opened(said.state)))
    except KeyboardInterrupt:
        sys.exit(130)
