"""`ratecard doctor` names what contradicts, what cannot be reached and what to do, and never a secret."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Reply, ScriptedServer, scripted_server

from ratecard_cli.__main__ import run
from ratecard_cli.doctor.clock import look_at_clock
from ratecard_cli.doctor.finding import Finding, State, warning, without_secrets
from ratecard_cli.doctor.machine import look_at_machine
from ratecard_cli.doctor.outside import look_outside
from ratecard_cli.doctor.settings import look_at_keys, look_at_settings
from ratecard_cli.laptop import ports
from ratecard_providers.endpoint import ListEndpoint
from ratecard_providers.pricing import Page, Pricing
from ratecard_providers.spec import Provider

NOWHERE = "127.0.0.1:9"
DOWN = {
    "DATABASE_URL": f"postgresql://someone:p4ssw0rd-of-postgres@{NOWHERE}/ratecard",
    "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
    "REDIS_URL": f"redis://:p4ssw0rd-of-redis@{NOWHERE}/0",
    "RATECARD_ADMIN_KEY": "k3y-of-the-admin",
    "OPENAI_API_KEY": "k3y-of-openai",
}


@pytest.fixture
async def site() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as found:
        yield found


def provider(origin: str) -> dict[str, Provider]:
    pages = (Page(url=f"{origin}/pricing", strategies=("columns",)),)
    return {"acme": Provider(id="acme", name="Acme", pricing=Pricing(pages=pages))}


def states(found: list[Finding]) -> list[State]:
    return [finding.state for finding in found]


def test_an_empty_environment_is_well() -> None:
    assert states([*look_at_settings({})]) == [State.OK]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"KAFKA_TLS_CA": "/dev/null"}, "KAFKA_TLS is not"),
        ({"DATABASE_TLS_CA": "/dev/null", "DATABASE_TLS": "false"}, "DATABASE_TLS is not"),
        ({"REDIS_TLS_CA": "/dev/null"}, "not rediss://"),
        ({"KAFKA_SASL_USERNAME": "us"}, "KAFKA_SASL_MECHANISM is not"),
        ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        ({"KAFKA_TLS": "true", "KAFKA_TLS_CA": "/dev/null"}, "KAFKA_TLS_CA cannot be used"),
        ({"ALERT_EMAIL": "admin@example.com"}, "SMTP_URL is not"),
        ({"ALERT_SLACK_WEBHOOK": "the one of slack"}, "ALERT_SLACK_WEBHOOK is a value that is not shown"),
        ({"SYNC_SCHEDULE_CRON": "whenever"}, "five cron fields"),
        ({"SYNC_TIMEOUT_MS": "soon"}, "SYNC_TIMEOUT_MS is 'soon'"),
        ({"ENABLE_MODEL_DISCOVERY": "false", "ENABLE_PRICING_SCRAPING": "False"}, "reads nothing"),
    ],
)
def test_what_contradicts_is_a_problem_with_what_to_do(environ: Mapping[str, str], said: str) -> None:
    found, *_ = look_at_settings(environ)
    assert found.state is State.PROBLEM
    assert said in found.says
    assert found.do


@pytest.mark.parametrize(
    "environ",
    [
        {"SCRAPING_ALLOW_PRIVATE": "true"},
        {"RATECARD_ANONYMOUS_READ": "true", "HTTP_HOST": "0.0.0.0"},  # noqa: S104  # what it warns of
        {"ENABLE_AUTO_SYNC": "false"},
    ],
)
def test_what_is_risky_is_a_warning(environ: Mapping[str, str]) -> None:
    assert states([*look_at_settings(environ)]) == [State.WARNING]


def test_keys_are_told_by_the_providers_names() -> None:
    models = ListEndpoint(url="https://api.acme.example/models", key_variable="ACME_KEY")
    known = {"acme": Provider(id="acme", name="Acme", models=models)}
    lacking = [*look_at_keys({}, known)]
    assert states(lacking) == [State.WARNING, State.WARNING]
    assert "ACME_KEY" in lacking[0].do
    having = [*look_at_keys({"ACME_KEY": "k3y", "RATECARD_ADMIN_KEY": "k3y"}, known)]
    assert states(having) == [State.OK, State.OK]
    assert "k3y" not in str(having)


@given(
    name=st.sampled_from(["RATECARD_ADMIN_KEY", "KAFKA_SASL_PASSWORD", "ALERT_SLACK_WEBHOOK", "ACME_API_KEY"]),
    secret=st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=4),
    around=st.text(max_size=10),
)
def test_no_secret_is_ever_said(name: str, secret: str, around: str) -> None:
    said = without_secrets(warning("x", f"{around}{secret}{around}", do="y"), {name: f" {secret} "})
    assert said.says != f"{around}{secret}{around}"


@given(secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=4))
def test_no_password_of_a_url_is_ever_said(secret: str) -> None:
    urls = {
        "DATABASE_URL": f"postgresql://us:{secret}@there/db",
        "ALERT_URLS": f"mail://a:{secret}x@b slack://{secret}y",
    }
    said = without_secrets(warning("x", f"<{secret}> <slack://{secret}y>", do="y"), urls)
    assert f"<{secret}>" not in said.says
    assert "slack://" not in said.says


@pytest.mark.parametrize(
    ("apart", "state"), [(29, State.OK), (-29, State.OK), (31, State.PROBLEM), (-31, State.PROBLEM)]
)
def test_clocks_that_are_apart_are_a_problem(apart: int, state: State) -> None:
    now = datetime(2031, 3, 1, tzinfo=UTC)
    found = look_at_clock("theirs", now + timedelta(seconds=apart), now)
    assert found.state is state
    assert ("behind" if apart > 0 else "ahead") in found.says


async def test_a_host_that_answers_is_well_and_tells_the_time(site: ScriptedServer) -> None:
    site.answers(
        "/robots.txt", Reply(headers={"Date": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)})
    )
    found = [finding async for finding in look_outside(provider(site.url), "Ratecard/0.1")]
    assert [(one.check, one.state) for one in found] == [("providers", State.OK), ("clock", State.PROBLEM)]
    assert [asked.path for asked in site.asked] == ["/robots.txt"]


async def test_a_page_that_forbids_to_be_read_is_said(site: ScriptedServer) -> None:
    site.answers("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /pricing\n"))
    found = [finding async for finding in look_outside(provider(site.url), "Ratecard/0.1")]
    assert State.WARNING in states(found)
    assert any("does not let Ratecard read /pricing" in one.says for one in found)


async def test_that_no_host_answers_is_one_problem() -> None:
    both = {**provider(f"http://{NOWHERE}"), "other": provider("http://127.0.0.1:10")["acme"]}
    found = [finding async for finding in look_outside(both, "Ratecard/0.1")]
    assert states(found) == [State.PROBLEM]
    assert "none of 2 hosts" in found[0].says


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert states([*look_at_machine({"HTTP_PORT": port}, tmp_path)]) == [State.OK, State.WARNING]
    free = str(ports.choose(None, "it"))
    assert states([*look_at_machine({"HTTP_PORT": free}, tmp_path)]) == [State.OK]


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in DOWN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("down")
def test_backends_that_are_down_are_problems_and_redis_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--no-outside", "--json"]) == 1
    out, err = capsys.readouterr()
    found: dict[str, Any] = json.loads(out)
    by_check = {one["check"]: one["state"] for one in found["findings"]}
    assert by_check["postgresql"] == by_check["kafka"] == "problem"
    assert by_check["redis"] == "warning"
    assert not found["well"]
    assert err.endswith("checks found a problem\n")
    assert all(one["do"] for one in found["findings"] if one["state"] != "ok")


@pytest.mark.usefixtures("down")
def test_no_secret_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "--no-outside"])
    run(["doctor", "--no-outside", "--json"])
    out, err = capsys.readouterr()
    assert "p4ssw0rd" not in out + err
    assert "k3y-of" not in out + err


@pytest.mark.usefixtures("down")
def test_a_wrong_setting_does_not_keep_it_from_looking_further(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_TLS", "perhaps")
    monkeypatch.setenv("RATECARD_ENABLED_PROVIDERS", "nobody")
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "KAFKA_TLS is 'perhaps'" in out
    assert "RATECARD_ENABLED_PROVIDERS names nobody" in out
    assert "problem postgresql" in out
