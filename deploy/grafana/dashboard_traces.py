"""Traces in Tempo: the slowest spans of each service, those that failed, one sync's trace, and who calls whom."""

from __future__ import annotations

from typing import Any, Final

from dashboard_style import TEMPO, new
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import nodegraph, table, tempo, timeseries
from grafana_foundation_sdk.models.tempo import SearchTableType

OURS: Final = 'resource.service.namespace = "ratecard"'
_SERVICES: Final = ("scheduler", "discovery", "scraper", "enricher", "registry-api", "cli")
_SHOWN: Final = "select(span.ratecard.sync_id, span.ratecard.provider, status, statusMessage)"


def traces() -> build.Dashboard:
    """Return the dashboard of traces."""
    named = ",".join(f"ratecard-{service}" for service in _SERVICES)
    services = build.CustomVariable("service").label("Service").values(named).multi(multi=True)
    sync = build.TextBoxVariable("sync_id").label("Sync id")
    return (
        new("ratecard-traces", "Ratecard: traces", "What a sync or a request spent its time on", since="now-24h")
        .with_variable(sync)
        .with_variable(services.include_all(include_all=True).all_value("ratecard-.*"))
        .with_row(build.Row("One sync"))
        .with_panel(
            _found(
                "A sync's trace",
                "The trace of the sync whose id stands above (GET /api/admin/syncs lists them).",
                '{ span.ratecard.sync_id = "$sync_id" }',
                SearchTableType.TRACES,
            )
        )
        .with_panel(
            _found(
                "What failed in it",
                "The spans of that sync with an error.",
                f'{{ span.ratecard.sync_id = "$sync_id" && status = error }} | {_SHOWN}',
                SearchTableType.SPANS,
            )
        )
        .with_row(build.Row("All of them"))
        .with_panel(
            _found(
                "Slowest spans",
                "Spans of the chosen services that took more than 200 ms.",
                f'{{ {OURS} && resource.service.name =~ "$service" && duration > 200ms }} | {_SHOWN}',
                SearchTableType.SPANS,
            )
        )
        .with_panel(
            _found(
                "Error spans",
                "Spans of the chosen services that failed.",
                f'{{ {OURS} && resource.service.name =~ "$service" && status = error }} | {_SHOWN}',
                SearchTableType.SPANS,
            )
        )
        .with_panel(
            _found(
                "Slow fetches",
                "Requests to providers that took more than a second.",
                f"{{ {OURS} && kind = client && span.http.request.method != nil && duration > 1s }}"
                " | select(span.url.full, span.http.response.status_code, span.ratecard.provider)",
                SearchTableType.SPANS,
            )
        )
        .with_panel(
            _found(
                "Failed requests to the API",
                "Requests that ended with 500 or more.",
                f"{{ {OURS} && kind = server && span.http.response.status_code >= 500 }} | select(span.http.route)",
                SearchTableType.SPANS,
            )
        )
        .with_panel(
            _over_time(
                "Slowest kinds of spans",
                "95 % of the spans of a kind took less.",
                f'{{ {OURS} && resource.service.name =~ "$service" }}'
                " | quantile_over_time(duration, .95) by (resource.service.name, name)",
            )
        )
        .with_panel(_service_graph())
    )


def _found(title: str, description: str, query: str, kind: SearchTableType) -> Any:
    asked = tempo.TempoQuery().ref_id("A").query_type("traceql").query(query).table_type(kind).limit(50).spss(20)
    return table.Panel().title(title).description(description).datasource(TEMPO).height(9).span(12).with_target(asked)


def _over_time(title: str, description: str, query: str) -> Any:
    asked = tempo.TempoQuery().ref_id("A").query_type("traceql").query(query)
    panel = timeseries.Panel().title(title).description(description).unit("s").datasource(TEMPO)
    return panel.height(9).span(12).with_target(asked)


def _service_graph() -> Any:
    panel = nodegraph.Panel().title("Service graph").datasource(TEMPO).height(12).span(12)
    panel = panel.description("Which service calls which, how often and how fast, as Tempo counts from the traces.")
    return panel.with_target(tempo.TempoQuery().ref_id("A").query_type("serviceMap"))
