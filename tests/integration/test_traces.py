"""One sync is one trace, from who asked for it through five processes and Kafka to the last event."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from browser_site import Site, standing
from dashboards import traceql_attributes
from otlp_receiver import Collector, Told, collecting, edges

FLOW: Final = {
    ("ratecard-cli", "ratecard-registry-api"),
    ("ratecard-registry-api", "ratecard-scheduler"),
    ("ratecard-scheduler", "ratecard-discovery"),
    ("ratecard-scheduler", "ratecard-scraper"),
    ("ratecard-scheduler", "ratecard-enricher"),
    ("ratecard-scheduler", "ratecard-registry-api"),
    ("ratecard-discovery", "ratecard-enricher"),
    ("ratecard-scraper", "ratecard-enricher"),
    ("ratecard-scraper", "ratecard-registry-api"),
    ("ratecard-enricher", "ratecard-registry-api"),
}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as found:
        yield found


@pytest.fixture
async def site(environment: dict[str, str], tmp_path: Path, collector: Collector) -> AsyncIterator[Site]:
    told = {**environment, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    async with standing(told, tmp_path) as site:
        yield site


async def command(*arguments: str, environment: Mapping[str, str]) -> Any:
    """Return the JSON that a command prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ratecard_cli",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await child.communicate()
    return msgspec.json.decode(printed)


async def trace_of(collector: Collector, sync_id: str) -> list[Told]:
    """Return the one trace that is about a sync, once `sync.completed` was told to the scheduler in it."""

    def over(spans: list[Told]) -> bool:
        return any("sync.completed process" in span.name and span.sync_id == sync_id for span in spans)

    about = {span.trace for span in await collector.until(over) if span.sync_id == sync_id}
    assert len(about) == 1
    return await collector.settled(about.pop())


def spans_with(spans: list[Told], **wanted: str) -> list[Told]:
    """Return the spans whose fields are these; a name may be the end of one."""
    name = wanted.pop("name", "")
    return [s for s in spans if s.name.endswith(name) and all(getattr(s, f) == v for f, v in wanted.items())]


@pytest.mark.slow
@pytest.mark.timeout(400)  # five processes start and sync three times, on a machine that may be busy
async def test_a_sync_is_one_trace_and_what_fails_is_seen(site: Site, collector: Collector) -> None:
    site.simulated.state = "after"
    asked = await command(
        *("sync", "--json"),
        environment={
            "RATECARD_API_URL": site.url,
            "RATECARD_API_KEY": site.key,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        },
    )
    spans = await trace_of(collector, asked["syncId"])
    assert edges(spans) >= FLOW
    every_span_has_its_parent(spans)
    every_kind_of_work_is_there(spans)
    had = {("span", name) for span in spans for name in span.attributes}
    had |= {("resource", name) for span in spans for name in span.resource}
    assert traceql_attributes() <= had, "a panel asks for what no span says"

    site.acme_says({})
    ended = await site.sync("acme")
    assert ended["success"] is False
    failed = await trace_of(collector, (await site.ask("/api/admin/syncs?limit=1"))["data"][0]["syncId"])
    every_span_has_its_parent(failed)
    assert {(s.service, s.name) for s in failed if s.error is not None} >= {
        ("ratecard-scraper", "parse"),
        ("ratecard-scraper", "scrape"),
    }
    (over,) = spans_with(failed, service="ratecard-scheduler", name="sync.completed process")
    assert over.error is not None
    assert "acme" in over.error

    sent = {span.trace for span in collector.spans if not span.parent}
    seen = len(collector.spans)
    await asyncio.sleep(3)
    assert len(collector.spans) == seen, "idle services tell of nothing"
    assert {span.trace for span in collector.spans} == sent


def every_span_has_its_parent(spans: list[Told]) -> None:
    known = {span.id for span in spans}
    assert len([span for span in spans if not span.parent]) == 1
    assert [span for span in spans if span.parent and span.parent not in known] == []


def every_kind_of_work_is_there(spans: list[Told]) -> None:
    (first,) = [span for span in spans if not span.parent]
    assert (first.service, first.name, first.kind) == ("ratecard-cli", "ratecard sync", "client")
    (api,) = spans_with(spans, kind="server")
    assert (api.name, api.attributes["http.route"], api.attributes["http.response.status_code"]) == (
        "POST /api/admin/sync/trigger",
        "/api/admin/sync/trigger",
        202,
    )
    fetches = [span for span in spans if "http.request.method" in span.attributes and span.kind == "client"]
    assert {span.service for span in fetches} == {"ratecard-discovery", "ratecard-scraper"}
    for span in fetches:
        assert span.attributes["http.response.status_code"] in {200, 304, 404}
        assert span.attributes["url.full"].startswith(f"http://{span.attributes['server.address']}:")
        assert "?" not in span.attributes["url.full"]
    read = spans_with(spans, service="ratecard-scraper", name="parse")
    assert {span.attributes["ratecard.provider"] for span in read} == {"acme", "anthropic", "google", "openai", "xai"}
    assert all(span.attributes["ratecard.rows"] > 0 and span.attributes["ratecard.strategy"] for span in read)
    assert spans_with(spans, service="ratecard-discovery", name="parse")
    joins = spans_with(spans, service="ratecard-enricher", name="join")
    assert {span.attributes["ratecard.provider"] for span in joins} >= {"anthropic", "google", "openai", "xai"}
    stores = spans_with(spans, name="transaction", kind="client")
    assert {span.service for span in stores} == {"ratecard-scheduler", "ratecard-enricher", "ratecard-registry-api"}
    assert {span.attributes["db.system.name"] for span in stores} == {"postgresql"}
    cached = [span for span in spans if span.attributes.get("db.system.name") == "redis"]
    assert {span.attributes["db.operation.name"] for span in cached} >= {"SET", "UNLINK"}
    written = spans_with(spans, service="ratecard-registry-api", kind="producer", name=" create")
    topics = {topic for span in written for topic in span.attributes["messaging.destination.name"].split(", ")}
    assert topics >= {"pricing.changed", "model.changed", "sync.completed"}
    about = [span for span in spans if span.service != "ratecard-cli" and span.kind in {"internal", "client"}]
    assert {span.sync_id for span in about} <= {api.sync_id, ""}
    assert all(span.sync_id for span in about if span.service != "ratecard-registry-api")
