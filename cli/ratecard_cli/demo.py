"""`ratecard demo`: everything on this machine with simulated providers, which change between two syncs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from ratecard_cli import api, consuming
from ratecard_cli.laptop import ports, state
from ratecard_cli.laptop.backends import Ports
from ratecard_cli.laptop.homes import forget
from ratecard_cli.progress import showing, summary
from ratecard_cli.simulated.server import KEYS, ORIGINS, Simulated, serving
from ratecard_cli.stack import Plan, Stack, standing
from ratecard_cli.staying import stay, until_stopped
from ratecard_cli.terminal import say
from ratecard_cli.up import Port, first_sync, say_where, sync_now
from ratecard_providers.load import load_providers

_FOLDER: Final = state.DEFAULT / "demo"
_SECONDS_BETWEEN_SYNCS: Final = 5
_SECONDS_FOR_THE_LAST_CHANGES: Final = 2
_PROVIDERS: Final = sorted(ORIGINS)
_ALERTS: Final = ("ALERT_EMAIL", "ALERT_SLACK_WEBHOOK", "ALERT_URLS", "SMTP_URL")


def demo(
    *,
    port: Port = None,
    postgres_port: Port = None,
    kafka_port: Port = None,
    redis_port: Port = None,
    providers_port: Port = None,
) -> None:
    """Run everything here with simulated providers: no keys, no internet, nothing kept from the run before.

    After a first sync the providers change some prices, drop a model and add one; a second sync finds that out, and
    the changes are printed as they arrive on Kafka. Ctrl-C stops everything.

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
    providers_port
        The simulated providers'.
    """
    at = ports.choose(providers_port, "the simulated providers")
    wanted = Ports(postgres=postgres_port, kafka=kafka_port, redis=redis_port)
    with until_stopped():
        _start_afresh(_FOLDER)
        with standing(Plan(folder=_FOLDER, ports=wanted, api_port=port, environment=told(at))) as stack:
            asyncio.run(_show(stack, at))


def _start_afresh(folder: Path) -> None:
    with state.locked(folder):
        pass  # raises StateError while another demo has it
    forget(folder)


def told(port: int) -> dict[str, str]:
    """Return what turns the services to the simulated providers at `port`, and to nobody else, whatever our shell says.

    A sync that names no provider is of the simulated ones, no key that our shell has reaches a service, and nobody is
    alerted to prices that are made up.
    """
    lists = [provider.models for provider in load_providers().values() if provider.models]
    return {
        **{part.key_variable: "" for part in lists if part.key_variable},
        **KEYS,
        **dict.fromkeys(_ALERTS, ""),
        "RATECARD_PROVIDERS": "",
        "RATECARD_ENABLED_PROVIDERS": ",".join(_PROVIDERS),
        "RATECARD_PROVIDER_ADDRESSES": msgspec.json.encode(Simulated(port=port).addresses).decode(),
        "SCRAPING_ALLOW_PRIVATE": "true",
        "SCRAPING_DELAY_MS": "50",
        "ENABLE_AUTO_SYNC": "false",
        "ENABLE_MODEL_DISCOVERY": "true",
        "ENABLE_PRICING_SCRAPING": "true",
    }


async def _show(stack: Stack, port: int) -> None:
    async with serving(port) as simulated, api.connected(stack.api) as connection:
        await first_sync(connection, _PROVIDERS)
        say_where(stack)
        async with consuming.shown(stack.kafka):
            await asyncio.sleep(_SECONDS_BETWEEN_SYNCS)
            say("The simulated providers change prices, drop a model and add one. Second sync:")
            simulated.state = "after"
            with showing(quiet=True) as board:
                ended = await sync_now(connection, _PROVIDERS, board)
            await asyncio.sleep(_SECONDS_FOR_THE_LAST_CHANGES)
            say(f"{summary(ended)} All is up; Ctrl-C stops everything.")
            await stay(stack.processes)
