"""Delivery and the API: how far consumers and outboxes are behind, what was set aside, how fast answers come."""

from __future__ import annotations

from typing import Any, Final

from dashboard_style import lines, new, number, thresholds
from grafana_foundation_sdk.builders import dashboard as build

_API: Final = "ratecard_http_request_seconds"
_RATE: Final = "[$__rate_interval]"


def delivery() -> build.Dashboard:
    """Return the dashboard of what runs underneath."""
    made = new("ratecard-delivery", "Ratecard: delivery and API", "Kafka, alerts and requests", since="now-6h")
    for title, panels in (("Delivery", _delivery()), ("Outbox", _outbox()), ("Alerts", _alerts()), ("API", _api())):
        made = made.with_row(build.Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def _delivery() -> list[Any]:
    return [
        number(
            "Services that answer",
            "Replicas whose metrics can be read, by service.",
            ('sum by (job) (up{job=~".*ratecard.*"})', "{{job}}"),
            unit="short",
        ),
        number(
            "Dead letters",
            "Records that consumers set aside in the dashboard's time range: `ratecard dlq show GROUP`.",
            ('sum(increase(ratecard_records_total{outcome="dead"}[$__range]))', "records"),
            unit="short",
            limits=thresholds(1),
        ),
        number(
            "Halted consumers",
            "Those that stopped themselves, because too many records in a row were dead letters.",
            ("sum(max by (group) (ratecard_consumer_halted))", "consumers"),
            unit="short",
            limits=thresholds(1),
        ),
        number(
            "Joins overdue",
            "Joins past their deadline that are not closed yet.",
            ("max(ratecard_joins_overdue)", "joins"),
            unit="short",
            limits=thresholds(1),
        ),
        lines(
            "Consumer lag",
            "Records that consumers have not taken yet, all replicas together.",
            ("sum by (group, topic) (ratecard_consumer_lag_records)", "{{group}} {{topic}}"),
            unit="short",
            limits=thresholds(1000),
        ),
        lines(
            "Records by how they ended",
            "Handled, tried again and dead.",
            (f"sum by (group, outcome) (rate(ratecard_records_total{_RATE})) > 0", "{{group}} {{outcome}}"),
            unit="ops",
        ),
        lines(
            "Failing steps",
            "Background steps that failed, within the hour before, and were tried again.",
            ("sum by (service, step) (increase(ratecard_step_failures_total[1h]))", "{{service}} {{step}}"),
            unit="short",
            limits=thresholds(1, 20),
        ),
        lines(
            "Open joins",
            "Joins that wait for a side, or for their deadline.",
            ("max(ratecard_joins_open)", "open"),
            ("max(ratecard_joins_overdue)", "overdue"),
            unit="short",
        ),
    ]


def _outbox() -> list[Any]:
    return [
        lines(
            "Events that wait",
            "In each service's outbox.",
            ("max by (service) (ratecard_outbox_unpublished)", "{{service}}"),
            unit="short",
        ),
        lines(
            "Age of the oldest",
            "How long the oldest event of each outbox has waited. Five minutes are an alert.",
            ("max by (service) (ratecard_outbox_oldest_seconds)", "{{service}}"),
            unit="s",
            limits=thresholds(60, 300),
        ),
        lines(
            "Published",
            "Events that relays published.",
            (f"sum by (service) (rate(ratecard_outbox_published_total{_RATE}))", "{{service}}"),
            unit="ops",
        ),
    ]


def _alerts() -> list[Any]:
    return [
        lines(
            "Firing in Prometheus",
            "Alerts of deploy/prometheus/alerts.yml.",
            ('sum by (alertname, severity) (ALERTS{alertstate="firing"})', "{{alertname}} ({{severity}})"),
            unit="short",
        ),
        lines(
            "Raised by services",
            "What services raised in the hour before, by kind.",
            ("sum by (kind, severity) (increase(ratecard_alerts_raised_total[1h]))", "{{kind}} ({{severity}})"),
            unit="short",
        ),
        lines(
            "Messages to administrators",
            "Those that channels took, and that they did not take, in the hour before.",
            ("sum(increase(ratecard_alert_messages_total[1h]))", "taken"),
            ("sum by (channel) (increase(ratecard_alerts_undelivered_total[1h]))", "not taken: {{channel}}"),
            unit="short",
        ),
    ]


def _quantile(share: float, by: str) -> str:
    return f"histogram_quantile({share}, sum by ({by}) (rate({_API}_bucket{_RATE})))"


def _api() -> list[Any]:
    return [
        lines(
            "Latency by route",
            "95 % of the requests were answered within.",
            (_quantile(0.95, "le, method, route"), "{{method}} {{route}}"),
            unit="s",
            limits=thresholds(0.5, 2),
        ),
        lines(
            "Latency",
            "Of all requests.",
            (_quantile(0.5, "le"), "median"),
            (_quantile(0.95, "le"), "95 %"),
            (_quantile(0.99, "le"), "99 %"),
            unit="s",
        ),
        lines(
            "Requests by route",
            "Requests a second.",
            (f"sum by (method, route) (rate({_API}_count{_RATE}))", "{{method}} {{route}}"),
            unit="reqps",
        ),
        lines(
            "Answers by status",
            "Requests a second.",
            (f"sum by (status) (rate({_API}_count{_RATE}))", "{{status}}"),
            unit="reqps",
            stacked=True,
        ),
    ]
