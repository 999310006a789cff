"""A command's own span, the first of a sync's trace, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.trace import SpanKind


@contextmanager
def beginning(name: str, environ: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Give the headers that let what is asked for in the block go on with the trace of a new span; none without one."""
    endpoint = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if not endpoint:
        yield {}
        return
    # The exporter takes longer to import than most commands take.
    from ratecard_shared.telemetry import exporting  # noqa: PLC0415
    from ratecard_shared.tracing import carried  # noqa: PLC0415

    provider = exporting("cli", endpoint)
    try:
        with provider.get_tracer("ratecard").start_as_current_span(name, kind=SpanKind.CLIENT):
            yield carried()
    finally:
        provider.shutdown()
