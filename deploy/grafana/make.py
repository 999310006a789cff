"""Writes the dashboards that Grafana provisions: `python deploy/grafana/make.py`. A test fails where they were not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dashboard_delivery import delivery
from dashboard_ratecard import ratecard
from dashboard_traces import traces
from grafana_foundation_sdk.cog.encoder import JSONEncoder

FOLDER: Final = Path(__file__).with_name("dashboards")
DASHBOARDS: Final[Mapping[str, Callable[[], Any]]] = {"ratecard": ratecard, "delivery": delivery, "traces": traces}


def written(name: str) -> str:
    """Return the JSON of a dashboard."""
    made = DASHBOARDS[name]().build()
    for number, panel in enumerate(made.panels, start=1):
        panel.id_val = number
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    for each in DASHBOARDS:
        (FOLDER / f"{each}.json").write_text(written(each), encoding="utf-8")
