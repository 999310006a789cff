"""`ratecard up`: everything on this machine, with the real providers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from ratecard_cli import api, consuming, models, running
from ratecard_cli.answers import Sync
from ratecard_cli.api import Api
from ratecard_cli.laptop import state
from ratecard_cli.laptop.backends import Ports
from ratecard_cli.progress import follow, showing, summary
from ratecard_cli.provider_files import described
from ratecard_cli.stack import Plan, Stack, standing
from ratecard_cli.staying import stay, until_stopped
from ratecard_cli.sync import ask
from ratecard_cli.terminal import say
from ratecard_providers.spec import Provider

Port = Annotated[int | None, Parameter(show_default=False)]


def up(*, port: Port = None, postgres_port: Port = None, kafka_port: Port = None, redis_port: Port = None) -> None:
    """Run everything here with the real providers, and read them all once.

    Data stays in .ratecard between runs. Keys are taken from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY,
    GOOGLE_API_KEY, XAI_API_KEY ...); without one only the provider's pricing pages are read. Ctrl-C stops everything.

    Parameters
    ----------
    port
        The API's port; without it a free one, as for the others.
    postgres_port
        PostgreSQL's.
    kafka_port
        The Kafka broker's.
    redis_port
        Valkey's.
    """
    wanted = Ports(postgres=postgres_port, kafka=kafka_port, redis=redis_port)
    for line in missing_keys(described(), os.environ):
        say(line)
    with until_stopped(), standing(Plan(folder=state.DEFAULT, ports=wanted, api_port=port)) as stack:
        asyncio.run(_show(stack))


async def _show(stack: Stack) -> None:
    async with api.connected(stack.api) as connection:
        await first_sync(connection, [])
    say_where(stack)
    async with consuming.shown(stack.kafka):
        await stay(stack.processes)


def missing_keys(providers: Mapping[str, Provider], environ: Mapping[str, str]) -> Iterator[str]:
    """Say for each provider without a key what that means."""
    for provider in providers.values():
        variable = provider.models.key_variable if provider.models else None
        if variable and not environ.get(variable):
            rest = "only its pricing pages are read" if provider.pricing else "nothing is read of it"
            yield f"{provider.id}: {variable} is not set, so its models are not discovered and {rest}."


async def first_sync(connection: Api, providers: list[str]) -> None:
    """Sync these providers, all if none is named, and print the models and their prices."""
    say("First sync:")
    with showing() as board:
        ended = await sync_now(connection, providers, board)
    say(summary(ended))
    models.show(await connection.models({}))


async def sync_now(connection: Api, providers: list[str], board: Any) -> Sync:
    """Ask for a sync and return it when it has ended."""
    asked = await ask(connection, providers)
    return msgspec.convert(await follow(connection, asked["syncId"], board), Sync)


def say_where(stack: Stack) -> None:
    """Print where everything is."""
    say(f"The web page: {stack.api.url}/ (Operate asks for the admin key: {running.FILE} holds it)")
    say(f"The API: {stack.api.url}/api/models (described at {stack.api.url}/docs); Kafka: {stack.kafka}")
    say("In another terminal, in this folder: `ratecard models`, `ratecard price MODEL`, `ratecard changes --follow`.")
    say("Changes are printed as they arrive. Ctrl-C stops everything.")
