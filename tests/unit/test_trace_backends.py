"""What becomes of spans behind the services: the collector keeps every failed sync, and Tempo takes what it kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared import tracing
from ratecard_shared.settings import DatabaseSettings, KafkaSettings, ServiceSettings

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
OURS: Final = {tracing.SYNC_ID, tracing.PROVIDER, tracing.OUTCOME, tracing.ROWS, tracing.STRATEGY}


def read(path: str) -> Any:
    return yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))


COLLECTOR: Final = read("otel/collector.yml")
SAMPLING: Final = COLLECTOR["processors"]["tail_sampling"]
POLICIES: Final = {policy["name"]: policy for policy in SAMPLING["policies"]}


def seconds(text: str) -> int:
    unit = {"s": 1, "m": 60, "h": 3600}
    return int(text[:-1]) * unit[text[-1]]


def test_the_collector_s_pipeline_names_what_there_is_and_samples_before_it_batches() -> None:
    pipeline = COLLECTOR["service"]["pipelines"]["traces"]
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == set(COLLECTOR[part])
    assert pipeline["processors"] == ["memory_limiter", "tail_sampling", "batch"]


def test_every_failed_sync_is_kept_for_its_spans_with_an_error_or_its_outcome() -> None:
    assert POLICIES["failed"]["status_code"] == {"status_codes": ["ERROR"]}
    assert POLICIES["failed side"]["string_attribute"] == {"key": tracing.OUTCOME, "values": ["failed"]}


def test_a_trace_is_judged_after_the_longest_sync() -> None:
    settings = SchedulerSettings(service=ServiceSettings(), kafka=KafkaSettings(), database=DatabaseSettings())
    assert seconds(SAMPLING["decision_wait"]) > settings.sync_timeout_ms / 1000


def test_a_policy_has_the_settings_of_its_type_and_names_attributes_that_spans_have() -> None:
    subs = [
        sub for policy in SAMPLING["policies"] if policy["type"] == "and" for sub in policy["and"]["and_sub_policy"]
    ]
    for policy in [*SAMPLING["policies"], *subs]:
        assert set(policy) == {"name", "type", policy["type"]}
    named = set(re.findall(r"ratecard\.\w+", (DEPLOY / "otel" / "collector.yml").read_text(encoding="utf-8")))
    assert named
    assert named <= OURS


def test_tempo_takes_what_the_collector_has_judged_for_so_long_and_counts_the_service_graph_from_it() -> None:
    tempo = read("tempo/tempo.yml")
    generator = tempo["metrics_generator"]
    for slack in (
        generator["metrics_ingestion_time_range_slack"],
        tempo["storage"]["trace"]["wal"]["ingestion_time_range_slack"],
    ):
        assert seconds(slack) > seconds(SAMPLING["decision_wait"])
    assert "service-graphs" in tempo["overrides"]["defaults"]["metrics_generator"]["processors"]
    (target,) = generator["storage"]["remote_write"]
    sources = {source["uid"]: source for source in read("grafana/provisioning/datasources/ratecard.yml")["datasources"]}
    assert target["url"] == sources["prometheus"]["url"] + "/api/v1/write"
    assert sources["tempo"]["jsonData"]["serviceMap"]["datasourceUid"] == "prometheus"
