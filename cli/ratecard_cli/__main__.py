"""The `ratecard` command: finds the command that was asked for, runs it, and turns its fault into a line and a code.

The commands are imported when they are called, so that a look-up does not wait for what only `ratecard up` needs.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from importlib.metadata import version
from typing import Final

from cyclopts import App, CycloptsError, Group

from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.laptop.errors import LaptopError
from ratecard_providers.load import ProviderFileError
from ratecard_shared.settings import SettingsError

_HELP: Final = "A registry of AI models and their prices: run it on this machine, sync it, look things up."

_EPILOGUE: Final = """\
Examples:

    ratecard demo
    ratecard up --port 8080
    ratecard sync --providers openai,google
    ratecard models --provider openai --json
    ratecard price MODEL --at 2026-03-01
    ratecard changes --follow
    ratecard cost MODEL --input 1000 --output 200
    ratecard own-price add openai/MODEL --rate input=1.5 --evidence 'contract'
    ratecard import historical-v1.json --format llm-prices --dry-run
    ratecard scrape openai --from page.html --json

Commands that look something up or change it ask the API at RATECARD_API_URL.
Without it: the one that `ratecard up` or `ratecard demo` runs in this folder,
or else http://127.0.0.1:8080. They send the key in RATECARD_API_KEY, or else
the one in RATECARD_ADMIN_KEY.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 something cannot be reached,
4 no such model or price, 130 interrupted.
"""

_GROUPS: Final = {
    "Run it": {
        "demo": ("ratecard_cli.demo:demo", "Run everything here with simulated providers, and show what changes."),
        "up": ("ratecard_cli.up:up", "Run everything here with the real providers."),
        "sync": ("ratecard_cli.sync:sync", "Ask for a sync now, and wait for how it went."),
        "status": ("ratecard_cli.status:status", "Say how the system is, and how each provider's newest sync went."),
    },
    "Look things up": {
        "models": ("ratecard_cli.models:models", "List models with their prices."),
        "price": ("ratecard_cli.price:price", "Say what a model costs, or cost on a day or at all times."),
        "changes": ("ratecard_cli.changes:changes", "List what changed, or follow what changes."),
        "compare": ("ratecard_cli.compare:compare", "Show models side by side."),
        "cost": ("ratecard_cli.cost:cost", "Say what a usage of a model costs, or cost on a day."),
    },
    "Operate it": {
        "doctor": (
            "ratecard_cli.doctor.command:doctor",
            "Look for what could keep Ratecard from working, and say what to do.",
        ),
        "keys": ("ratecard_cli.keys:keys", "Make, list and revoke keys to the API."),
        "own-price": ("ratecard_cli.own_prices:own_price", "Set prices by hand: list them, add, end or withdraw one."),
        "import": ("ratecard_cli.importing:import_list", "Import the past prices of another tool's list."),
        "config": ("ratecard_cli.config:config", "Show or change which pages of a provider are read, and how."),
        "topics": ("ratecard_cli.topics:topics", "List the Kafka topics and create the missing ones."),
        "dlq": ("ratecard_cli.dlq:dlq", "List, show and replay the records that a service could not handle."),
        "migrate": ("ratecard_cli.migrate:migrate", "Bring the database up to date."),
    },
    "Without a running registry": {
        "scrape": ("ratecard_cli.scrape:scrape", "Print the prices that a pricing page states."),
        "providers": ("ratecard_cli.providers:providers", "List the provider files, or check them."),
        "match": ("ratecard_cli.match:match", "Say which names on pages are which models."),
        "completion": ("ratecard_cli.completion:completion", "Let bash, zsh or fish complete commands and options."),
    },
}
COMMANDS: Final = {name: said for commands in _GROUPS.values() for name, said in commands.items()}


def command(asked: str = "") -> App:
    """Return the command with all that is below it. The one that is `asked` for explains itself at length."""
    app = App(
        name="ratecard",
        help=_HELP,
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        version=lambda: version("ratecard-cli"),
        result_action="return_value",
        group_commands=Group("Options", sort_key=len(_GROUPS)),
    )
    for place, (title, commands) in enumerate(_GROUPS.items()):
        group = Group(title, sort_key=place)
        for within, (name, (path, says)) in enumerate(commands.items()):
            line = {} if name == asked else {"help": says}
            app.command(path, name=name, group=group, sort_key=within, help_epilogue="", **line)
    return app


def main() -> None:
    """Run what the command line asks for, and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no sign for a model's name or an arrow shows a question mark.
        sys.stdout.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. Its fault is said in one line on stderr."""
    # What libraries log would come between the lines: what matters is said by us, once.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        command(arguments[0] if arguments else "")(arguments, exit_on_error=False, print_error=False, verbose=False)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # one line for whatever it is
        if os.environ.get("RATECARD_TRACEBACK"):
            raise
        print(f"ratecard: {_said(error)}", file=sys.stderr)  # noqa: T201 - this is the command's own voice
        return _exit_code(error)
    return 0


def _said(error: Exception) -> str:
    match error:
        case CycloptsError():
            return f"{' '.join(str(error).split())} See `ratecard --help`."
        case CommandError() | LaptopError() | SettingsError() | ProviderFileError():
            return str(error)
        case _:
            return f"{type(error).__name__}: {error} (RATECARD_TRACEBACK=1 shows where)"


def _exit_code(error: Exception) -> int:
    match error:
        case CommandError():
            return error.exit_code
        case CycloptsError() | SettingsError() | ProviderFileError():
            return UsageError.exit_code
        case _:
            return CommandError.exit_code


if __name__ == "__main__":
    main()
