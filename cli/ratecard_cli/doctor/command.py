"""`ratecard doctor`: looks at everything, says how it is, and what to do where it is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from ratecard_cli import running
from ratecard_cli.doctor.finding import Finding, State, problem, without_secrets
from ratecard_cli.doctor.kafka import look_at_kafka
from ratecard_cli.doctor.machine import look_at_machine
from ratecard_cli.doctor.outside import look_outside
from ratecard_cli.doctor.postgres import look_at_postgres
from ratecard_cli.doctor.redis import look_at_redis
from ratecard_cli.doctor.settings import look_at_keys, look_at_settings
from ratecard_cli.faults import CommandError
from ratecard_cli.provider_files import described
from ratecard_cli.terminal import Json, say, write_json
from ratecard_providers.spec import Provider
from ratecard_shared.http import USER_AGENT
from ratecard_shared.settings import SettingsError

_MARKS: Final = {State.OK: "ok      ", State.WARNING: "warning ", State.PROBLEM: "problem "}
_WIDTH: Final = 12

Backend = Callable[[Mapping[str, str]], AsyncIterator[Finding]]
_BACKENDS: Final[tuple[Backend, ...]] = (look_at_postgres, look_at_kafka, look_at_redis)


def doctor(
    *,
    outside: Annotated[bool, Parameter(negative="--no-outside", show_default=False)] = True,
    as_json: Json = False,
) -> None:
    """Look for what could keep Ratecard from working, and say what to do. Exit code 1 if there is a problem.

    It looks at the settings in the environment (those of a stack that runs in this folder under them), the backends,
    and whether the providers answer from here. It changes nothing and prints no secret.

    Parameters
    ----------
    outside
        Ask the providers' hosts for their robots.txt too.
    as_json
        Print what was found as JSON.
    """
    stack = running.find()
    environ = {**({"RATECARD_ADMIN_KEY": stack.admin_key} if stack else {}), **running.environ()}
    found = [without_secrets(finding, environ) for finding in asyncio.run(_look(environ, outside=outside))]
    problems = [finding for finding in found if finding.state is State.PROBLEM]
    if as_json:
        write_json({"well": not problems, "findings": found})
    else:
        _show(found)
    if problems:
        raise CommandError(f"{len(problems)} of {len(found)} checks found a problem")


async def _look(environ: Mapping[str, str], *, outside: bool) -> list[Finding]:
    found = [*look_at_settings(environ)]
    providers = _known(environ, found)
    found += look_at_keys(environ, providers)
    for backend in await asyncio.gather(*(_asked(look, environ) for look in _BACKENDS)):
        found += backend
    if outside and providers:
        found += [finding async for finding in look_outside(providers, _name(environ))]
    return [*found, *look_at_machine(environ, Path.cwd())]


async def _asked(look: Backend, environ: Mapping[str, str]) -> list[Finding]:
    try:
        return [finding async for finding in look(environ)]
    except SettingsError:
        return []  # said already, with the settings


def _known(environ: Mapping[str, str], found: list[Finding]) -> dict[str, Provider]:
    try:
        return described(environ)
    except SettingsError as error:
        said = problem("providers", str(error), do="mend the file: `ratecard providers check` says more")
        found += [] if any(finding.says == said.says for finding in found) else [said]
        return {}


def _name(environ: Mapping[str, str]) -> str:
    return environ.get("SCRAPING_USER_AGENT", "").strip() or USER_AGENT


def _show(found: Iterable[Finding]) -> None:
    for finding in found:
        say(f"{_MARKS[finding.state]}{finding.check:<{_WIDTH}}{finding.says}")
        if finding.do:
            say(f"{'':<20}-> {finding.do}")
