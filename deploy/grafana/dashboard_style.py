"""How Ratecard's panels look. A panel says what it shows, in its unit, and is red where somebody should act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.dashboard import DataSourceRef, ThresholdsMode

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="prometheus")
TEMPO: Final = DataSourceRef(type_val="tempo", uid="tempo")
_COLOURS: Final = ("green", "orange", "red")

Query = tuple[str, str]
"""A PromQL expression and its legend."""


def new(uid: str, title: str, description: str, *, since: str = "now-7d") -> build.Dashboard:
    """Return an empty dashboard that is found by its tag."""
    return (
        build.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["ratecard"])
        .readonly()
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .refresh("1m")
        .link(build.DashboardLink("Ratecard").type(dashboard.DashboardLinkType.DASHBOARDS).tags(["ratecard"]))
    )


def provider_variable() -> build.QueryVariable:
    """Return the choice of providers."""
    return (
        build.QueryVariable("provider")
        .label("Provider")
        .datasource(PROMETHEUS)
        .query({"query": "label_values(models_discovered_total, provider)", "refId": "provider"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
    )


def thresholds(*steps: float) -> build.ThresholdsConfig:
    """Return green below the first step, orange from it and red from the second; with a single step red from it."""
    colours = _COLOURS if len(steps) > 1 else ("green", "red")
    made = [
        dashboard.Threshold(value=value, color=colour)
        for value, colour in zip((None, *steps), colours[: len(steps) + 1], strict=True)
    ]
    return build.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def good_from(warning: float, well: float) -> build.ThresholdsConfig:
    """Return red below `warning`, orange below `well`, and green from there."""
    steps = zip((None, warning, well), reversed(_COLOURS), strict=True)
    made = [dashboard.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def number(title: str, description: str, query: Query, *, unit: str, limits: Any = None, none: str = "-") -> Any:
    """Return one number, or one per series. `none` stands where there is no data."""
    panel = stat.Panel().graph_mode(common.BigValueGraphMode.NONE).no_value(none)
    return _common(panel, title, description, [query], unit, instant=True).thresholds(limits or thresholds()).span(6)


def bars(title: str, description: str, query: Query, *, unit: str = "short") -> Any:
    """Return a bar per series."""
    panel = bargauge.Panel().orientation(common.VizOrientation.HORIZONTAL)
    panel = panel.display_mode(common.BarGaugeDisplayMode.BASIC).min(0)
    return _common(panel, title, description, [query], unit, instant=True).thresholds(thresholds()).span(8)


def lines(
    title: str,
    description: str,
    *queries: Query,
    unit: str,
    limits: Any = None,
    stacked: bool = False,
    most: Any = None,
) -> Any:
    """Return lines over time from zero; `most` is the top of a scale that has one."""
    panel = timeseries.Panel().fill_opacity(12).show_points(common.VisibilityMode.NEVER).min(0)
    panel = panel.legend(_legend()).tooltip(common_builder.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    if stacked:
        panel = panel.stacking(common_builder.StackingConfig().mode(common.StackingMode.NORMAL))
    if most:
        panel = panel.max(most)
    if limits is not None:
        shown = common_builder.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(limits).thresholds_style(shown)
    return _common(panel, title, description, queries, unit).span(12)


def _legend() -> common_builder.VizLegendOptions:
    legend = common_builder.VizLegendOptions().show_legend(show_legend=True).placement(common.LegendPlacement.BOTTOM)
    return legend.display_mode(common.LegendDisplayMode.TABLE).calcs(["lastNotNull", "max"])


def _common(
    panel: Any, title: str, description: str, queries: Sequence[Query], unit: str, *, instant: bool = False
) -> Any:
    panel = panel.title(title).description(description).unit(unit).datasource(PROMETHEUS).height(7)
    for name, (expression, legend) in zip("ABCDEF", queries, strict=False):
        target = prometheus.Dataquery().ref_id(name).expr(expression).legend_format(legend)
        panel = panel.with_target(target.instant() if instant else target.range())
    return panel
