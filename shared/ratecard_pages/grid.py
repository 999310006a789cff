"""Rows of cells with spans become a grid in which every column is where the page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from ratecard_pages.blocks import Cell

MAX_ROWS: Final = 5_000
MAX_WIDTH: Final = 200
"""Beyond these a table is no price list but a mistake or an attack, and is cut."""


def expand(rows: Iterable[Sequence[Cell]]) -> tuple[tuple[Cell | None, ...], ...]:
    """Put every cell into the columns and rows it spans. A place without a cell is None; rows keep their lengths."""
    carried: dict[int, tuple[Cell, int]] = {}
    grid: list[tuple[Cell | None, ...]] = []
    for row in islice(rows, MAX_ROWS):
        line, carried = _expand_row(row, carried)
        grid.append(tuple(line))
    return tuple(grid)


def _expand_row(
    row: Sequence[Cell], carried: dict[int, tuple[Cell, int]]
) -> tuple[list[Cell | None], dict[int, tuple[Cell, int]]]:
    line: list[Cell | None] = []
    after: dict[int, tuple[Cell, int]] = {}

    def carry_on() -> None:
        while len(line) < MAX_WIDTH and (held := carried.get(len(line))) is not None:
            cell, left = held
            if left > 1:
                after[len(line)] = (cell, left - 1)
            line.append(cell)

    for cell in row:
        carry_on()
        for _ in range(min(cell.colspan, MAX_WIDTH - len(line))):
            if cell.rowspan > 1:
                after[len(line)] = (cell, min(cell.rowspan, MAX_ROWS) - 1)
            line.append(cell)
    carry_on()
    while carried and len(line) <= min(max(carried), MAX_WIDTH - 1):
        line.append(None)
        carry_on()
    return line, after
