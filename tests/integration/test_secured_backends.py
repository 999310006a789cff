"""The five services run on Kafka with SASL over TLS, PostgreSQL over TLS, and Redis with TLS and a password.

PostgreSQL's roles are made as docker-compose.yml makes them, by deploy/postgres/roles.sh.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from secured import MECHANISMS, PASSWORD, Secured, secured

from ratecard_cli.__main__ import run
from ratecard_cli.doctor.finding import Finding, State
from ratecard_cli.doctor.kafka import look_at_kafka
from ratecard_cli.doctor.postgres import look_at_postgres
from ratecard_cli.doctor.redis import look_at_redis
from ratecard_cli.laptop import ports
from ratecard_cli.laptop.processes import running
from ratecard_cli.laptop.services import SERVICES, service
from ratecard_shared.admin import create_topics
from ratecard_shared.roles import ROLES
from ratecard_shared.settings import KafkaSettings, load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def there() -> Iterator[Secured]:
    # PostgreSQL does not run as root, so its folder must be one that others can pass through.
    with tempfile.TemporaryDirectory(prefix="ratecard-secured-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        with secured(Path(folder)) as found:
            yield found


def make_roles(there: Secured) -> None:
    """Run the script that the PostgreSQL image runs when its volume is made."""
    owner = urlsplit(there.owner_url)
    told = {
        "PATH": os.environ["PATH"],
        "POSTGRES_USER": owner.username or "",
        "POSTGRES_DB": owner.path[1:],
        "PGHOST": owner.hostname or "",
        "PGPORT": str(owner.port),
        "PGPASSWORD": owner.password or "",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(there.authority),
        **{f"{name.upper()}_PASSWORD": f"{PASSWORD}'{name}" for name in ROLES},
    }
    subprocess.run(["/bin/sh", ROOT / "deploy/postgres/roles.sh"], env=told, check=True, capture_output=True)


def own_url(name: str, there: Secured) -> str:
    role = ROLES.get(name)
    return f"postgresql://{role}:{PASSWORD}'{name}@localhost:{there.postgres_port}/ratecard" if role else ""


def health(port: int) -> Any:
    with urllib.request.urlopen(f"http://{ports.HOST}:{port}/health", timeout=5) as answer:
        return json.load(answer)


def test_all_services_run_in_their_own_roles(there: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("psql") is None:
        pytest.skip("psql is not on the PATH: apt-get install postgresql-client")
    monkeypatch.chdir(tmp_path)
    for name, value in there.environment.items():
        monkeypatch.setenv(name, value)
    make_roles(there)
    assert run(["migrate", "--roles"]) == 0
    assert run(["topics"]) == 0
    at = ports.choose_all(dict.fromkeys(SERVICES))
    specs = [
        service(name, port=port, environment={"DATABASE_URL": own_url(name, there)}, folder=tmp_path)
        for name, port in at.items()
    ]
    with running(specs, within_seconds=60):
        found = health(at["registry"])
        assert found["status"] == "healthy"
        assert found["services"]["redis"]["status"] == "up"
        assert all(health(port)["kafka"] == "up" for name, port in at.items() if name != "registry")


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_each_mechanism_lets_in(there: Secured, mechanism: str) -> None:
    told = {**there.environment, "KAFKA_SASL_MECHANISM": mechanism, "KAFKA_TOPIC_PREFIX": f"{mechanism}."}
    assert await create_topics(load(KafkaSettings, told))
    found = [finding async for finding in look_at_kafka(told)]
    while found[-1].do == "run `ratecard topics`":  # a broker hears of new topics a moment after they are made
        found = [finding async for finding in look_at_kafka(told)]
    assert [finding.says for finding in found if finding.state is not State.OK] == []
    assert "over TLS, as ratecard" in found[0].says


async def test_the_doctor_sees_that_all_is_over_tls(there: Secured) -> None:
    postgres, _, redis = await looked(there, {})
    assert "over TLSv1.3" in postgres.says
    assert (redis.state, "over TLS" in redis.says) == (State.OK, True)


async def looked(there: Secured, wrong: dict[str, str]) -> list[Finding]:
    """Return the first thing that is found of each backend: whether it lets us in."""
    told = {**there.environment, **wrong}
    found = []
    for look in (look_at_postgres, look_at_kafka, look_at_redis):
        first, *_ = [finding async for finding in look(told)]
        found.append(first)
    return found


async def test_a_wrong_password_lets_nobody_in(there: Secured) -> None:
    wrong = {
        "DATABASE_URL": there.owner_url.replace("ratecard:", "ratecard:wrong", 1),
        "KAFKA_SASL_PASSWORD": "wrong",
        "REDIS_URL": there.environment["REDIS_URL"].replace(PASSWORD, "wrong"),
    }
    assert [finding.state for finding in await looked(there, wrong)] == [State.PROBLEM, State.PROBLEM, State.WARNING]


async def test_a_certificate_of_somebody_else_is_refused(there: Secured) -> None:
    wrong = {"DATABASE_TLS_CA": "", "KAFKA_TLS_CA": "", "REDIS_TLS_CA": ""}
    found = await looked(there, wrong)
    assert [finding.state for finding in found] == [State.PROBLEM, State.PROBLEM, State.WARNING]
    assert "certificate" in found[0].says.lower()
    assert "certificate" in found[2].says.lower()


async def test_plain_text_is_refused(there: Secured) -> None:
    wrong = {"DATABASE_TLS": "false", "DATABASE_URL": f"{there.owner_url}?sslmode=disable"}
    assert (await looked(there, wrong))[0].state is State.PROBLEM
