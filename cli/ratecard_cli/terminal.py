"""How commands speak: tables and bars on a terminal, plain lines and JSON where there is none.

Names and words come from other people's servers: what would steer a terminal is not printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is given or not."""
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]

_GAP: Final = "  "
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def console() -> Console:
    """Return where to print for people."""
    return Console(highlight=False, soft_wrap=True)


def on_terminal() -> bool:
    """Tell whether somebody watches."""
    return console().is_terminal


def say(text: str, *, on: Console | None = None) -> None:
    """Print one line at once, also into a pipe; `on` is the console of a bar that stands below."""
    (on or console()).print(escape(harmless(text)), soft_wrap=True)
    sys.stdout.flush()


def note(text: str) -> None:
    """Print one line beside the result, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(harmless(text)))


def write_json(value: Any) -> None:
    """Print `value` as indented JSON, with every number exact."""
    sys.stdout.write(msgspec.json.format(_ENCODER.encode(value), indent=2).decode() + "\n")
    sys.stdout.flush()


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Print a table; columns in `right` hold figures, those in `whole` are never broken. Without a terminal: lines."""
    if not on_terminal():
        _show_lines(columns, rows)
        return
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column in (*right, *whole))
    for row in rows:
        table.add_row(*(escape(harmless(cell)) for cell in row))
    Console(highlight=False).print(table)


def figure(amount: Decimal) -> str:
    """Return an amount as people write it, without trailing zeros."""
    return f"{amount.normalize():f}"


def harmless(text: str) -> str:
    """Return a text in one line, without control characters."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _show_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [columns, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        say(_GAP.join(cells).rstrip())
