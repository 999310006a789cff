"""What every test may ask for: backends, and in them a database, a cache and topics of its own.

A test that asks for any of these is marked `backends`, so that CI can run exactly those again elsewhere. What is
promised on Apache Kafka alone, and takes long, is marked `apache_kafka` and runs there only.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from backends_isolation import FreshDatabase, a_database, an_empty_cache, migrated_template, without_topics
from backends_obtain import are_external, obtained
from hypothesis import settings
from known_secrets import secret

from ratecard_cli.laptop.backends import Backends

# A busy machine is no reason to fail: what is too slow, the timeout of each test says. CI's own profile stays below it.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")

LIKE_NO_WORD = 12
"""A shorter password, such as `test`, would be found in anything."""

ONCE = ("browser", "exports")
"""Folders of tests that look at what comes out of the API: it is the same whatever is behind."""

pytest_plugins = ["pytester", "run_records", "secrets_watch"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "backends" in getattr(item, "fixturenames", ()) and item.path.parent.name not in ONCE:
            item.add_marker("backends")
    elsewhere = [] if are_external() else [item for item in items if item.get_closest_marker("apache_kafka")]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """PostgreSQL, a Kafka broker and Redis, shared by all tests: ask for the fixtures below for your own part of it."""
    with obtained(tmp_path_factory) as found:
        for url in (found.database_url, found.redis_url):
            password = urlsplit(url).password or ""
            if len(password) >= LIKE_NO_WORD:
                secret(password)
        yield found


@pytest.fixture(scope="session")
async def fresh_database(backends: Backends) -> AsyncIterator[FreshDatabase]:
    """Make an empty, migrated database while a block lasts: for tests that need one per hypothesis example."""
    async with migrated_template(backends.database_url) as template:
        yield lambda: a_database(backends.database_url, template)


@pytest.fixture
async def database_url(fresh_database: FreshDatabase) -> AsyncIterator[str]:
    """An empty, migrated database of this test's own."""
    async with fresh_database() as url:
        yield url


@pytest.fixture
async def redis_url(backends: Backends) -> str:
    """An empty Redis database."""
    await an_empty_cache(backends.redis_url)
    return backends.redis_url


@pytest.fixture
async def topic_prefix(backends: Backends) -> AsyncIterator[str]:
    """Give a prefix for this test's topics and groups; topics that have it are deleted afterwards."""
    prefix = f"t{secrets.token_hex(4)}."
    yield prefix
    await without_topics(backends.kafka, prefix)


@pytest.fixture
def environment(backends: Backends, database_url: str, redis_url: str, topic_prefix: str) -> dict[str, str]:
    """The environment that a service of this test takes its settings from."""
    return {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": backends.kafka,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "REDIS_URL": redis_url,
        "RATECARD_ANONYMOUS_READ": "true",
    }


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder `../shared` beside the checkout; tests of it are skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent: its real pages are not part of the project")
    return folder
