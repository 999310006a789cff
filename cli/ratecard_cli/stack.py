"""Everything on this machine: backends, topics, schema and the five services, up while a block lasts.

The services are told where things are and nothing of how production reaches its backends, whatever our own shell says.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ratecard_cli import topics
from ratecard_cli.api import Place
from ratecard_cli.laptop import ports
from ratecard_cli.laptop.backends import Backends, Ports, embedded_backends
from ratecard_cli.laptop.processes import Process, running
from ratecard_cli.laptop.services import SERVICES, service
from ratecard_cli.running import Running, announced, write_private
from ratecard_cli.terminal import say
from ratecard_shared import database
from ratecard_shared.roles import ROLES, acting_as
from ratecard_shared.settings import KafkaSettings, load

_SECONDS_TO_START: Final = 90
_ADMIN_KEY: Final = "admin-key"
_PLAIN: Final = dict.fromkeys(
    ("KAFKA_TLS", "KAFKA_SASL_MECHANISM", "KAFKA_TOPIC_PREFIX", "KAFKA_REPLICATION_FACTOR", "DATABASE_TLS"), ""
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to bring up: where its data lies, on which ports (None is any free one), and what the services are told."""

    folder: Path
    ports: Ports = Ports()
    api_port: int | None = None
    environment: Mapping[str, str] = {}


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """A running stack."""

    api: Place
    kafka: str
    processes: tuple[Process, ...]


@contextmanager
def standing(plan: Plan) -> Iterator[Stack]:
    """Bring everything up; all of it has stopped when the block ends. Call it from the main thread."""
    say("Starting PostgreSQL, Valkey and a Kafka broker ...")
    with embedded_backends(plan.folder, wanted=plan.ports) as backends:
        asyncio.run(_prepare(backends))
        chosen = ports.choose_all({name: plan.api_port if name == "registry" else None for name in SERVICES})
        place = Place(url=f"http://{ports.HOST}:{chosen['registry']}", key=_admin_key(plan.folder))
        told = {**plan.environment, **_environment(backends), **access(place.key), **_limit()}
        specs = [
            service(name, port=port, environment={**told, **_own_role(name, backends)}, folder=plan.folder.absolute())
            for name, port in chosen.items()
        ]
        say(f"Starting the services: {', '.join(SERVICES)} ...")
        with running(specs, within_seconds=_SECONDS_TO_START) as processes:
            us = Running(pid=os.getpid(), api=place.url, admin_key=place.key, environment=_environment(backends))
            with announced(us):
                yield Stack(api=place, kafka=backends.kafka, processes=(*backends.processes, *processes))


def _limit() -> dict[str, str]:
    """Let whoever is on this machine ask as often as they like, unless they say otherwise."""
    name = "RATECARD_RATE_LIMIT_ANONYMOUS"
    return {name: os.environ.get(name) or "0"}


async def _prepare(backends: Backends) -> None:
    created = await topics.create(load(KafkaSettings, _environment(backends)))
    applied = await database.migrate(backends.database_url, roles=True)
    say(f"Created {len(created)} topics and applied {len(applied)} migrations.")


def _environment(backends: Backends) -> dict[str, str]:
    return {**_PLAIN, **backends.environment, "LOG_FORMAT": "text"}


def access(admin_key: str) -> dict[str, str]:
    """Return who is let in: on this machine whoever wants to read, unless our shell says otherwise."""
    anonymous = os.environ.get("RATECARD_ANONYMOUS_READ", "").strip() or "true"
    return {"RATECARD_ADMIN_KEY": admin_key, "RATECARD_ANONYMOUS_READ": anonymous}


def _own_role(service_name: str, backends: Backends) -> dict[str, str]:
    """Return how the service reaches the database: as one that may write its own tables only, or not at all."""
    role = ROLES.get(service_name)
    return {"DATABASE_URL": acting_as(role, backends.database_url) if role else ""}


def _admin_key(folder: Path) -> str:
    """Return the key to the admin routes: the environment's, or one that is kept in the state folder."""
    key = os.environ.get("RATECARD_ADMIN_KEY", "").strip()
    path = folder / _ADMIN_KEY
    if not key and path.is_file():
        key = path.read_text(encoding="utf-8").strip()
    key = key or secrets.token_urlsafe(24)
    write_private(path, key.encode())
    return key
