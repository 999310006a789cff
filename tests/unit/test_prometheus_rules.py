"""What Prometheus alerts about: every rule is tested both ways, and speaks only of metrics that services have."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from prometheus_client import REGISTRY

import ratecard_discovery
import ratecard_enricher
import ratecard_registry
import ratecard_scheduler
import ratecard_scraper
import ratecard_shared

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES: Final = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
TESTS: Final = (FOLDER / "alerts_test.yml").read_text(encoding="utf-8")
ALERTS: Final = re.findall(r"- alert: (\w+)", RULES)
ROOMS: Final = (
    ratecard_discovery,
    ratecard_enricher,
    ratecard_registry,
    ratecard_scheduler,
    ratecard_scraper,
    ratecard_shared,
)
GUIDE: Final = (
    "model_sync_duration_seconds",
    "model_sync_success_total",
    "model_sync_failure_total",
    "models_discovered_total",
    "models_deprecated_total",
    "pricing_updated_total",
    "scraping_duration_seconds",
    "scraping_success_total",
    "scraping_failure_total",
    "scraping_models_extracted_total",
    "model_cache_hits_total",
    "model_cache_misses_total",
    "pricing_cache_hits_total",
    "pricing_cache_misses_total",
    "model_sync_consecutive_failures",
)


def exported() -> set[str]:
    """Return the names of all metrics of all services."""
    for room in ROOMS:
        for module in pkgutil.iter_modules(room.__path__):
            if module.name == "metrics":
                importlib.import_module(f"{_name(room)}.metrics")
    return {name for metric in REGISTRY.collect() for name in _names(metric.name, metric.type)}


def _name(room: ModuleType) -> str:
    return room.__name__


def _names(name: str, kind: str) -> list[str]:
    if kind == "histogram":
        return [name, f"{name}_bucket", f"{name}_count", f"{name}_sum"]
    return [f"{name}_total"] if kind == "counter" else [name]


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tested_both_ways(alert: str) -> None:
    assert f"name: {alert} fires" in TESTS
    assert f"name: {alert} is silent" in TESTS


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_what_to_do(alert: str) -> None:
    rule = RULES.split(f"- alert: {alert}\n")[1].split("- alert:")[0]
    assert all(f"{part}:" in rule for part in ("severity", "summary", "description", "action"))


def test_rules_speak_of_metrics_that_there_are() -> None:
    spoken = set(re.findall(r"\b((?:ratecard|model|models|scraping|pricing)_\w+)\b(?=[\[{) ])", RULES))
    assert spoken
    assert spoken <= exported()


def test_every_metric_of_the_deployment_guide_is_there() -> None:
    assert set(GUIDE) <= exported()


def test_promtool_finds_that_each_rule_does_what_its_tests_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on the PATH: `apt-get install prometheus`")
    for command in (
        ["check", "config", "--syntax-only", "prometheus.yml"],  # its rules are where the container has them
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ):
        done = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
