"""Strategy `arrays`: JavaScript arrays that are the rows of a table, in MDX sources and in Astro island props.

The columns come from the headings beside the rows; rows without headings are read only where the provider file names
the columns for their width.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ratecard_pages.blocks import Cell, Context, Prose, Span, Table
from ratecard_pages.columns import read_columns
from ratecard_pages.context import layers, out_of_scope
from ratecard_pages.embedded import Data
from ratecard_pages.facts import Fact, Found, Scope, refusal, torn
from ratecard_pages.figures import Cell as Value
from ratecard_pages.figures import read_cell
from ratecard_pages.located import Node, read_json
from ratecard_pages.markdown_blocks import RAW, Headings, Panes, clean
from ratecard_pages.meaning import settled
from ratecard_pages.names import read_names
from ratecard_pages.priced import price_cell
from ratecard_pages.words import Meaning, understand
from ratecard_shared.prices import Refusal

NAME: Final = "arrays"
_STRING: Final = r'"(?:[^"\\\n]|\\.)*+"'
_FLAT: Final = re.compile(rf"\[\s*+{_STRING}\s*+(?:,\s*+(?:{_STRING}|null|-?\d+(?:\.\d+)?)\s*+)++,?\s*+\]")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of a row as text, and its place in the page."""

    cells: tuple[str, ...]
    start: int
    end: int


def read_island(data: Data, scope: Scope, context: Context) -> Found:
    """Read one component's props: `headings` with `groups` or `rows`, or `rows` without headings."""
    if context.torn:
        return Found(mine=False, reason="its place is not certain, because tags before it are not closed")
    props = _devalue(data.node)
    if not isinstance(props, dict):
        return Found(mine=False, reason="its props are no object")
    tier = understand(str(props["tier"])).tier if isinstance(props.get("tier"), str) else None
    here = msgspec.structs.replace(context, pane=tier or context.pane)
    rows = list(_island_rows(data))
    if not rows:
        return Found(mine=False, reason="its props have no rows")
    headings = _headings(props)
    if headings:
        return _with_headings(headings, rows, here, scope)
    return read_rows(rows, here, scope)


def read_mdx(source: str, scope: Scope, prose: Sequence[Prose]) -> Found:
    """Read every flat array of a MDX source as a row, within the pane that it stands in."""
    panes, outline = Panes(source, scope.page.tier_attribute), Headings(source)
    facts: list[Fact] = []
    refused: list[Refusal] = []
    seen = False
    for match in _FLAT.finditer(source):
        if panes.torn_at(match.start()):
            refused.append(torn(match[0], "its place is not certain, because tags before it are not closed"))
            continue
        node = read_json(re.sub(r",(\s*)\]$", r" \1]", match[0]))
        cells = (
            tuple("" if item.value is None else item.printed for item in node.items or []) if node is not None else ()
        )
        seen_so_far = bisect.bisect_left(prose, match.start(), key=lambda said: said.start)
        said = tuple(text.text for text in prose[max(0, seen_so_far - 12) : seen_so_far])
        over = outline.at(match.start())
        context = Context(headings=over, prose=(*((),) * len(over), said), pane=panes.at(match.start()))
        if (section := out_of_scope(Context(headings=over))) is not None:
            refused.append(refusal(match[0], f"the section {section!r} prices no model"))
            continue
        found = read_rows([Row(cells=cells, start=match.start(), end=match.end())], context, scope)
        seen = seen or found.mine
        facts += found.facts
        refused += found.refused
    return Found(
        mine=seen, facts=tuple(facts), refused=tuple(refused), reason="" if seen else "it has no arrays of known width"
    )


def read_rows(rows: Sequence[Row], context: Context, scope: Scope) -> Found:
    """Read rows without headings by their width."""
    facts: list[Fact] = []
    refused: list[Refusal] = []
    widths = {len(columns): columns for columns in scope.page.arrays.columns}
    mine = False
    around = settled(layers(context))
    for row in rows:
        columns = widths.get(len(row.cells))
        if columns is None:
            refused.append(refusal(" | ".join(row.cells), f"no columns are named for a row of {len(row.cells)} cells"))
            continue
        mine = True
        some, others = _read_row(row, columns, around, scope)
        facts += some
        refused += others
    return Found(
        mine=mine, facts=tuple(facts), refused=tuple(refused), reason="" if mine else "no row has a known width"
    )


