"""Mutants of whole pages, HTML, markdown and JSON: each leaves the page at odds with itself, or says less than it did.

A mutation takes the page's text and a source of choices, and returns the mutant, or None where nothing can be changed.
None of them makes a page that is valid in itself and says something else.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final

Mutation = Callable[[str, random.Random], str | None]

_ROW: Final = re.compile(r"<tr\b[^>]*>(?:(?!</?tr\b).)*</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<td\b[^>]*>(?:(?!</?t[dhr]\b).)*</td>", re.DOTALL)
_HEAD: Final = re.compile(r"<th\b[^>]*>(?:(?!</?t[dhr]\b).)*</th>", re.DOTALL)
_ANY: Final = re.compile(r"<t[dh]\b[^>]*>(?:(?!</?t[dhr]\b).)*</t[dh]>", re.DOTALL)
_TABLE: Final = re.compile(r"<table\b(?:(?!</?table\b).)*</table>", re.DOTALL)
_CLOSING: Final = re.compile(r"</(?:td|tr|th|table|thead|tbody|h[1-4]|div|span|p|section|li)>")
_PRICE: Final = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")
_FIGURE: Final = re.compile(r"\$\\?\s*(?:<[^>]*>\s*)*(?=\d)")
_DOLLARS: Final = re.compile(r"\$\s*(?:<!--.*?-->\s*)?(?=\d)")
_LINE: Final = re.compile(r"^\|.*\|[ \t]*$", re.MULTILINE)
_RULE: Final = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+[ \t]*$", re.MULTILINE)
_SLIPPED: Final = {"1m tokens": "1K tokens", "mtok": "KTok", "million tokens": "thousand tokens"}
_UNIT: Final = re.compile("|".join(_SLIPPED), re.IGNORECASE)
_FEWEST_STATEMENTS: Final = 3
_KEY: Final = re.compile(r'"[A-Za-z_]*(?:[Pp]rice|prompt|completion)[A-Za-z_]*\\?"(?=\s*:)')


def _pick(pattern: re.Pattern[str], text: str, choices: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return choices.choice(found) if found else None


def _changed(pattern: re.Pattern[str], text: str, choices: random.Random, change: Callable[[str], str]) -> str | None:
    found = _pick(pattern, text, choices)
    if found is None:
        return None
    mutant = text[: found.start()] + change(found[0]) + text[found.end() :]
    return mutant if mutant != text else None


def drop_row(text: str, choices: random.Random) -> str | None:
    return _changed(_ROW, text, choices, lambda _: "")


def drop_cell(text: str, choices: random.Random) -> str | None:
    return _changed(_CELL, text, choices, lambda _: "")


def double_cell(text: str, choices: random.Random) -> str | None:
    return _changed(_CELL, text, choices, lambda cell: cell * 2)


def empty_cell(text: str, choices: random.Random) -> str | None:
    return _changed(_CELL, text, choices, lambda _: "<td></td>")


def drop_header(text: str, choices: random.Random) -> str | None:
    return _changed(_HEAD, text, choices, lambda _: "")


def rename_header(text: str, choices: random.Random) -> str | None:
    return _changed(_HEAD, text, choices, lambda _: "<th>Wattage</th>")


def double_row(text: str, choices: random.Random) -> str | None:
    return _changed(_ROW, text, choices, lambda row: row * 2)


def double_row_dearer(text: str, choices: random.Random) -> str | None:
    return _changed(_ROW, text, choices, lambda row: row + _dearer(row) if _FIGURE.search(row) else row)


def double_table_dearer(text: str, choices: random.Random) -> str | None:
    return _changed(_TABLE, text, choices, lambda table: table + _dearer(table))


def widen_cell(text: str, choices: random.Random) -> str | None:
    return _changed(_CELL, text, choices, lambda cell: cell.replace("<td", '<td colspan="2"', 1))


def lengthen_cell(text: str, choices: random.Random) -> str | None:
    return _changed(_CELL, text, choices, lambda cell: cell.replace("<td", '<td rowspan="2"', 1))


def drop_column(text: str, choices: random.Random) -> str | None:
    """Drop a column with its header."""
    return _by_column(text, choices, lambda cells, one, _: [*cells[:one], *cells[one + 1 :]])


def swap_columns(text: str, choices: random.Random) -> str | None:
    """Swap two columns with their headers."""

    def swapped(cells: list[str], one: int, other: int) -> list[str]:
        mutant = list(cells)
        mutant[one], mutant[other] = cells[other], cells[one]
        return mutant

    return _by_column(text, choices, swapped)


def _by_column(text: str, choices: random.Random, change: Callable[[list[str], int, int], list[str]]) -> str | None:
    table = _pick(_TABLE, text, choices)
    if table is None or re.search(r"(?:col|row)span", table[0]):
        return None
    widths = {len(_ANY.findall(row)) for row in _ROW.findall(table[0])}
    if len(widths) != 1 or (width := widths.pop()) < 2:
        return None
    one, other = choices.sample(range(width), 2)

    def line(row: re.Match[str]) -> str:
        return "<tr>" + "".join(change(_ANY.findall(row[0]), one, other)) + "</tr>"

    return text[: table.start()] + _ROW.sub(line, table[0]) + text[table.end() :]


def unclose(text: str, choices: random.Random) -> str | None:
    return _changed(_CLOSING, text, choices, lambda _: "")


def unclose_all(text: str, choices: random.Random) -> str | None:
    closing = choices.choice(["</td>", "</tr>", "</th>", "</tbody>", "</thead>", "</p>", "</div>", "</span>", "</h3>"])
    return text.replace(closing, "") if closing in text else None


def cut_off(text: str, choices: random.Random) -> str | None:
    return text[: choices.randrange(len(text))]


def cut_after_a_figure(text: str, choices: random.Random) -> str | None:
    """End the page within or behind a price: a cut figure is another figure."""
    found = _pick(_PRICE, text, choices)
    return None if found is None else text[: choices.randint(found.start() + 1, found.end())]


def other_currency(text: str, choices: random.Random) -> str | None:
    return _changed(_DOLLARS, text, choices, lambda _: "€")


def negative(text: str, choices: random.Random) -> str | None:
    return _changed(_DOLLARS, text, choices, lambda _: "-$")


def drop_cell_of_line(text: str, choices: random.Random) -> str | None:
    return _changed(_LINE, text, choices, lambda line: _cells(line, lambda c, at: [*c[:at], *c[at + 1 :]], choices))


def double_cell_of_line(text: str, choices: random.Random) -> str | None:
    return _changed(_LINE, text, choices, lambda line: _cells(line, lambda c, at: [*c[:at], c[at], *c[at:]], choices))


def drop_line(text: str, choices: random.Random) -> str | None:
    return _changed(_LINE, text, choices, lambda _: "")


def double_line_dearer(text: str, choices: random.Random) -> str | None:
    return _changed(_LINE, text, choices, lambda line: f"{line}\n{_dearer(line)}" if "$" in line else line)


def _dearer(text: str) -> str:
    return _FIGURE.sub(r"\g<0>9", text)


def rename_header_of_lines(text: str, choices: random.Random) -> str | None:
    """Rename a column in the line above a markdown table's rule."""
    rule = _pick(_RULE, text, choices)
    if rule is None:
        return None
    start = text.rfind("\n", 0, max(rule.start() - 1, 0)) + 1
    head = _cells(text[start : rule.start()].rstrip("\n"), lambda c, at: [*c[:at], " Wattage ", *c[at + 1 :]], choices)
    return f"{text[:start]}{head}\n{text[rule.start() :]}"


