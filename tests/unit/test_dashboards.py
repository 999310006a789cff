"""The dashboards in the repository are those that the code makes, with every panel of the deployment guide."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import make
import pytest
from dashboards import FOLDER, panels, targets

GUIDE: Final = {
    "Last sync",
    "Next sync",
    "Models discovered",
    "Sync success rate",
    "Scraping duration per provider",
    "Success rate per provider",
    "Models extracted per provider",
    "Total models by provider",
    "Models by classification",
    "Models by usability",
    "Model discovery timeline",
    "Pricing updates over time",
    "Price changes detected",
    "Average cost per provider",
    "Cache hit rate",
    "Cache size",
    "Cache evictions",
}
COUNTED_BY_EVERY_REPLICA: Final = re.compile(
    r"\b(models_discovered_total|ratecard_models|ratecard_models_classified|ratecard_prices_in_force|ratecard_average_cost_usd"
    r"|ratecard_quarantine_held|ratecard_outbox_\w+(?<!_total)|ratecard_joins_\w+|model_sync_(?:last|next|consecutive)\w+)\b"
)
ONCE: Final = re.compile(r"\bm(?:ax|in)(?: by \([\w, ]+\))? ?\($")
PANELS: Final = [pytest.param(panel, id=f"{name}: {panel['title']}") for name, panel in panels()]


@pytest.mark.parametrize("name", make.DASHBOARDS)
def test_the_file_is_what_the_code_makes(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == make.written(name), "run deploy/grafana/make.py"


def test_there_are_no_other_files() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(make.DASHBOARDS)


def test_every_panel_of_the_deployment_guide_is_there() -> None:
    assert {panel["title"] for name, panel in panels() if name == "ratecard"} >= GUIDE


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] in {"prometheus", "tempo"}
    if panel["type"] in {"stat", "timeseries", "bargauge"}:
        assert panel["fieldConfig"]["defaults"]["unit"]
    if panel["datasource"]["type"] == "prometheus":
        assert all(target["legendFormat"] for target in panel["targets"])


def test_panels_fill_rows_and_do_not_overlap() -> None:
    for path in FOLDER.glob("*.json"):
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < 24, panel["title"]
            taken |= cells


def test_what_every_replica_counts_is_taken_once() -> None:
    seen = 0
    for name, target in targets("prometheus"):
        for found in COUNTED_BY_EVERY_REPLICA.finditer(target["expr"]):
            assert ONCE.search(target["expr"][: found.start()]), name
            seen += 1
    assert seen > 15
