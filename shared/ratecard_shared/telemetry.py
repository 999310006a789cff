"""Logs as one JSON object (or one line of text) each, and traces over OTLP where an endpoint is set.

Every log record carries the trace it belongs to, and the sync and the provider that it is about (`tracing.about`).
Nothing that is secret is logged by anyone.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Final

import msgspec
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from ratecard_shared import tracing
from ratecard_shared.settings import ServiceSettings

_QUIET: Final = {
    "aiokafka": logging.WARNING,
    "ratecard.faststream": logging.ERROR,  # it warns at each start that it does not create topics
    "uvicorn.error": logging.WARNING,
    "asyncio": logging.WARNING,
}
_SECONDS_TO_EXPORT: Final = 5
_MOST_SPANS_WAITING: Final = 32_768
"""A sync of thousands of models makes spans faster than they are sent, and what does not fit is lost."""

_MILLISECONDS_TO_FLUSH: Final = 3000


def set_up(service: str, settings: ServiceSettings) -> None:
    """Send logs to standard error and, if `OTEL_EXPORTER_OTLP_ENDPOINT` is set, spans to the collector there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if settings.log_format == "json" else Lines(service))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    if settings.otel_exporter_otlp_endpoint:
        trace.set_tracer_provider(exporting(service, settings.otel_exporter_otlp_endpoint))


def exporting(service: str, endpoint: str) -> TracerProvider:
    """Return tracers whose spans go to the collector at `endpoint`, the last ones when they are shut down."""
    named = {"service.name": f"ratecard-{service}", "service.namespace": "ratecard"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(tracing.SaysSubject())
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=_SECONDS_TO_EXPORT)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_MOST_SPANS_WAITING))
    return provider


def flush() -> None:
    """Send the spans that are left. A process that its signal ends runs no exit handlers, so nobody else does."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(_MILLISECONDS_TO_FLUSH)


class JsonLines(logging.Formatter):
    """One JSON object per log record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line of JSON."""
        span = trace.get_current_span().get_span_context()
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
            line["span_id"] = f"{span.span_id:016x}"
        line |= {name.removeprefix("ratecard."): value for name, value in tracing.subject().items()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class Lines(logging.Formatter):
    """One line of text per log record, for a person at a terminal."""

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {service}: %(message)s", "%H:%M:%S")
