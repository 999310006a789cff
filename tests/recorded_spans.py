"""Spans that a test records in its own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ratecard_shared import tracing


class Recorded:
    """What was recorded so far, and a way to begin a trace."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(tracing.SaysSubject())
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer = self.provider.get_tracer("test")

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended."""
        return self._kept.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """Return the one span of this name."""
        (span,) = [span for span in self.spans if span.name == name]
        return span


@contextmanager
def recording() -> Iterator[Recorded]:
    """Record what `ratecard_shared.tracing` makes while the block lasts."""
    recorded = Recorded()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "_TRACER", recorded.tracer)
        yield recorded
