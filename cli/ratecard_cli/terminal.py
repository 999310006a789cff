"""How commands speak: tables and bars on a terminal, plain lines and JSON where there is none.

Names and words come from other people's servers: what would steer a terminal is not printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table
from rich.text import Text

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is given or not."""
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
Piece = tuple[str, str]
"""A piece of a line, and its style on a terminal."""

_GAP: Final = "  "
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class _Console(Console):
    """A console that leaves it to the command what a reader's going means; rich would end it with code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Return where to print for people."""
    return _Console(highlight=False, soft_wrap=True)


def on_terminal() -> bool:
    """Tell whether somebody watches."""
    return console().is_terminal


def say(text: str, *, on: Console | None = None) -> None:
    """Print one line at once, also into a pipe; `on` is the console of a bar that stands below."""
    (on or console()).print(escape(harmless(text)), soft_wrap=True)
    sys.stdout.flush()


def say_pieces(pieces: Iterable[Piece]) -> None:
    """Print one line at once, in its styles where somebody watches."""
    console().print(Text.assemble(*((harmless(text), style) for text, style in pieces)), soft_wrap=True)
    sys.stdout.flush()


def note(text: str) -> None:
    """Print one line beside the result, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(harmless(text)))


def write_json(value: Any) -> None:
    """Print `value` as indented JSON, with every number exact."""
    sys.stdout.write(msgspec.json.format(_ENCODER.encode(value), indent=2).decode() + "\n")
    sys.stdout.flush()


def write_json_line(value: Any) -> None:
    """Print `value` as JSON in one line, with every number exact."""
    sys.stdout.write(_ENCODER.encode(value).decode() + "\n")
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
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column in (*right, *whole))
    for row in rows:
        table.add_row(*(escape(harmless(cell)) for cell in row))
    _Console(highlight=False).print(table)


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