def drop_rule(text: str, choices: random.Random) -> str | None:
    return _changed(_RULE, text, choices, lambda _: "")


def _cells(line: str, change: Callable[[list[str], int], list[str]], choices: random.Random) -> str:
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return f"|{'|'.join(change(cells, choices.randrange(len(cells))))}|" if cells else line


def slip_unit(text: str, choices: random.Random) -> str | None:
    """Change one of several statements of the unit, by three digits."""
    found = list(_UNIT.finditer(text))
    if len(found) < _FEWEST_STATEMENTS:
        return None
    chosen = choices.choice(found)
    return text[: chosen.start()] + _SLIPPED[chosen[0].casefold()] + text[chosen.end() :]


def rename_key(text: str, choices: random.Random) -> str | None:
    return _changed(_KEY, text, choices, lambda key: key.replace('"', '"old_', 1))


MUTATIONS: Final[dict[str, Mutation]] = {
    made.__name__: made
    for made in (
        drop_row, drop_cell, double_cell, empty_cell, drop_header, rename_header, double_row, double_row_dearer,
        double_table_dearer, widen_cell, lengthen_cell, drop_column, swap_columns, unclose, unclose_all, cut_off,
        cut_after_a_figure, other_currency, negative, drop_cell_of_line, double_cell_of_line, drop_line,
        double_line_dearer, rename_header_of_lines, drop_rule, slip_unit, rename_key,
    )
}  # fmt: skip
