"""What Grafana's dashboards ask, as they lie in deploy/grafana/dashboards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"
_TRACEQL_ATTRIBUTE: Final = re.compile(r"\b(span|resource)\.([a-z_][\w.]*)")


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every panel with the name of its dashboard."""
    for path in sorted(FOLDER.glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            if panel["type"] != "row":
                yield path.stem, panel


def targets(datasource: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every query of a kind of datasource, each with the name of its panel."""
    for name, panel in panels():
        if panel["datasource"]["type"] == datasource:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']} {target['refId']}", target


def traceql_attributes() -> set[tuple[str, str]]:
    """Return the attributes that TraceQL queries name, as (scope, name)."""
    queries = [target.get("query") or "" for _, target in targets("tempo")]
    return {found for query in queries for found in _TRACEQL_ATTRIBUTE.findall(query)}