def _read_row(
    row: Row, columns: Sequence[str], around: Sequence[Meaning], scope: Scope
) -> tuple[list[Fact], list[Refusal]]:
    text = " | ".join(row.cells)
    names = read_names((row.cells[columns.index("model")],))
    values = [(column, read_cell(cell)) for column, cell in zip(columns, row.cells, strict=True) if column != "model"]
    fault = names.fault or next((_fault(value) for _, value in values if _fault(value)), None)
    if fault is not None:
        return [], [refusal(text, fault)]
    facts: list[Fact] = []
    refused: list[Refusal] = []
    for column, value in values:
        some, others = price_cell(
            value,
            [*around, Meaning(component=column)],
            names,
            scope,
            span=Span(text=RAW, start=row.start, end=row.end),
            strategy=NAME,
            text=text,
            assume_currency=True,
        )
        facts += some
        refused += others
    return facts, refused


def _fault(value: Value) -> str | None:
    return value.fault or ("a cell of the row is no price" if value.is_text else None)


def _with_headings(headings: Sequence[str], rows: Sequence[Row], context: Context, scope: Scope) -> Found:
    if (section := out_of_scope(context)) is not None:
        return Found(mine=False, reason=f"the section {section!r} prices no model")
    width = len(headings)
    grid = [tuple(Cell(text=text, pieces=(text,), header=True) for text in headings)]
    refused = []
    for row in rows:
        if len(row.cells) == width:
            grid.append(_line(row))
        else:
            reason = f"the row has {len(row.cells)} cells where the headings are {width}"
            refused.append(refusal(" | ".join(row.cells), reason))
    table = Table(rows=tuple(grid), header_rows=1, context=context, domain=RAW, source=NAME)
    found = read_columns(table, msgspec.structs.replace(scope, page_currency=scope.page_currency or scope.currency))
    renamed = tuple(msgspec.structs.replace(fact, strategy=NAME) for fact in found.facts)
    return msgspec.structs.replace(found, facts=renamed, refused=(*refused, *found.refused))


def _line(row: Row) -> tuple[Cell, ...]:
    return tuple(Cell(text=clean(text), pieces=_pieces(text), start=row.start, end=row.end) for text in row.cells)


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(part for piece in re.split(r"<br\s*/?>", text) if (part := clean(piece)))


def _headings(props: dict[str, object]) -> tuple[str, ...]:
    labels, full = props.get("headingLabels"), props.get("headings")
    chosen = full if isinstance(full, list) else labels
    if not isinstance(chosen, list):
        return ()
    return tuple(_label(value) for value in chosen)


def _label(value: object) -> str:
    """A heading is a string, or an object somewhere in which its `label` stands."""
    if isinstance(value, dict):
        if "label" in value:
            return _label(value["label"])
        return next((_label(inner) for inner in value.values()), "")
    return clean(str(value)) if value is not None else ""


def _island_rows(data: Data) -> Iterator[Row]:
    found = data.node.get("groups")
    if found is not None:
        for group in _array(found):
            fields = _object(group)
            model = _text(fields.get("model")) if fields else ""
            for row in _array(fields["rows"]) if fields and "rows" in fields else []:
                yield _row([model], row, data)
    found = data.node.get("rows")
    for row in _array(found) if found is not None else []:
        yield _row([], row, data)


def _row(lead: list[str], node: Node, data: Data) -> Row:
    start, end = data.raw(node.start, node.end)
    return Row(cells=tuple(lead + [_text(cell) for cell in _array(node)]), start=start, end=end)


def _array(node: Node) -> list[Node]:
    """The items of an array, plain or in Astro's `[1, [...]]`."""
    items = node.items or []
    if len(items) == 2 and items[0].printed == "1" and items[1].items is not None:  # noqa: PLR2004 - Astro's pair
        return items[1].items
    return items


def _object(node: Node) -> dict[str, Node]:
    """The fields of an object, plain or in Astro's `[0, {...}]`."""
    items = node.items or []
    if len(items) == 2 and items[0].printed == "0":  # noqa: PLR2004 - Astro's pair
        node = items[1]
    return node.fields or {}


def _text(node: Node | None) -> str:
    if node is None:
        return ""
    value = _devalue(node)
    if isinstance(value, dict):
        return next((str(inner) for inner in value.values() if isinstance(inner, str)), "")
    return "" if value is None else str(value)


def _devalue(node: Node, depth: int = 0) -> object:
    """A node as plain Python, with Astro's pairs undone; numbers as printed."""
    if depth > 40:  # noqa: PLR2004 - deeper than any props
        return None
    if node.fields is not None:
        return {key: _devalue(child, depth + 1) for key, child in node.fields.items()}
    if node.items is None:
        return node.printed if node.value is not None else None
    items = node.items
    if len(items) == 1 and items[0].printed == "0":
        return None
    if len(items) == 2 and items[0].printed == "0":  # noqa: PLR2004 - Astro's pair
        return _devalue(items[1], depth + 1)
    return [_devalue(child, depth + 1) for child in _array(node)]
