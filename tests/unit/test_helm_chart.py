"""The Helm chart: what it renders is what Kubernetes knows, restricted, watched, and tells services what they read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from settings_page import SERVICES as SETTINGS
from settings_page import variables

from ratecard_cli.__main__ import command as ratecard
from ratecard_shared.topics import GROUPS, TOPICS

CHART: Final = Path(__file__).parents[2] / "deploy/helm/ratecard"
VALUES: Final = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
OURS: Final = ("scheduler", "discovery", "scraper", "enricher", "registry")
KUBERNETES: Final = "1.34.0"
EVERYTHING: Final = (
    "existingSecret=mine",
    "autoscaling.keda.enabled=true",
    "autoscaling.keda.authenticationRef=sasl",
    "config.KAFKA_TOPIC_PREFIX=eu.",
    "serviceMonitor.enabled=true",
    "ingress.enabled=true",
    "ingress.host=prices.example.com",
    "ingress.tlsSecret=cert",
    "tls.caSecret=authorities",
    "providers.acme\\.toml=text",
)
UNKNOWN_TO_KUBERNETES: Final = {"ScaledObject", "ServiceMonitor"}
"""Kinds of other projects, whose schemas are in their own custom resource definitions."""


def helm(*arguments: str) -> str:
    program = shutil.which("helm")
    if program is None:
        pytest.skip("helm is not on the PATH: `go install helm.sh/helm/v3/cmd/helm@v3.18.6`")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def rendered(*settings: str) -> tuple[dict[str, Any], ...]:
    chosen = [word for setting in settings for word in ("--set", setting)]
    text = helm("template", "ratecard", str(CHART), "--kube-version", KUBERNETES, *chosen)
    return tuple(found for found in yaml.safe_load_all(text) if found)


def of_kind(kind: str, *settings: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in rendered(*settings) if found["kind"] == kind}


def pods() -> Iterator[dict[str, Any]]:
    """Give the specification of every pod that the chart makes."""
    for found in rendered(*EVERYTHING):
        if found["kind"] in ("Deployment", "Job"):
            yield found["spec"]["template"]["spec"]
        elif found["kind"] == "CronJob":
            yield found["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_the_default_values_are_what_the_schema_takes() -> None:
    jsonschema.validate(VALUES, SCHEMA)


@pytest.mark.parametrize("secret", ["DATABASE_URL", "KAFKA_SASL_PASSWORD", "RATECARD_ADMIN_KEY", "OPENAI_API_KEY"])
def test_a_secret_among_the_settings_is_refused(secret: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**VALUES, "config": {**VALUES["config"], secret: "x"}}, SCHEMA)


def test_the_settings_are_those_of_the_services() -> None:
    known = {variable.name for kind in SETTINGS.values() for variable in variables(kind)}
    assert set(VALUES["config"]) <= known


def test_helm_finds_no_fault() -> None:
    helm("lint", "--strict", "--kube-version", KUBERNETES, str(CHART))


@pytest.mark.parametrize("settings", [(), EVERYTHING], ids=["defaults", "everything"])
@pytest.mark.parametrize("version", ["1.29", "1.34", "1.37"])
def test_kubernetes_knows_all_that_is_rendered(settings: tuple[str, ...], version: str) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is in the group `deploy`")
    found = [one for one in rendered(*settings) if one["kind"] not in UNKNOWN_TO_KUBERNETES]
    assert len(found) > 20
    for one in found:
        schemas.validate(one, version, strict=True)


def test_every_service_is_probed_spread_and_kept_from_being_evicted_at_once() -> None:
    deployments, budgets = of_kind("Deployment"), of_kind("PodDisruptionBudget")
    assert set(deployments) == set(budgets) == {f"ratecard-{service}" for service in OURS}
    for name, deployment in deployments.items():
        spec = deployment["spec"]["template"]["spec"]
        container = spec["containers"][0]
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert container["readinessProbe"]["httpGet"]["path"].startswith("/health")
        assert {"requests", "limits"} <= container["resources"].keys()
        assert spec["terminationGracePeriodSeconds"] > 25  # the time a service takes to stop
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert budgets[name]["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_every_pod_is_restricted() -> None:
    found = list(pods())
    assert len(found) == len(OURS) + 3
    for spec in found:
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        for container in spec["containers"]:
            held = container["securityContext"]
            assert held["allowPrivilegeEscalation"] is False
            assert held["readOnlyRootFilesystem"] is True
            assert held["capabilities"]["drop"] == ["ALL"]
            assert container["resources"]["limits"]["memory"]


def test_every_pod_has_a_network_policy() -> None:
    policies = of_kind("NetworkPolicy", *EVERYTHING).values()
    selected = {policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for policy in policies}
    assert selected == {*OURS, "prepare", "sync"}
    assert all(policy["spec"]["policyTypes"] == ["Ingress", "Egress"] for policy in policies)


def test_only_who_asks_the_outside_reaches_it() -> None:
    out = {
        name.removeprefix("ratecard-")
        for name, policy in of_kind("NetworkPolicy").items()
        if any("to" in rule for rule in policy["spec"]["egress"])
    }
    assert out == {"scheduler", "discovery", "scraper", "registry"}


def test_each_service_has_its_own_secrets_only() -> None:
    has = {
        name.removeprefix("ratecard-"): {
            entry["valueFrom"]["secretKeyRef"]["key"]
            for entry in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        }
        for name, deployment in of_kind("Deployment").items()
    }
    assert not any("OWNER_DATABASE_URL" in keys for keys in has.values())
    assert has["scraper"] == {"KAFKA_SASL_PASSWORD"}
    assert {service for service, keys in has.items() if "OPENAI_API_KEY" in keys} == {"discovery"}
    assert {service for service, keys in has.items() if "RATECARD_ADMIN_KEY" in keys} == {"registry"}


def test_the_schema_and_the_topics_are_there_before_anything_starts() -> None:
    jobs = of_kind("Job")
    weights = {name: job["metadata"]["annotations"]["helm.sh/hook-weight"] for name, job in jobs.items()}
    assert weights == {"ratecard-migrate": "0", "ratecard-topics": "1"}
    assert all(job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade" for job in jobs.values())
    # Hooks run before the release's own ConfigMap and Secret are there.
    secret = of_kind("Secret")["ratecard-prepare"]
    assert int(secret["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0
    assert "configMapRef" not in json.dumps(list(jobs.values()))


def test_commands_that_pods_run_exist() -> None:
    commands = [container["command"] for spec in pods() for container in spec["containers"] if "command" in container]
    assert sorted(words[1] for words in commands) == ["migrate", "sync", "topics"]
    assert all(words[1] in ratecard() for words in commands)


def test_a_sync_by_hand_is_suspended_until_somebody_wants_it() -> None:
    cron = of_kind("CronJob")["ratecard-sync"]["spec"]
    assert cron["suspend"] is True
    assert cron["concurrencyPolicy"] == "Forbid"


def test_services_scale_by_groups_and_topics_that_there_are() -> None:
    scaled = of_kind("ScaledObject", *EVERYTHING)
    assert set(scaled) == {"ratecard-discovery", "ratecard-scraper", "ratecard-enricher"}
    triggers = [trigger["metadata"] for one in scaled.values() for trigger in one["spec"]["triggers"]]
    listening = {(group, topic.name) for group in GROUPS for topic in TOPICS if group.split("-")[0] in topic.consumers}
    for trigger in triggers:
        assert re.match(r"eu\.", trigger["topic"])
        asked = (trigger["consumerGroup"].removeprefix("eu."), trigger["topic"].removeprefix("eu."))
        assert asked in listening
    assert "replicas" not in of_kind("Deployment", *EVERYTHING)["ratecard-scraper"]["spec"]
    assert of_kind("Deployment")["ratecard-scraper"]["spec"]["replicas"] == VALUES["services"]["scraper"]["replicas"]


def test_more_replicas_than_partitions_are_refused() -> None:
    fewest = min(topic.partitions for topic in TOPICS)
    assert SCHEMA["properties"]["autoscaling"]["properties"]["keda"]["properties"]["maxReplicas"]["maximum"] == fewest
