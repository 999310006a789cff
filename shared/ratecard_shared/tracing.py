"""Spans: one trace from whoever asked for a sync to its last event, over HTTP, Kafka's headers and the outbox.

A span is made only inside something that somebody asked for, so a look that finds nothing to do makes none. Attributes
have OpenTelemetry's names where it has one, and `ratecard.` before ours. No secret is ever in one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span as RecordedSpan
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

SYNC_ID: Final = "ratecard.sync_id"
PROVIDER: Final = "ratecard.provider"
OUTCOME: Final = "ratecard.outcome"
STRATEGY: Final = "ratecard.strategy"
ROWS: Final = "ratecard.rows"

_TRACER: Final = trace.get_tracer("ratecard")
_ABOUT: Final[ContextVar[Mapping[str, str]]] = ContextVar("about", default=MappingProxyType({}))

Attributes = Mapping[str, AttributeValue]


@contextmanager
def traced(name: str, attributes: Attributes | None = None, *, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """Give a span of a part of what is traced now, which records nothing if nothing is. A fault makes it an error."""
    if not trace.get_current_span().is_recording():
        yield trace.INVALID_SPAN
        return
    with _TRACER.start_as_current_span(name, kind=kind, attributes=attributes) as span:
        yield span


@contextmanager
def root(
    name: str, attributes: Attributes | None = None, *, kind: SpanKind = SpanKind.INTERNAL, caused_by: Any = None
) -> Iterator[Span]:
    """Give a span that begins a trace, or goes on with that of the headers it was `caused_by`."""
    before = propagate.extract(caused_by or {}, Context())
    with _TRACER.start_as_current_span(name, before, kind=kind, attributes=attributes) as span:
        yield span


@contextmanager
def about(*, sync_id: str = "", provider: str = "") -> Iterator[None]:
    """Let the current span, all that begin in the block and all logs in it say which sync and provider it is about."""
    said = {name: value for name, value in ((SYNC_ID, sync_id), (PROVIDER, provider)) if value}
    trace.get_current_span().set_attributes(said)
    token = _ABOUT.set({**_ABOUT.get(), **said})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def about_events(events: Collection[Any]) -> AbstractContextManager[None]:
    """Return `about` what all of these events have in common."""
    return about(sync_id=_common(events, "sync_id"), provider=_common(events, "provider"))


def _common(events: Collection[Any], field: str) -> str:
    values = {getattr(event, field, "") for event in events}
    return str(values.pop()) if len(values) == 1 else ""


def subject() -> Mapping[str, str]:
    """Return which sync and provider the code that asks is about."""
    return _ABOUT.get()


def mark_failed(why: str) -> None:
    """Mark the current span as one that failed."""
    trace.get_current_span().set_status(StatusCode.ERROR, why)


def tell_outcome(outcome: str, error: str | None) -> None:
    """Say on the current span how it ended; one that failed is an error."""
    trace.get_current_span().set_attribute(OUTCOME, str(outcome))
    if outcome == "failed":
        mark_failed(error or "")


def carried() -> dict[str, str]:
    """Return the headers that carry the current trace; none outside of one."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


class SaysSubject(SpanProcessor):
    """Puts the subject on every span that begins."""

    def on_start(self, span: RecordedSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002  # the SDK's
        """Put it there."""
        span.set_attributes(_ABOUT.get())
