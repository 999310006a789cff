"""A collector of a test's own: takes spans over OTLP/HTTP as a real one does, and keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from stack import free_port

KINDS: Final = {
    Span.SPAN_KIND_INTERNAL: "internal",
    Span.SPAN_KIND_SERVER: "server",
    Span.SPAN_KIND_CLIENT: "client",
    Span.SPAN_KIND_PRODUCER: "producer",
    Span.SPAN_KIND_CONSUMER: "consumer",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A span as a service told it. `error` is None where it did not fail."""

    service: str
    name: str
    kind: str
    trace: bytes
    id: bytes
    parent: bytes
    attributes: dict[str, Any]
    resource: dict[str, Any]
    error: str | None

    @property
    def sync_id(self) -> str:
        """The sync that it says it is about."""
        return str(self.attributes.get("ratecard.sync_id", ""))


class Collector:
    """What was told so far, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spans: list[Told] = []

    async def take(self, request: web.Request) -> web.Response:
        """Take one export."""
        message = ExportTraceServiceRequest.FromString(await request.read())
        for resource in message.resource_spans:
            described = _values(resource.resource.attributes)
            self.spans += [_told(described, span) for scope in resource.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    async def until(self, seen: Callable[[list[Told]], bool], seconds: float = 60) -> list[Told]:
        """Return all spans once enough were seen."""
        async with asyncio.timeout(seconds):
            while not seen(self.spans):  # noqa: ASYNC110  # what is waited for is more than that something came
                await asyncio.sleep(0.2)
        return list(self.spans)

    async def settled(self, trace: bytes) -> list[Told]:
        """Return the spans of a trace once no more have come for two seconds."""
        before: list[Told] | None = None
        while before != (found := self.of(trace)):
            before = found
            await asyncio.sleep(2)
        return found

    def of(self, trace: bytes) -> list[Told]:
        """Return what is known of a trace."""
        return [span for span in self.spans if span.trace == trace]


def _told(resource: dict[str, Any], span: Any) -> Told:
    return Told(
        service=resource["service.name"],
        resource=resource,
        name=span.name,
        kind=KINDS[span.kind],
        trace=span.trace_id,
        id=span.span_id,
        parent=span.parent_span_id,
        attributes=_values(span.attributes),
        error=span.status.message if span.status.code == Status.STATUS_CODE_ERROR else None,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def edges(spans: list[Told]) -> set[tuple[str, str]]:
    """Return which services called which: those of parents and of their children."""
    services = {span.id: span.service for span in spans}
    return {
        (services[span.parent], span.service)
        for span in spans
        if span.parent in services and services[span.parent] != span.service
    }


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Give a collector that listens."""
    port = free_port()
    collector = Collector(f"http://127.0.0.1:{port}")
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield collector
    finally:
        await runner.cleanup()
